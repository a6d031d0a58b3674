"""Where a set of views stands: the live one, the next one while it is built, the one before.

Each is a schema with the same tables; which schema is which changes in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database

CREATE_SCHEMA = "CREATE SCHEMA {schema}; GRANT USAGE ON SCHEMA {schema} TO {roles}"
# Whoever publishes looks views up too; default privileges grant what is in the schema.
ROLES = "toldonce_writer, toldonce_reader, toldonce_auditor"
SELECT_SCHEMA = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)"
DROP_SCHEMA = "DROP SCHEMA IF EXISTS {schema} CASCADE"
RENAME_SCHEMA = "ALTER SCHEMA {schema} RENAME TO {new}"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a set of views: its schema, and what its names in the tracking begin with."""

    schema: str
    prefix: str

    def named(self, name: str) -> str:
        """Return the name under which a view is tracked that stands here."""
        return self.prefix + name


LIVE = Slot("views", "")
NEXT = Slot("views_next", "next:")
BEFORE = Slot("views_before", "before:")
LEAVING = Slot("views_leaving", "leaving:")
"""What was live, within the one transaction in which places are changed."""
SLOTS = (LIVE, NEXT, BEFORE)


def slot_of(database: Database) -> Slot:
    """Return where a connection reads and writes views."""
    return next(slot for slot in SLOTS if slot.schema == database.search_path)


def exists(cursor: Cursor, slot: Slot) -> bool:
    """Say whether there is such a place, whatever stands in it."""
    cursor.execute(SELECT_SCHEMA, (slot.schema,))
    return cursor.fetchone() == (True,)


def create_schema(cursor: Cursor, slot: Slot) -> None:
    """Make an empty place that readers may look into."""
    cursor.execute(CREATE_SCHEMA.format(schema=slot.schema, roles=ROLES))


def drop_schema(cursor: Cursor, slot: Slot) -> None:
    """Remove all that stands in a place, and the place."""
    cursor.execute(DROP_SCHEMA.format(schema=slot.schema))


def rename_schema(cursor: Cursor, slot: Slot, *, new: str) -> None:
    """Give the tables that stand in a place another one."""
    cursor.execute(RENAME_SCHEMA.format(schema=slot.schema, new=new))
