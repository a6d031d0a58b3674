"""The clock put together: what it reads from the views, and how it has a lapse said in the log."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime
from threading import Event

from cli.wiring import Installation, now
from decisions.clock import Clock, Lapse
from decisions.decisions import Decisions
from domain.decisions import By
from domain.lapses import Due, lapse_of
from projections.errors import NotYetKnown
from projections.queries import Views

# Views that are further behind than this are waited for in the clock's next turn.
CURRENT_S = 2.0
ACTOR = "clock"


class Watch:
    """What falls due, as known at the position at which the views stood when a turn began."""

    def __init__(self, views: Views, position: Callable[[], int | None]) -> None:
        """`position` says where the views stand once they know all that the log holds now."""
        self._views = views
        self._find = position
        self._position = 0

    def is_current(self) -> bool:
        """Say whether the views know all that the log holds."""
        found = self._find()
        self._position = found or 0
        return found is not None

    def falling_due(self, after: Due | None, limit: int) -> list[Due]:
        """Return what falls due next; nothing if the views are being read anew meanwhile."""
        try:
            return self._views.falling_due(after, limit, known_at=self._position)
        except NotYetKnown:
            return []


def clock_beside(parts: Installation) -> Clock:
    """Return a clock that waits for the projector that runs beside it."""
    return _clock(parts, lambda: _followed(parts.views))


def clock_alone(parts: Installation) -> Clock:
    """Return a clock that brings the views to the head of the log, or waits for who does."""
    return _clock(parts, lambda: parts.runner.catch_up())


def stopped_by_signal() -> Event:
    """Return what SIGINT and SIGTERM set from now on: a turn that is under way is finished."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def decided_by(decisions: Decisions) -> Lapse:
    """Return what decides that a promise lapsed, at the moment from which it was overdue."""

    def lapse(due: Due, at: datetime) -> bool:
        return decisions.lapse(lapse_of(due), By(ACTOR, due.overdue_from)) is not None

    return lapse


def _clock(parts: Installation, position: Callable[[], int | None]) -> Clock:
    watch = Watch(parts.views, position)
    lapse = decided_by(parts.decisions)
    return Clock(watch.falling_due, lapse, now=now, is_current=watch.is_current)


def _followed(views: Views) -> int | None:
    found = views.progress.status()
    head = max(view.head for view in found)
    is_there = all(view.is_ready for view in found)
    return head if is_there and views.progress.wait_for(head, timeout_s=CURRENT_S) else None
