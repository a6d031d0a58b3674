"""Rebuilding the views, as commands ask for it: build, compare, change places, go back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from eventlog.database import Database
from eventlog.keyring import Keyring
from projections.catalog import new_units
from projections.digests import Digest, digests
from projections.errors import ViewsOutdated
from projections.ownership import PROJECTOR
from projections.rebuild.building import WORKERS, Building, Report
from projections.rebuild.difference import Difference, Shadow
from projections.rebuild.places import Places
from projections.rebuild.state import Rebuild
from projections.slots import LIVE, Slot
from projections.tables import are_ready
from projections.tracking import ONE_MOMENT, Tracking


class Rebuilding:
    """One rebuild at a time, by any process; whoever reads never sees a part of it."""

    def __init__(self, url: str, keyring: Keyring, *, workers: int = WORKERS) -> None:
        self._url = url
        self._units = new_units(keyring)
        self._building = Building(url, keyring, workers=workers)
        self._places = Places(url, self._building)
        self._shadow = Shadow(url, self._building, units=self._units)

    def build(self, report: Report) -> Rebuild:
        """Build the next views, or go on with them, until they stand near the head of the log.

        Raises:
            RebuildUnderWay: another process does.
            RebuildFailed, ProjectionPaused, ViewFailed: it can be gone on with later.
        """
        return self._building.build(report)

    def difference(self, bring_live: Callable[[int], int], report: Report) -> Difference:
        """Return what would change; `bring_live` takes the live views to a position.

        Raises:
            RebuildNotReady: there are no next views.
            RebuildUnderWay: another process moves them.
        """
        return self._shadow.compare(bring_live, report)

    def swap(self, report: Report) -> int:
        """Let the next views take the live ones' place; return where they stand.

        Raises:
            RebuildNotReady: they are not built.
            RebuildUnderWay, ReadersBusy: not now.
        """
        return self._places.swap(report)

    def rollback(self, report: Report) -> int:
        """Let the views before take the live ones' place again; return where they stand.

        Raises:
            NothingKept: there are none.
            ViewsOutdated: another version of this program made them, and is to take them back.
            RebuildUnderWay, ReadersBusy: not now.
        """
        return self._places.rollback(report)

    def confirm(self) -> None:
        """Drop the views that were live before.

        Raises:
            NothingKept: there are none.
        """
        self._places.confirm()

    def abort(self) -> None:
        """Drop what was built.

        Raises:
            RebuildNotReady: there is nothing.
            RebuildUnderWay: another process builds it.
        """
        self._building.abort()

    def digests(self, slot: Slot = LIVE) -> tuple[int, list[Digest]]:
        """Return where the views in a place stand, and the digest of each, as of one moment.

        Raises:
            ViewsOutdated: there are none of this version.
        """
        database = Database(self._url, role=PROJECTOR, search_path=slot.schema)
        with closing(database), database.transaction() as cursor:
            cursor.execute(ONE_MOMENT)
            if not are_ready(cursor, self._units):
                raise ViewsOutdated(views=f"in {slot.schema}")
            position = Tracking([unit.name for unit in self._units], slot).position(cursor)
            return position, digests(cursor, self._units)

    def close(self) -> None:
        """Close the connections."""
        self._building.close()
        self._places.close()
        self._shadow.close()
