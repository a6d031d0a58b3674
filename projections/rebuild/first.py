"""The first catch-up of a long log: views that are empty are built as a rebuild builds them.

Promise: they are live when they are whole; where they cannot be built so, they are left empty for
whoever reads the log page by page.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event, Thread

from eventlog.database import Database
from eventlog.errors import LogUnavailable
from eventlog.keyring import Keyring
from projections.errors import ProjectionPaused, RebuildNotReady, RebuildUnderWay, ViewFailed
from projections.ownership import PROJECTOR
from projections.rebuild.building import Report, Step
from projections.rebuild.rebuilding import Rebuilding
from projections.tracking import note_step

# From here on it asks no more of the processors, and two of them share it; a process begun beside
# costs as much as some thousand entries (decision 0036).
ENTRIES_MIN = 50_000

# What a process was at that was killed, PostgreSQL brings to its end before anybody can go on.
UNDER_WAY_S = 30.0
# Far less than those who wait are patient for, whatever one statement takes.
NOTED_EVERY_S = 2.0
LOOK_AGAIN_S = 0.25
WAITING = "waiting"

_logger = logging.getLogger(__name__)


class FirstBuild:
    """Fills views that hold nothing; whoever owns the projections does."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._url = url
        self._keyring = keyring
        self._waits_until: float | None = None

    def build(self, report: Report) -> bool:
        """Fill the views with the whole log; say whether that, if they are empty yet, can be.

        Those who wait for the owner see that it goes on.

        Raises:
            RebuildFailed, ReadersBusy, LogUnavailable: it can be gone on with later.
        """
        if self._waits_until is None:
            _logger.info("the views are empty: they are built beside, and live when they are whole")
        with _noted(self._url), closing(Rebuilding(self._url, self._keyring)) as rebuilding:
            return self._built(rebuilding, report)

    def _built(self, rebuilding: Rebuilding, report: Report) -> bool:
        try:
            rebuilding.build(report)
            rebuilding.swap(report)
        except (RebuildUnderWay, RebuildNotReady):
            return self._waited(report)
        except (ProjectionPaused, ViewFailed):
            # Page by page the views come as far as they can, and say there why no further.
            with suppress(RebuildUnderWay, RebuildNotReady):
                rebuilding.abort()
            return False
        _logger.info("the views that were empty are live")
        return True

    def _waited(self, report: Report) -> bool:
        """Wait a little for what was killed or is rebuilt by hand; say whether to look again."""
        now = time.monotonic()
        self._waits_until = self._waits_until or now + UNDER_WAY_S
        if now >= self._waits_until:
            return False
        report(Step(WAITING, 0, 1))
        time.sleep(LOOK_AGAIN_S)
        return True


@contextmanager
def _noted(url: str) -> Iterator[None]:
    """Note now and then that somebody is at it: one index of a long log takes minutes."""
    is_over = Event()

    def note() -> None:
        # Whoever builds says what happened to the database.
        with closing(Database(url, role=PROJECTOR)) as database, suppress(LogUnavailable):
            while True:
                with database.transaction() as cursor:
                    note_step(cursor)
                if is_over.wait(NOTED_EVERY_S):
                    return

    noting = Thread(target=note, daemon=True)
    noting.start()
    try:
        yield
    finally:
        is_over.set()
        noting.join()
