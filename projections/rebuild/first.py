"""The first catch-up of a long log: views that are empty are built as a rebuild builds them.

Promise: they are live when they are whole; where they cannot be built so, they are left empty for
whoever reads the log page by page, and nothing else stays.
"""

from __future__ import annotations

import logging
from contextlib import closing, suppress

from eventlog.database import Database
from eventlog.keyring import Keyring
from projections.errors import ProjectionPaused, RebuildNotReady, RebuildUnderWay, ViewFailed
from projections.ownership import PROJECTOR
from projections.rebuild.building import Report, Step
from projections.rebuild.rebuilding import Rebuilding
from projections.tracking import note_step

# From here on it asks no more of the processors, and two of them share it; a process begun beside
# costs as much as some thousand entries (decision 0036).
ENTRIES_MIN = 50_000

_logger = logging.getLogger(__name__)


class FirstBuild:
    """Fills views that hold nothing; whoever owns the projections does."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._url = url
        self._keyring = keyring

    def build(self, report: Report) -> bool:
        """Fill the views with the whole log and say whether they were filled.

        Those who wait for the owner see that it goes on.

        Raises:
            RebuildFailed, ReadersBusy, LogUnavailable: it can be gone on with later.
        """
        database = Database(self._url, role=PROJECTOR)
        with closing(database), closing(Rebuilding(self._url, self._keyring)) as rebuilding:

            def told(step: Step) -> None:
                with database.transaction() as cursor:
                    note_step(cursor)
                report(step)

            return _built(rebuilding, told)


def _built(rebuilding: Rebuilding, report: Report) -> bool:
    _logger.info("the views are empty: they are built beside, and live when they are whole")
    try:
        rebuilding.build(report)
        rebuilding.swap(report)
    except (RebuildUnderWay, RebuildNotReady):
        # Somebody rebuilds by hand: theirs is theirs to show.
        return False
    except (ProjectionPaused, ViewFailed):
        # Page by page the views come as far as they can, and say there why no further.
        with suppress(RebuildUnderWay, RebuildNotReady):
            rebuilding.abort()
        return False
    return True
