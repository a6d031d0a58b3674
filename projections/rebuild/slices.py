"""Customers in slices of about as many events each: what one transaction folds.

A slice is taken by a row lock, which dies with whoever holds it, and noted as done with its rows.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

# Small enough for memory and to see progress, large enough that a transaction does not count.
SLICE_EVENTS = 10_000

INSERT = """
INSERT INTO rebuild_slices (slice, first_customer, last_customer, events)
SELECT row_number() OVER (ORDER BY bucket),
    min(customer_id::text COLLATE "C")::uuid, max(customer_id::text COLLATE "C")::uuid,
    sum(entries)
FROM (
    SELECT customer_id, entries,
        div(sum(entries) OVER (ORDER BY customer_id) - entries, %s) AS bucket
    FROM (SELECT customer_id, count(*) AS entries FROM identity_entries GROUP BY customer_id) AS one
) AS placed
GROUP BY bucket
"""
# The longest first: whoever takes the last one then holds the others up least.
TAKE = """
SELECT slice, first_customer::text, last_customer::text FROM rebuild_slices
WHERE NOT is_done ORDER BY events DESC, slice LIMIT 1 FOR UPDATE SKIP LOCKED
"""
NOTE = "UPDATE rebuild_slices SET is_done = true WHERE slice = %s"
COUNT = """
SELECT coalesce(sum(events) FILTER (WHERE is_done), 0)::bigint, coalesce(sum(events), 0)::bigint,
    count(*) FILTER (WHERE NOT is_done)
FROM rebuild_slices
"""
SELECT_ENTRIES = """
SELECT uuid_send(customer_id), position FROM identity_entries
WHERE customer_id BETWEEN %s::uuid AND %s::uuid ORDER BY customer_id, position
"""


class Slice(NamedTuple):
    """Customers whose ids follow one another."""

    number: int
    first_customer: str
    last_customer: str


class Counted(NamedTuple):
    """Events in slices that are done and in all of them, and how many slices are left."""

    done: int
    total: int
    left: int


def cut(cursor: Cursor) -> None:
    """Cut everybody who has entries into slices."""
    cursor.execute(INSERT, (SLICE_EVENTS,))


def take(cursor: Cursor) -> Slice | None:
    """Take a slice that nobody has, for this transaction; None where none is left to take."""
    cursor.execute(TAKE)
    row = cursor.fetchone()
    return None if row is None else Slice(*row)


def entries_of(cursor: Cursor, one: Slice) -> dict[UUID, list[int]]:
    """Return the positions of the entries of each customer of a slice, ascending."""
    cursor.execute(SELECT_ENTRIES, (one.first_customer, one.last_customer))
    found: dict[bytes, list[int]] = {}
    for customer, position in cursor.fetchall():
        found.setdefault(bytes(customer), []).append(position)
    return {UUID(bytes=customer): positions for customer, positions in found.items()}


def note_done(cursor: Cursor, one: Slice) -> None:
    """Note with its rows that a slice is done."""
    cursor.execute(NOTE, (one.number,))


def counted(cursor: Cursor) -> Counted:
    """Return how much is done."""
    cursor.execute(COUNT)
    return Counted(*(cursor.fetchone() or (0, 0, 0)))
