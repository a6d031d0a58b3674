"""The log, or a customer's part of it, in open formats: written, and checked without a database."""
