"""Notes of whom something else is shown, for those who listen, where no new entry tells it.

Promise: a note is committed with the change that it tells of, and outlives a rebuild of the views.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

# One projector writes at a time, so numbers are given in the order of commits.
UPSERT = """
INSERT INTO live.refolds (customer_id, position) SELECT unnest(%s::uuid[]), %s
ON CONFLICT (customer_id) DO UPDATE SET position = excluded.position, number = DEFAULT
"""
EVERYBODY = UUID(int=0)
"""Who is noted where all tables were made anew; no customer has this id."""


def note(cursor: Cursor, customers: Collection[UUID], *, position: int) -> None:
    """Note in the transaction of `cursor` that these customers are to be read again."""
    if customers:
        cursor.execute(UPSERT, ([str(customer_id) for customer_id in customers], position))


def note_all(cursor: Cursor, *, position: int) -> None:
    """Note that other tables took the place of those that were read up to a position."""
    note(cursor, [EVERYBODY], position=position)
