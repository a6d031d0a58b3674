"""Who may move the projections on: one process at a time, for as long as its connection lives.

The lock belongs to the connection that writes the pages, so a dead owner lets go by dying and an
owner that lost its connection cannot write. It spares work; the compare-and-set is the safety.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database
from eventlog.errors import LogUnavailable

PROJECTOR = "toldonce_projector"
"""The role that owns the views and writes to them."""
OWNER_LOCK_ID = 0x701D041E
REBUILD_LOCK_ID = 0x701D0420
WANTED_LOCK_ID = 0x701D0421
"""Shared by all who wait for an owner to let go."""

TRY_LOCK = "SELECT pg_try_advisory_lock(%s)"
UNLOCK = "SELECT pg_advisory_unlock(%s)"
WANT = "SELECT pg_advisory_lock_shared(%s)"
WANT_NO_MORE = "SELECT pg_advisory_unlock_shared(%s)"
TRY_ALONE = "SELECT pg_try_advisory_xact_lock(%s)"


class Ownership:
    """The right to move the projections on, taken and given back over one connection."""

    def __init__(self, database: Database, *, lock_id: int = OWNER_LOCK_ID) -> None:
        self._database = database
        self._lock_id = lock_id
        self._backend: int | None = None

    def take(self) -> bool:
        """Take the ownership unless another process has it, and say whether it is ours."""
        with self._database.transaction() as cursor:
            if not self._is_ours(cursor):
                cursor.execute(TRY_LOCK, (self._lock_id,))
                (taken,) = cursor.fetchone() or (False,)
                self._backend = cursor.connection.info.backend_pid if taken else None
        return self._backend is not None

    def holds(self) -> bool:
        """Say whether the connection that took the ownership still lives, as far as we know."""
        with self._database.transaction() as cursor:
            return self._is_ours(cursor)

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Have whoever owns the projections know, for the time of a block, that we wait for it."""
        with self._database.transaction() as cursor:
            cursor.execute(WANT, (WANTED_LOCK_ID,))
        try:
            yield
        finally:
            with suppress(LogUnavailable), self._database.transaction() as cursor:
                cursor.execute(WANT_NO_MORE, (WANTED_LOCK_ID,))

    def is_wanted(self) -> bool:
        """Say whether somebody waits for the ownership."""
        with self._database.transaction() as cursor:
            cursor.execute(TRY_ALONE, (WANTED_LOCK_ID,))
            return cursor.fetchone() != (True,)

    def give_back(self) -> None:
        """Let others have it; where the connection is gone they can have it already."""
        backend, self._backend = self._backend, None
        if backend is not None:
            with suppress(LogUnavailable), self._database.transaction() as cursor:
                cursor.execute(UNLOCK, (self._lock_id,))

    def _is_ours(self, cursor: Cursor) -> bool:
        return self._backend == cursor.connection.info.backend_pid
