"""Who may move the projections on: one process at a time, for as long as its connection lives.

The lock belongs to the connection that writes the pages, so a dead owner lets go by dying and an
owner that lost its connection cannot write. It spares work; the compare-and-set is the safety.
"""

from __future__ import annotations

from contextlib import suppress

from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database
from eventlog.errors import LogUnavailable

PROJECTOR = "toldonce_projector"
"""The role that owns the views and writes to them."""
OWNER_LOCK_ID = 0x701D041E
REBUILD_LOCK_ID = 0x701D0420

TRY_LOCK = "SELECT pg_try_advisory_lock(%s)"
UNLOCK = "SELECT pg_advisory_unlock(%s)"


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

    def give_back(self) -> None:
        """Let others have it; where the connection is gone they can have it already."""
        backend, self._backend = self._backend, None
        if backend is not None:
            with suppress(LogUnavailable), self._database.transaction() as cursor:
                cursor.execute(UNLOCK, (self._lock_id,))

    def _is_ours(self, cursor: Cursor) -> bool:
        return self._backend == cursor.connection.info.backend_pid
