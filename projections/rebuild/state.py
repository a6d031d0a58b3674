"""How far a rebuild has come: one row beside the tables that it fills.

Promise: what a phase did and the next phase become visible together, so any process can go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID, uuid4

from psycopg2.extensions import cursor as Cursor

from projections import tables
from projections.errors import RebuildOvertaken
from projections.rebuild.indexes import put_off
from projections.slots import NEXT, create_schema, drop_schema
from projections.tables import Unit, read_sql
from projections.tracking import Tracking

EXISTS = "SELECT to_regclass('rebuild_state') IS NOT NULL"
SELECT = "SELECT run::text, phase, target, is_whole, started_at FROM rebuild_state"
SELECT_OURS = f"{SELECT} WHERE version = %s"  # noqa: S608 - a constant
INSERT = """
INSERT INTO rebuild_state (run, version, phase, target, is_whole) VALUES (%s::uuid, %s, %s, %s, %s)
"""
TAKE = "UPDATE rebuild_state SET run = %s::uuid"
MOVE = "UPDATE rebuild_state SET phase = %s WHERE run = %s::uuid"
CONFIRM = f"{SELECT} WHERE run = %s::uuid AND phase = %s FOR SHARE"


class Phase(StrEnum):
    """What a rebuild does, in this order."""

    GROUPS = "groups"
    SLICES = "slices"
    INDEXES = "indexes"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A rebuild as it stands; `run` is who may write to it.

    `is_whole` says that the log is taken for one group.
    """

    run: UUID
    phase: Phase
    target: int
    is_whole: bool
    started_at: datetime


def begin(cursor: Cursor, units: Sequence[Unit], *, target: int, is_whole: bool = False) -> None:
    """Make empty tables for the next views, up to `target` to be filled slice by slice."""
    drop_schema(cursor, NEXT)
    create_schema(cursor, NEXT)
    tables.create(cursor, units)
    cursor.execute(_sql())
    put_off(cursor, units)
    Tracking([unit.name for unit in units], NEXT).begin(cursor)
    cursor.execute(INSERT, (str(uuid4()), _version(), Phase.GROUPS, target, is_whole))


def found(cursor: Cursor) -> Rebuild | None:
    """Return the rebuild that there is, or None: one that other tables tell of is none."""
    cursor.execute(EXISTS)
    (exists,) = cursor.fetchone() or (False,)
    if not exists:
        return None
    cursor.execute(SELECT_OURS, (_version(),))
    return _fetched(cursor)


def take(cursor: Cursor) -> None:
    """Let whoever worked on it before write no more."""
    cursor.execute(TAKE, (str(uuid4()),))


def move(cursor: Cursor, run: UUID, *, to: Phase) -> None:
    """Note that everything before this phase is done.

    Raises:
        RebuildOvertaken: another process goes on with it.
    """
    cursor.execute(MOVE, (to, str(run)))
    if not cursor.rowcount:
        raise RebuildOvertaken()


def confirm(cursor: Cursor, run: UUID, *, phase: Phase) -> Rebuild:
    """Hold the rebuild as it is until the transaction ends, and return it.

    Raises:
        RebuildOvertaken: another process goes on with it, or it came to another phase.
    """
    cursor.execute(CONFIRM, (str(run), phase))
    rebuild = _fetched(cursor)
    if rebuild is None:
        raise RebuildOvertaken()
    return rebuild


def _sql() -> str:
    return read_sql("rebuild/state.sql")


def _version() -> bytes:
    return sha256(_sql().encode()).digest()


def _fetched(cursor: Cursor) -> Rebuild | None:
    row = cursor.fetchone()
    return None if row is None else Rebuild(UUID(row[0]), Phase(row[1]), *row[2:])
