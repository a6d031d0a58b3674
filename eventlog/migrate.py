"""Numbered, forward-only migrations, for the log alone. Views are rebuilt, never migrated."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files

from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database
from eventlog.errors import LogBroken, LogNotMigrated

# Two processes may start on an empty database at once; the second waits and finds it done.
MIGRATION_LOCK_ID = 0x701D04CE

CREATE_REGISTER = """
CREATE TABLE IF NOT EXISTS public.toldonce_migrations (
    number integer PRIMARY KEY, name text NOT NULL, sha256 bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now());
GRANT SELECT ON public.toldonce_migrations TO PUBLIC
"""
# A right on the database itself comes along with neither a dump nor a clone of it.
LET_REBUILD = """
DO $$ BEGIN
    IF NOT has_database_privilege('toldonce_projector', current_database(), 'CREATE') THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO toldonce_projector', current_database());
    END IF;
END $$
"""
SELECT_APPLIED = "SELECT number, sha256 FROM public.toldonce_migrations"
INSERT_APPLIED = "INSERT INTO public.toldonce_migrations (number, name, sha256) VALUES (%s, %s, %s)"
SELECT_REGISTER = "SELECT to_regclass('public.toldonce_migrations') IS NOT NULL"


def migrate(url: str) -> list[str]:
    """Bring the log's schema at `url` to the newest version; return the names that were applied.

    Raises:
        LogBroken: a migration that was applied earlier is not the one in this version.
        LogUnavailable: the database cannot be reached.
    """
    database = Database(url, search_path="public")
    try:
        with database.transaction() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK_ID,))
            cursor.execute("SET LOCAL client_min_messages = warning")
            cursor.execute(CREATE_REGISTER)
            applied = list(_apply_missing(cursor))
            cursor.execute(LET_REBUILD)
            return applied
    finally:
        database.close()


def check_migrated(cursor: Cursor) -> None:
    """Raise LogNotMigrated unless the schema is the one that this version needs."""
    newest = max(number for number, _, _ in _migrations())
    cursor.execute(SELECT_REGISTER)
    found = _applied(cursor) if _one(cursor) else {}
    if newest not in found:
        raise LogNotMigrated(expected=newest, found=max(found, default="none"))


def _apply_missing(cursor: Cursor) -> Iterator[str]:
    applied = _applied(cursor)
    for number, name, sql in _migrations():
        digest = sha256(sql.encode()).digest()
        if number not in applied:
            cursor.execute(sql)
            cursor.execute(INSERT_APPLIED, (number, name, digest))
            yield name
        elif applied[number] != digest:
            raise LogBroken(position=0, expected=f"migration {name}", found="another one")


def _applied(cursor: Cursor) -> dict[int, bytes]:
    cursor.execute(SELECT_APPLIED)
    return {number: bytes(digest) for number, digest in cursor.fetchall()}


def _one(cursor: Cursor) -> object:
    row = cursor.fetchone()
    return row[0] if row else None


def _migrations() -> list[tuple[int, str, str]]:
    folder = files("eventlog") / "migrations"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(int(name[:4]), name, (folder / name).read_text("utf-8")) for name in names]
