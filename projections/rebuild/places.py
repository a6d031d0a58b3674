"""Changing places: the next views become the live ones, or those before do again.

Promise: a reader sees the one or the other, whole; a projector goes on in whichever is live.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database
from projections import refolds, tracking
from projections.catalog import BOUND
from projections.errors import NothingKept, ReadersBusy
from projections.ownership import PROJECTOR
from projections.rebuild.building import Building, Report
from projections.rebuild.erasures import is_erased_between
from projections.slots import (
    BEFORE,
    LEAVING,
    LIVE,
    NEXT,
    Slot,
    drop_schema,
    exists,
    rename_schema,
    slot_of,
)
from projections.tracking import GATE_LOCK_ID, REPLACE, Tracking

# Queries that begin meanwhile wait, so each try is short; between two, those that wait go on.
TRY_MS = 300
PAUSE_S = 0.2
TRIES_MAX = 25

TAKE_GATE = "SELECT pg_advisory_lock(%s)"
SELECT_NAMES = "SELECT name FROM {schema}.view_versions"
DROP_STATE = "DROP TABLE rebuild_state, rebuild_slices, rebuild_indexes"


class Places:
    """Has views change places; the ones that were live are kept until that is confirmed."""

    def __init__(self, url: str, building: Building) -> None:
        self._building = building
        self._live = Database(url, role=PROJECTOR, search_path=LIVE.schema)
        self._next = Database(url, role=PROJECTOR, search_path=NEXT.schema)
        self._before = Database(url, role=PROJECTOR, search_path=BEFORE.schema)
        self._gate = Database(url, role=PROJECTOR)

    def swap(self, report: Report) -> int:
        """Let the next views take the live ones' place; return where they stand.

        Raises:
            RebuildNotReady: they are not built.
            RebuildUnderWay, ReadersBusy: not now.
        """
        with self._building.alone():
            self._building.require_ready()
            self._building.follow(self._next, report)
            # Whoever reads does not wait for files to be removed.
            self._drop(BEFORE)
            return self._change_places(self._next, report)

    def rollback(self, report: Report) -> int:
        """Let the views before take the live ones' place again; return where they stand.

        Raises:
            NothingKept: there are none.
            ViewsOutdated: another version of this program made them, and is to take them back.
            RebuildUnderWay, ReadersBusy: not now.
        """
        with self._building.alone():
            self.require_kept()
            try:
                self._building.follow(self._before, report)
                return self._change_places(self._before, report)
            except psycopg2.errors.UndefinedTable as error:
                # An erasure does not wait for whoever wants to go back.
                raise NothingKept() from error

    def confirm(self) -> None:
        """Drop the views that were live before.

        Raises:
            NothingKept: there are none.
        """
        with self._building.alone():
            self.require_kept()
            self._drop(BEFORE)

    def require_kept(self) -> None:
        """Do nothing where views are kept that were live before.

        Raises:
            NothingKept: there are none.
        """
        with self._live.transaction() as cursor:
            if not exists(cursor, BEFORE):
                raise NothingKept()

    def close(self) -> None:
        """Close the connections."""
        for database in (self._live, self._next, self._before, self._gate):
            database.close()

    def _drop(self, slot: Slot) -> None:
        with self._live.transaction() as cursor:
            drop_schema(cursor, slot)

    def _change_places(self, onto_live: Database, report: Report) -> int:
        """Bring views to the head of the log while no page is written to the live ones; swap."""
        with self._no_pages():
            position = self._building.follow_to_head(onto_live, report)
            for _ in range(TRIES_MAX):
                try:
                    with onto_live.transaction() as cursor:
                        self._try(cursor, slot_of(onto_live), position=position)
                    return position
                except ReadersBusy:
                    time.sleep(PAUSE_S)
        raise ReadersBusy()

    def _try(self, cursor: Cursor, slot: Slot, *, position: int) -> None:
        try:
            _hold_readers(cursor)
            _exchange(cursor, slot, position=position)
        except psycopg2.errors.LockNotAvailable as error:
            raise ReadersBusy() from error

    @contextmanager
    def _no_pages(self) -> Iterator[None]:
        """Let whoever moves the live views on wait for the time of a block."""
        try:
            with self._gate.transaction() as cursor:
                cursor.execute(TAKE_GATE, (GATE_LOCK_ID,))
            yield
        finally:
            # The lock is the connection's, so it cannot be left behind.
            self._gate.close()


def _hold_readers(cursor: Cursor) -> None:
    cursor.execute(f"SET LOCAL lock_timeout = {TRY_MS}")
    cursor.execute(REPLACE)


def _exchange(cursor: Cursor, slot: Slot, *, position: int) -> None:
    """Let what stands in `slot`, at `position`, be the live views, and keep what was."""
    if slot == NEXT:
        cursor.execute(DROP_STATE)
    was = _names(cursor, LIVE)
    left_at = min(Tracking(was, LIVE).positions(cursor).values(), default=position)
    names = {*was, *_names(cursor, slot)}
    rename_schema(cursor, LIVE, new=LEAVING.schema)
    rename_schema(cursor, slot, new=LIVE.schema)
    tracking.exchange(cursor, names, moves=[(slot, LIVE), (LIVE, BEFORE)])
    refolds.note_all(cursor, position=position)
    # Views that had read nothing are nothing to go back to.
    if was and left_at and not is_erased_between(cursor, left_at, until=position):
        rename_schema(cursor, LEAVING, new=BEFORE.schema)
    else:
        drop_schema(cursor, LEAVING)
    cursor.execute(f"SET LOCAL search_path = {LIVE.schema}")
    try:
        for bind in BOUND:
            bind(cursor)
    except psycopg2.errors.LockNotAvailable as error:
        raise ReadersBusy() from error


def _names(cursor: Cursor, slot: Slot) -> list[str]:
    """Return the names of the views that stand in a place, of whatever version."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{slot.schema}.view_versions",))
    (exists,) = cursor.fetchone() or (False,)
    if not exists:
        return []
    cursor.execute(SELECT_NAMES.format(schema=slot.schema))
    return [name for (name,) in cursor.fetchall()]
