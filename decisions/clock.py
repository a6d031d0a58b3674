"""The clock: notices that the time of a promise has passed, and has that said once.

Promise: any number of clocks may run, stop and die anywhere; each promise and due time lapses once,
never before its time, and no state depends on when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from threading import Event as Stop
from typing import NamedTuple

from domain.lapses import Due

# Bounds what is read at a time; what is due goes on from page to page.
DUES_READ = 500
# A promise may be made, moved or kept meanwhile: nothing tells the clock so, it looks.
LOOK_S = 2.0
# Due within less than this is waited for, not looked at again and again.
WAIT_S_MIN = 0.01

FallingDue = Callable[[Due | None, int], Sequence[Due]]
"""What falls due next after one of them, soonest first, at most so many."""
Lapse = Callable[[Due, datetime], bool]
"""Says that a promise lapsed, at a moment; True if it was this call that said so."""


class Struck(NamedTuple):
    """How many lapses a turn of the clock said, and when the next promise falls due."""

    said: int
    next_at: datetime | None


class Clock:
    """Says of every promise that is overdue that it lapsed; one thread uses it at a time.

    `is_current` brings what `falling_due` reads to what is known now, or answers that it cannot:
    a promise that was kept in time is not to be said to have lapsed.
    """

    def __init__(
        self,
        falling_due: FallingDue,
        lapse: Lapse,
        *,
        now: Callable[[], datetime],
        is_current: Callable[[], bool],
    ) -> None:
        self._falling_due = falling_due
        self._lapse = lapse
        self._now = now
        self._is_current = is_current
        self._done: set[Due] = set()

    def strike(self, stop: Stop | None = None) -> Struck:
        """Say of everything that is overdue now, and was not said to be, that it lapsed."""
        now = self._now()
        if not self._is_current():
            return Struck(0, None)
        overdue: set[Due] = set()
        said = 0
        for due in self._in_order(stop or Stop()):
            if due.due_at > now:
                return self._struck(said, overdue, next_at=due.due_at)
            overdue.add(due)
            if due not in self._done:
                said += self._lapse(due, now)
        return self._struck(said, overdue, next_at=None)

    def run_forever(self, stop: Stop) -> None:
        """Strike whenever a promise falls due, until `stop` is set."""
        while not stop.is_set():
            stop.wait(self._wait_s(self.strike(stop).next_at))

    def _in_order(self, stop: Stop) -> Iterator[Due]:
        """Yield what falls due, soonest first, read as far as it is asked for."""
        after: Due | None = None
        while not stop.is_set() and (page := self._falling_due(after, DUES_READ)):
            yield from page
            after = page[-1]

    def _struck(self, said: int, overdue: set[Due], *, next_at: datetime | None) -> Struck:
        # Until the views know of it, what was said is still listed as overdue; so is what was
        # refused. Neither is tried again, nor remembered once it is listed no more.
        self._done = overdue
        return Struck(said, next_at)

    def _wait_s(self, next_at: datetime | None) -> float:
        if next_at is None:
            return LOOK_S
        return min(LOOK_S, max(WAIT_S_MIN, (next_at - self._now()) / timedelta(seconds=1)))
