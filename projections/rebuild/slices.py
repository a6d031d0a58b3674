"""Slices of about as many entries each: what one transaction resolves and folds.

A slice is taken by a row lock, which dies with whoever holds it, and noted as done with its rows.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

# Small enough for memory and to see progress, large enough that a transaction does not count.
SLICE_EVENTS = 10_000
# A group of more entries is not held in memory whole: with the graph it is some 6 KB an entry.
GROUP_ENTRIES_MAX = 20_000
# Of such a group so much is resolved at once.
PAGE_ENTRIES = 10_000

INSERT = "INSERT INTO rebuild_slices (positions, events, is_long) VALUES %s"
INSERT_CUSTOMERS = """
INSERT INTO rebuild_slices (customers, events)
SELECT array_agg(customer_id), sum(entries) FROM (
    SELECT customer_id, entries,
        div(sum(entries) OVER (ORDER BY customer_id) - entries, %(slice_events)s) AS bucket
    FROM (
        SELECT customer_id, count(*) AS entries FROM identity_entries
        WHERE position IN (SELECT unnest(positions) FROM rebuild_slices WHERE slice = %(slice)s)
        GROUP BY customer_id
    ) AS one
) AS placed
GROUP BY bucket
"""
# The longest first: whoever takes the last one then holds the others up least. The positions of
# all that could be taken are not read for it, nor those of a long group for each of its pages. How
# much is reached is read with the lock: others may have come further since the statement began.
TAKE = """
WITH chosen AS (
    SELECT slice, reached FROM rebuild_slices
    WHERE NOT is_done ORDER BY events DESC, slice LIMIT 1 FOR UPDATE SKIP LOCKED)
SELECT slice, CASE WHEN NOT is_long THEN positions END, customers::text[], is_long,
    chosen.reached, events
FROM rebuild_slices JOIN chosen USING (slice)
"""
SELECT_POSITIONS = "SELECT unnest(positions) FROM rebuild_slices WHERE slice = %s"
REACH = "UPDATE rebuild_slices SET reached = %s WHERE slice = %s"
NOTE = "UPDATE rebuild_slices SET is_done = true WHERE slice = %s"
COUNT = """
SELECT coalesce(sum(CASE WHEN is_done THEN events ELSE reached END), 0)::bigint,
    coalesce(sum(events), 0)::bigint, count(*) FILTER (WHERE NOT is_done)
FROM rebuild_slices
"""
SELECT_ENTRIES = """
SELECT uuid_send(customer_id), position FROM identity_entries
WHERE customer_id = ANY(%s::uuid[]) ORDER BY customer_id, position
"""


class Slice(NamedTuple):
    """Whole groups of entries, by their positions, or customers whose entries are resolved.

    A long group is resolved page by page, behind those of its `entries` that were `reached` before;
    its positions are read by themselves.
    """

    number: int
    positions: list[int] | None
    customers: list[str] | None
    is_long: bool
    reached: int
    entries: int


class Counted(NamedTuple):
    """Entries in slices that are done and in all of them, and how many slices are left."""

    done: int
    total: int
    left: int


def cut(cursor: Cursor, firsts: array[int]) -> None:
    """Cut groups into slices: `firsts` has the first entry of the group of each entry."""
    rows = (
        (_written(positions), len(positions), len(positions) > GROUP_ENTRIES_MAX)
        for positions in _filled(firsts)
    )
    execute_values(cursor, INSERT, rows, template="(%s::bigint[], %s, %s)")


def cut_customers(cursor: Cursor, one: Slice) -> None:
    """Cut everybody who has entries in a slice into slices."""
    cursor.execute(INSERT_CUSTOMERS, {"slice_events": SLICE_EVENTS, "slice": one.number})


def take(cursor: Cursor) -> Slice | None:
    """Take a slice that nobody has, for this transaction; None where none is left to take."""
    cursor.execute(TAKE)
    row = cursor.fetchone()
    return None if row is None else Slice(*row)


def entries_of(cursor: Cursor, customers: list[str]) -> dict[UUID, list[int]]:
    """Return the positions of the entries of each of these customers, ascending."""
    cursor.execute(SELECT_ENTRIES, (customers,))
    found: dict[bytes, list[int]] = {}
    for customer, position in cursor.fetchall():
        found.setdefault(bytes(customer), []).append(position)
    return {UUID(bytes=customer): positions for customer, positions in found.items()}


def positions_of(cursor: Cursor, one: Slice) -> array[int]:
    """Return the positions of a slice, ascending."""
    cursor.execute(SELECT_POSITIONS, (one.number,))
    return array("q", [position for (position,) in cursor.fetchall()])


def note_reached(cursor: Cursor, one: Slice, *, reached: int) -> None:
    """Note how many entries of a long group are resolved."""
    cursor.execute(REACH, (reached, one.number))


def note_done(cursor: Cursor, one: Slice) -> None:
    """Note with its rows that a slice is done."""
    cursor.execute(NOTE, (one.number,))


def counted(cursor: Cursor) -> Counted:
    """Return how much is done."""
    cursor.execute(COUNT)
    return Counted(*(cursor.fetchone() or (0, 0, 0)))


def _filled(firsts: array[int]) -> Iterator[array[int]]:
    """Yield the positions of each slice: groups in the order of their first entries."""
    sizes = array("q", bytes(8 * len(firsts)))
    for first in firsts:
        sizes[first] += 1
    slices = [array("q")]
    room = SLICE_EVENTS
    # Of which slice a group is stands where its size stood.
    for position, first in enumerate(firsts):
        if position == 0:
            continue
        if first == position:
            if sizes[first] > room and room < SLICE_EVENTS:
                slices.append(array("q"))
                room = SLICE_EVENTS
            room -= sizes[first]
            sizes[first] = len(slices) - 1
        slices[sizes[first]].append(position)
    return (positions for positions in slices if positions)


def _written(positions: Iterable[int]) -> str:
    return "{" + ",".join(map(str, positions)) + "}"
