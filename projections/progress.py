"""How far the views are, for everybody who waits for them or watches them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database, Prepared
from eventlog.pool import Pool
from eventlog.read import SELECT_HEAD, SELECT_RECORDED_AT
from projections import tables
from projections.errors import ProjectionsStalled
from projections.parking import Parked, Parking, parked_customers
from projections.tracking import ONE_MOMENT, STANDING, Tracking, steps

# What waits for a position looks this often.
POLL_S = 0.02

POSITION_NOW = Prepared("position_now", "text[]", STANDING.format(names="$1"))


@dataclass(frozen=True, slots=True)
class ViewStatus:
    """Where one view stands; `is_ready` is False where its tables are missing or outdated."""

    name: str
    position: int
    head: int
    is_ready: bool

    @property
    def lag(self) -> int:
        """Return how many entries the view has not read."""
        return self.head - self.position


class Progress:
    """Reads how far views are, a transaction for each answer."""

    def __init__(self, database: Database | Pool, units: Sequence[tables.Unit]) -> None:
        self._database = database
        self._units = list(units)
        self._names = [unit.name for unit in units]
        self._tracking = Tracking(self._names)
        # Tables of a generation stay what they are, so they are looked at once.
        self._ready: int | None = None

    def position(self) -> int | None:
        """Return the position at which all views stand; None where there are none yet.

        Raises:
            ViewsOutdated: the tables are those of other versions of the views.
        """
        ((found,),) = self._database.answers(POSITION_NOW, self.tracked)
        position = self.position_of(found)
        if position is not None:
            return position
        with self._database.transaction() as cursor:
            return self.position_in(cursor)

    @property
    def tracked(self) -> list[str]:
        """Return the names under which the views are tracked."""
        return self._tracking.tracked

    def position_of(self, found: Mapping[str, int] | None) -> int | None:
        """Return the position at which all views stand that were found to stand so.

        None where their tables are not known to be of our version; `position_in` looks.
        """
        if found is None or self._ready is None:
            return None
        position, generation = self._tracking.read(found)
        return position if generation == self._ready else None

    def position_in(self, cursor: Cursor) -> int | None:
        """Return the position at which all views stand for a transaction."""
        if self._ready is not None:
            position, generation = self._tracking.looked(cursor)
            if generation == self._ready:
                return position
        if not tables.are_ready(cursor, self._units):
            return None
        position, self._ready = self._tracking.looked(cursor)
        return position

    def steps(self) -> int:
        """Return what grows while somebody fills views that are empty until they are whole."""
        with self._database.transaction() as cursor:
            return steps(cursor)

    def status(self) -> list[ViewStatus]:
        """Return where each view stands, and the head of the log, as of one moment."""
        with self._database.transaction() as cursor:
            cursor.execute(ONE_MOMENT)
            cursor.execute(SELECT_HEAD)
            head, *_ = cursor.fetchone() or (0,)
            found = self._tracking.positions(cursor)
            ready = tables.ready(cursor, self._units)
        return [ViewStatus(name, found.get(name, 0), head, name in ready) for name in self._names]

    def unread_since(self) -> datetime | None:
        """Return when the oldest entry was recorded that a view has not read; None for none."""
        with self._database.transaction() as cursor:
            found = self._tracking.positions(cursor)
            oldest = 1 + min((found.get(name, 0) for name in self._names), default=0)
            cursor.execute(SELECT_RECORDED_AT, (oldest,))
            row = cursor.fetchone()
        return None if row is None else row[0]

    def parked(self) -> list[Parked]:
        """Return everybody who is parked, by the position of the entry that failed."""
        with self._database.transaction() as cursor:
            if Parking.name not in tables.ready(cursor, self._units):
                return []
            return parked_customers(cursor)

    def wait_for(self, position: int, *, timeout_s: float) -> bool:
        """Wait until all views stand at `position` or later, and say whether they do."""
        deadline = time.monotonic() + timeout_s
        while (self.position() or 0) < position:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)
        return True


class Patience:
    """Waits in small steps for others to move on, as long as they do."""

    def __init__(self, wanted: int, *, stall_s: float) -> None:
        self._wanted = wanted
        self._stall_s = stall_s
        self._seen: tuple[int | None, int] | None = None
        self._deadline = time.monotonic() + stall_s

    def wait(self, position: int | None, *, steps: int = 0) -> None:
        """Wait one step, given where the others are, and how many steps led there.

        Raises:
            ProjectionsStalled: they have been there for too long.
        """
        if (position, steps) != self._seen:
            self._seen = (position, steps)
            self._deadline = time.monotonic() + self._stall_s
        elif time.monotonic() >= self._deadline:
            raise ProjectionsStalled(
                position=position or 0, wanted=self._wanted, stall_s=self._stall_s
            )
        time.sleep(POLL_S)
