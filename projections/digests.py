"""Digests of the views: two sets of tables that say the same have the same, however they were made.

A row counts with what it says, in any order; each digest rests on SHA-256 of every row, summed up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from projections.tables import Unit, tables_of

CUSTOMER = "customer_id"
# What tells how the tables came to be, and nothing about customers, by what is taken instead.
# When two were last seen together is only kept once somebody spoke of them.
SAID_AS = {
    ("parked", "attempts"): "NULL",
    ("parked", "noticed_at"): "NULL",
    ("identity_edges", "last_seen"): "CASE WHEN said IS NULL THEN NULL ELSE last_seen END",
}

SELECT_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
# The sums of the halves of 16 bytes each: as order and pages may differ, rows are not chained.
SUMS = """
count(*),
coalesce(sum(('x' || substr(hash, 1, 16))::bit(64)::bigint::numeric), 0),
coalesce(sum(('x' || substr(hash, 17, 16))::bit(64)::bigint::numeric), 0)
"""
HASHED = (
    "SELECT {customer}, encode(sha256(convert_to(ROW({columns})::text, 'UTF8')), 'hex') AS hash"
)
OF_TABLE = f"SELECT {SUMS} FROM ({HASHED} FROM {{table}}) AS hashed (customer, hash)"  # noqa: S608
# In the order of bytes, which every program compares by.
BY_CUSTOMER = f"""
SELECT coalesce(customer::text, '') COLLATE "C", {SUMS}
FROM ({HASHED} FROM {{table}}) AS hashed (customer, hash) GROUP BY customer ORDER BY 1
"""  # noqa: S608
DECLARE = "DECLARE by_customer NO SCROLL CURSOR FOR "
FETCH = "FETCH 5000 FROM by_customer"
CLOSE = "CLOSE by_customer"


class Sums(NamedTuple):
    """What the rows of a table, or of one customer in it, come to."""

    rows: int
    first: int
    second: int


NO_ROWS = Sums(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest of one view, in hexadecimal, and over how many rows."""

    view: str
    digest: str
    rows: int


def digests(cursor: Cursor, units: Sequence[Unit]) -> list[Digest]:
    """Return the digest of each view in the schema of the search path."""
    return [_digest(cursor, unit) for unit in units]


def by_customer(cursor: Cursor, table: str) -> Iterator[tuple[str, Sums]]:
    """Yield what the rows of each customer come to, by customer; first, under "", of nobody."""
    columns = said_columns(cursor, table)
    cursor.execute(sql.SQL(DECLARE) + _composed(BY_CUSTOMER, table, columns=columns))
    while True:
        cursor.execute(FETCH)
        found = cursor.fetchall()
        if not found:
            break
        for customer, *sums in found:
            yield customer, _sums(sums)
    cursor.execute(CLOSE)


def said_columns(cursor: Cursor, table: str) -> dict[str, sql.Composable]:
    """Return the columns of a table, each with what it says about customers."""
    cursor.execute(SELECT_COLUMNS, (table,))
    return {column: _said(table, column) for (column,) in cursor.fetchall()}


def _digest(cursor: Cursor, unit: Unit) -> Digest:
    whole, rows = sha256(), 0
    for table in sorted(tables_of(unit)):
        columns = said_columns(cursor, table)
        cursor.execute(_composed(OF_TABLE, table, columns=columns))
        sums = _sums(cursor.fetchone() or (0, 0, 0))
        rows += sums.rows
        whole.update(f"{table} {sums.rows} {sums.first} {sums.second}\n".encode())
    return Digest(unit.name, whole.hexdigest(), rows)


def _said(table: str, column: str) -> sql.Composable:
    said_as = SAID_AS.get((table, column))
    return sql.Identifier(column) if said_as is None else sql.SQL(said_as)


def _composed(query: str, table: str, *, columns: Mapping[str, sql.Composable]) -> sql.Composed:
    customer = columns.get(CUSTOMER, sql.SQL("NULL::uuid"))
    said = sql.SQL(", ").join(columns.values())
    return sql.SQL(query).format(table=sql.Identifier(table), columns=said, customer=customer)


def _sums(values: Sequence[object]) -> Sums:
    return Sums(*(int(str(value)) for value in values))
