"""Scanning with several processes, each its own span, all seeing one state of the database.

The snapshot of the transaction that verifies is handed to them; whatever is appended meanwhile is
seen by none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized

from psycopg2.extensions import cursor as Cursor

from audit.scan import Scanned, Span, scan
from eventlog.bulk import collect_seldom
from eventlog.database import Database
from eventlog.errors import EventLogError

LOOK_S = 0.2

SET_ISOLATION = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Whoever gives its snapshot away waits for those that took it, however long they read.
SET_PATIENCE = "SET LOCAL idle_in_transaction_session_timeout = 0"
EXPORT_SNAPSHOT = "SELECT pg_export_snapshot()"
SET_SNAPSHOT = "SET TRANSACTION SNAPSHOT %s"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker reads, and as which role."""

    url: str = field(repr=False)
    role: str
    snapshot: str


class _Shared:
    """What the processes share: how many entries all of them have read."""

    read: Synchronized[int] | None = None


def export_snapshot(cursor: Cursor) -> str:
    """Return the name by which others see what this transaction sees, for as long as it is open."""
    cursor.execute(SET_PATIENCE)
    cursor.execute(EXPORT_SNAPSHOT)
    (name,) = cursor.fetchone() or ("",)
    return str(name)


def scan_apart(
    place: Place, spans: Sequence[Span], *, sizes: Sequence[int], advanced: Callable[[int], None]
) -> list[Scanned]:
    """Scan each span in a process of its own and return what they come to, in order."""
    # Processes that are forked would share the connection of whoever verifies.
    context = get_context("spawn")
    read = context.Value("q", 0)
    with ProcessPoolExecutor(len(spans), context, _begin, (read,)) as pool:
        futures = [pool.submit(_scanned, place, span, sizes=sizes) for span in spans]
        _watch(futures, read, advanced=advanced)
        return [future.result() for future in futures]


def _watch(
    futures: Sequence[Future[Scanned]],
    read: Synchronized[int],
    *,
    advanced: Callable[[int], None],
) -> None:
    """Tell how far they are until all are done or one has failed."""
    told, running = 0, True
    while running:
        done, pending = wait(futures, timeout=LOOK_S, return_when=FIRST_EXCEPTION)
        running = bool(pending) and not any(future.exception() for future in done)
        advanced(read.value - told)
        told = read.value


def _begin(read: Synchronized[int]) -> None:
    collect_seldom()
    _Shared.read = read


def _scanned(place: Place, span: Span, *, sizes: Sequence[int]) -> Scanned:
    try:
        database = Database(place.url, role=place.role)
        with closing(database), database.transaction() as cursor:
            cursor.execute(SET_ISOLATION)
            cursor.execute(SET_SNAPSHOT, (place.snapshot,))
            return scan(cursor, span, sizes=sizes, advanced=_advance)
    except EventLogError as error:
        # The log's own errors do not travel between processes.
        raise ConnectionError(str(error)) from None


def _advance(entries: int) -> None:
    if _Shared.read is not None:
        with _Shared.read.get_lock():
            _Shared.read.value += entries
