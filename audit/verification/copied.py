"""Rows as PostgreSQL copies them in binary, and what stands before and after them."""

from __future__ import annotations

from io import BytesIO

from psycopg2.extensions import cursor as Cursor

HEADER_BYTES = 19
TRAILER = b"\xff\xff"


def copy_of(cursor: Cursor, statement: str) -> bytes:
    """Return what a COPY … TO STDOUT (FORMAT binary) gives: a header, rows, a trailer."""
    copied = BytesIO()
    cursor.copy_expert(statement, copied)
    return copied.getvalue()


def rows_of(cursor: Cursor, statement: str) -> memoryview:
    """Return the rows alone, one behind the other."""
    return memoryview(copy_of(cursor, statement))[HEADER_BYTES : -len(TRAILER)]
