"""Answers as JSON and as OpenAPI describes them, the same for every way of asking."""
