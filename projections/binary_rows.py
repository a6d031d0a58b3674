"""Rows of a view as PostgreSQL's binary COPY takes them: the fastest way into a table."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from eventlog.entry import to_microseconds
from eventlog.rows import COPY_READ_BYTES, stream_of_rows
from projections.writing import later

TRUE, FALSE = b"\x01", b"\x00"

_COUNT = struct.Struct(">h")
_LENGTH = struct.Struct(">i")
_INTEGER = struct.Struct(">i")
_BIGINT = struct.Struct(">q")
NULL = _LENGTH.pack(-1)
"""The field that is not there, packed."""

# Nearly all fields are short, and looking a length up is faster than packing it.
_SHORT_MAX = 256
_SHORT = [_LENGTH.pack(size) for size in range(_SHORT_MAX)]
_JSONB_VERSION = b"\x01"
WORDS_REMEMBERED_MAX = 1_000

# What PostgreSQL would empty at each COMMIT has its files cut there, used or not: that takes longer
# than all else that a few rows cost. What was deleted lies there until there is enough to cut.
EMPTY = """
DO $$ BEGIN
    IF pg_table_size('{0}') > 262144 THEN TRUNCATE {0}; ELSE DELETE FROM {0}; END IF;
END $$
"""

bigint = _BIGINT.pack
integer = _INTEGER.pack


def timestamptz(moment: datetime | None) -> bytes | None:
    """Return a moment as a field; None is NULL."""
    return None if moment is None else bigint(to_microseconds(moment))


def jsonb(document: bytes) -> bytes:
    """Return a JSON document as a field."""
    return _JSONB_VERSION + document


def field(packed: bytes) -> bytes:
    """Return one field with its length, for rows that are put together from packed fields."""
    size = len(packed)
    return (_SHORT[size] if size < _SHORT_MAX else _LENGTH.pack(size)) + packed


def row(fields: Sequence[bytes | str | None]) -> bytes:
    """Return one row of fields, in the order of the COPY's columns; a str is a text field."""
    parts = [_COUNT.pack(len(fields))]
    add = parts.append
    for field in fields:
        if field is None:
            add(NULL)
            continue
        packed = field if isinstance(field, bytes) else field.encode()
        size = len(packed)
        add(_SHORT[size] if size < _SHORT_MAX else _LENGTH.pack(size))
        add(packed)
    return b"".join(parts)


class Upsert(NamedTuple):
    """The statements that bring rows into a table where some of them may be already.

    They go by way of `written`, a temporary table that is empty before and after; `first` copies
    them where none can be there.
    """

    written: str
    create: str
    copy: str
    upsert: str
    first: str


def text(value: str | None) -> bytes:
    """Return a text with its length, as it stands in a row; None is NULL."""
    if value is None:
        return NULL
    packed = value.encode()
    # As `field` does; calling it would cost a third more.
    size = len(packed)
    return (_SHORT[size] if size < _SHORT_MAX else _LENGTH.pack(size)) + packed


# Most texts of a column such as the type of an event are a few words that come again and again.
word = lru_cache(maxsize=WORDS_REMEMBERED_MAX)(text)


def copy_rows(cursor: Cursor, statement: str, *, rows: Iterable[bytes]) -> None:
    """Write rows through `statement`, a COPY … FROM STDIN (FORMAT binary), while others work."""
    packed = list(rows)
    if packed:
        later(cursor, partial(_copy, statement=statement, rows=packed), rows=len(packed))


def upsert_rows(
    cursor: Cursor, statements: Upsert, *, rows: Sequence[bytes], is_first: bool = False
) -> None:
    """Write rows to where they belong, by a temporary table unless none of them can be there.

    It is done while others work.
    """
    if is_first:
        copy_rows(cursor, statements.first, rows=rows)
    elif rows:
        later(cursor, partial(_upsert, statements=statements, rows=rows), rows=len(rows))


def _upsert(cursor: Cursor, *, statements: Upsert, rows: Sequence[bytes]) -> None:
    written = statements.written
    steps = (statements.create, statements.copy, statements.upsert, EMPTY.format(written))
    # One exchange with the server: the statements that follow the COPY run when its rows are there.
    _copy(cursor, statement="; ".join(steps), rows=rows)


def _copy(cursor: Cursor, *, statement: str, rows: Sequence[bytes]) -> None:
    cursor.copy_expert(statement, stream_of_rows(rows), COPY_READ_BYTES)
