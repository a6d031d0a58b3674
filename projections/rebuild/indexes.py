"""Indexes that are made when the tables are full, which is faster than keeping them while filling.

Keys stay: what must be unique is so from the first row. The identity view looks itself up while it
is filled, so its indexes stay too; but identifiers are found by their key alone until then.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from projections.identity.view import IdentityView
from projections.tables import Unit, tables_of

NODES = "identity_nodes"
SELECT_SECONDARY = """
SELECT index.indexrelid::regclass::text, pg_get_indexdef(index.indexrelid)
FROM pg_index AS index
WHERE index.indrelid = ANY(%s::regclass[]) AND NOT index.indisunique
ORDER BY 2
"""
INSERT = "INSERT INTO rebuild_indexes (definition) VALUES %s"
SELECT = "SELECT definition FROM rebuild_indexes ORDER BY definition"
DELETE = "DELETE FROM rebuild_indexes WHERE definition = %s"
# A sort in memory instead of on disk; it is given back with the transaction.
SORT_MEMORY = "SET LOCAL maintenance_work_mem = '256MB'"


def put_off(cursor: Cursor, units: Sequence[Unit]) -> None:
    """Drop the indexes of empty tables and note how they are made."""
    names = [table for unit in units if unit.name != IdentityView.name for table in tables_of(unit)]
    cursor.execute(SELECT_SECONDARY, ([*names, NODES],))
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    if found:
        execute_values(cursor, INSERT, [(definition,) for _, definition in found])


def left(cursor: Cursor) -> list[str]:
    """Return how the indexes are made that are still to be made."""
    cursor.execute(SELECT)
    return [definition for (definition,) in cursor.fetchall()]


def make(cursor: Cursor, definition: str) -> None:
    """Make one of them."""
    cursor.execute(SORT_MEMORY)
    cursor.execute(definition)
    cursor.execute(DELETE, (definition,))
