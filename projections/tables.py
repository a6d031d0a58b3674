"""The tables of the views: made when they are missing, never migrated.

Each view's .sql is its version. Views can always be derived from the log again, so a changed .sql
is not patched in: the views are outdated until they are rebuilt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Protocol

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from projections.errors import ViewsOutdated

SELECT_REGISTER = "SELECT to_regclass('view_versions') IS NOT NULL"
CREATE_REGISTER = """
CREATE TABLE view_versions (
    name text PRIMARY KEY, sha256 bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT now())
"""
SELECT_VERSIONS = "SELECT name, sha256 FROM view_versions"
INSERT_VERSIONS = "INSERT INTO view_versions (name, sha256) VALUES %s"
TABLES = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)
DROP_TABLES = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
        EXECUTE format('DROP TABLE %I CASCADE', name);
    END LOOP;
END $$
"""


class Unit(Protocol):
    """What has tables: `sql` creates them, unqualified, in the schema of the search path."""

    name: str
    sql: str


def read_sql(path: str) -> str:
    """Return what a .sql of this package says, by its path below it."""
    return (files("projections") / path).read_text("utf-8")


def tables_of(unit: Unit) -> list[str]:
    """Return the names of the tables that a unit's .sql creates."""
    return TABLES.findall(unit.sql)


def are_ready(cursor: Cursor, units: Sequence[Unit]) -> bool:
    """Say whether the tables of these views are there.

    Raises:
        ViewsOutdated: there are tables, but of other versions of the views.
    """
    found = versions(cursor)
    outdated = [unit.name for unit in units if found.get(unit.name) != version(unit)]
    if found and outdated:
        raise ViewsOutdated(views=", ".join(outdated))
    return bool(found)


def ready(cursor: Cursor, units: Sequence[Unit]) -> list[str]:
    """Return the names of the views whose tables are there in the version that is needed."""
    found = versions(cursor)
    return [unit.name for unit in units if found.get(unit.name) == version(unit)]


def create(cursor: Cursor, units: Sequence[Unit]) -> None:
    """Make the tables of these views and note their versions."""
    cursor.execute(CREATE_REGISTER)
    for unit in units:
        cursor.execute(unit.sql)
    execute_values(cursor, INSERT_VERSIONS, [(unit.name, version(unit)) for unit in units])


def drop_all(cursor: Cursor) -> None:
    """Remove every table of the schema: all of it can be derived from the log."""
    cursor.execute(DROP_TABLES)


def versions(cursor: Cursor) -> dict[str, bytes]:
    """Return the version of each unit that has tables in the schema of the search path."""
    cursor.execute(SELECT_REGISTER)
    (exists,) = cursor.fetchone() or (False,)
    if not exists:
        return {}
    cursor.execute(SELECT_VERSIONS)
    return {name: bytes(digest) for name, digest in cursor.fetchall()}


def version(unit: Unit) -> bytes:
    """Return what tells the version of a unit's tables."""
    return sha256(unit.sql.encode()).digest()
