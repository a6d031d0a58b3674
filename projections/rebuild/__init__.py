"""Rebuilding the views beside the live ones, by processes that may die, and taking their place."""
