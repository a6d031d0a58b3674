"""Points in the life of a rebuild, and a process that is killed at one of them.

Production code knows nothing of it: the functions at these points are wrapped here, in a process of
the test's own.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple

from eventlog.keyring import Keyring
from projections import runner
from projections.rebuild import building, indexes, places, slices, state, statements
from projections.rebuild.building import Building
from projections.rebuild.filling import Filling
from projections.rebuild.places import Places
from projections.rebuild.rebuilding import Rebuilding

Run = Callable[[str, Keyring, str], None]


class Point(NamedTuple):
    """Before or after a function returns for the nth time."""

    owner: Any
    name: str
    is_after: bool = True
    passage: int = 1


POINTS: dict[str, Point] = {
    "begun, before COMMIT": Point(state, "begin"),
    "begun": Point(Building, "_taken"),
    "statements noted": Point(statements, "note"),
    "calendars kept, before COMMIT": Point(Building, "_hear"),
    "groups cut into slices, before COMMIT": Point(slices, "cut"),
    "groups done, before COMMIT": Point(state, "move"),
    "groups done": Point(Building, "_group"),
    "a slice taken": Point(slices, "take"),
    "a slice resolved": Point(Filling, "_resolve"),
    "a slice folded": Point(Filling, "_fold"),
    "a slice written, not noted": Point(slices, "note_done", is_after=False),
    "a slice noted, before COMMIT": Point(slices, "note_done"),
    "a slice kept": Point(Filling, "turn"),
    "all slices kept": Point(Building, "_fill_slices"),
    "slices done, before COMMIT": Point(state, "move"),
    "an index made, before COMMIT": Point(indexes, "make"),
    "an index kept": Point(indexes, "make", is_after=False, passage=2),
    "analysed, before COMMIT": Point(state, "move"),
    "ready": Point(Building, "_index"),
    "caught up with what came meanwhile": Point(Building, "follow"),
    "about to change places": Point(Places, "_change_places", is_after=False),
    "no pages are written": Point(places, "_hold_readers", is_after=False),
    "readers wait": Point(places, "_hold_readers"),
    "state dropped, before the names change": Point(places, "_names", is_after=False),
    "names changed, tracking not": Point(places.tracking, "exchange", is_after=False),
    "tracking changed, before COMMIT": Point(places.tracking, "exchange"),
    "places changed, before COMMIT": Point(places, "_exchange"),
    "places changed": Point(Places, "_change_places"),
}
AGAIN = {
    "going back, before COMMIT": Point(places, "_exchange"),
    "gone back": Point(Places, "_change_places"),
}


def rebuild(url: str, keyring: Keyring, struck_at: str) -> None:
    """Rebuild and swap in this process, to be killed at a point."""
    _arm(POINTS[struck_at])
    with closing(Rebuilding(url, keyring)) as rebuilding:
        rebuilding.build(_unheard)
        rebuilding.swap(_unheard)


def first_catch_up(url: str, keyring: Keyring, struck_at: str) -> None:
    """Fill empty views in this process as if the log were long, to be killed at a point."""
    _arm(POINTS[struck_at])
    runner.ENTRIES_MIN = 1
    with closing(runner.Runner(url, keyring)) as reading:
        reading.catch_up()


def go_back(url: str, keyring: Keyring, struck_at: str) -> None:
    """Take the views before back in this process, to be killed at a point."""
    _arm(AGAIN[struck_at])
    with closing(Rebuilding(url, keyring)) as rebuilding:
        rebuilding.rollback(_unheard)


def rebuild_in_processes(url: str, keyring: Keyring, events: int) -> None:
    """Rebuild in two processes besides this one, with slices of so many events."""
    slices.SLICE_EVENTS = events
    with closing(Rebuilding(url, keyring, workers=3)) as rebuilding:
        rebuilding.build(_unheard)


def _arm(point: Point) -> None:
    original = getattr(point.owner, point.name)
    left = [point.passage]

    @functools.wraps(original)
    def struck(*values: Any, **named: Any) -> Any:
        left[0] -= 1
        if not point.is_after and left[0] == 0:
            _strike()
        result = original(*values, **named)
        if point.is_after and left[0] == 0:
            _strike()
        return result

    setattr(point.owner, point.name, struck)


def _strike() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _unheard(step: building.Step) -> None:
    """Take a report and tell nobody."""
