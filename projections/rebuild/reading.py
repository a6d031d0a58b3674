"""What of a page of the log the identity view needs: what each event says about who somebody is.

Events are opened, decoded and checked as everywhere, in this process or in one beside; what cannot
be read, or is more than that, is named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from domain.events import CalendarDefined
from domain.identity.observation import Observation, distill
from projections.read_ahead import Opened


class Distilled(NamedTuple):
    """A page of the log: its last position, how many entries it has, and what its events tell.

    `whole` are the positions of all others, which are to be read themselves: what matters to a view
    although it may be nobody's, and what cannot be read. `erased` are as in `Opened`.
    """

    position: int
    size: int
    told: list[Observation]
    whole: list[int]
    erased: frozenset[UUID] = frozenset()


ReadPage = Callable[[int, int], Distilled]
"""Gives up to so many entries that follow a position."""


def distilled(opened: Opened) -> Distilled:
    """Return what the events of a page say about who somebody is."""
    heard = {event.position for event in opened.events if type(event.data) is CalendarDefined}
    told = [distill(event) for event in opened.events if event.position not in heard]
    whole = heard.union(one.entry.position for one in opened.unreadable)
    return Distilled(opened.position, opened.size, told, sorted(whole), opened.erased)
