"""The views that dashboards rely on: made over the projections' tables whenever these are new.

Promise: they outlive every rebuild; `make` belongs into the transaction that puts other tables in
place, and `ensure` makes up for whoever did not.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

from psycopg2.extensions import cursor as Cursor

from projections.tables import read_sql

NAME = "dashboards"
SQL = "dashboards.sql"
LIVE_SCHEMA = "views"
NEEDS = frozenset(
    ["identity", "parking", "timeline", "story", "promises", "continuity", "corrected"]
)
"""The projections whose tables are shown."""

SELECT_MADE = """
SELECT current_schema() <> %s OR EXISTS (
    SELECT FROM view_versions WHERE name = %s AND sha256 = %s)
"""
# Beside the versions of the tables, so that it is forgotten with them.
UPSERT_VERSION = """
INSERT INTO view_versions (name, sha256) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, created_at = now()
"""


def ensure(cursor: Cursor, names: Collection[str]) -> None:
    """Make the views unless they are there for these tables, which are those of `names`."""
    if set(names) >= NEEDS:
        cursor.execute(SELECT_MADE, (LIVE_SCHEMA, NAME, _version()))
        (is_made,) = cursor.fetchone() or (True,)
        if not is_made:
            make(cursor)


def make(cursor: Cursor) -> None:
    """Make the views over the tables that are live in this transaction."""
    cursor.execute("SET LOCAL client_min_messages = warning")
    cursor.execute(read_sql(SQL))
    cursor.execute(UPSERT_VERSION, (NAME, _version()))


def _version() -> bytes:
    return sha256(read_sql(SQL).encode()).digest()
