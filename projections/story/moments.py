"""The story at a moment, as far as it can be folded.

Promise: what a story cannot take leaves out itself and what became known after it, and is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from domain.event import Event
from domain.story import Story, fold
from projections.page import Events
from projections.story.calendars import Definitions, definitions_used


def story_at(events: Events, definitions: Definitions, *, as_of: datetime) -> Story:
    """Return the story that these events of a customer come to, up to a moment."""
    happened = [event for event in events if event.time <= as_of]
    return fold([*happened, *definitions_used(happened, definitions)])


def as_far_as_it_goes(
    events: Events, definitions: Definitions, *, as_of: datetime
) -> tuple[Story, Event | None]:
    """Return the same, and the first event, by position, that the story cannot take.

    The story is that of the events before it.
    """

    def folded(some: Sequence[Event]) -> Story:
        return story_at(some, definitions, as_of=as_of)

    try:
        return folded(events), None
    except Exception:
        failing = first_failing(events, folded)
    return folded([event for event in events if event.position < failing.position]), failing


def first_failing(events: Events, folded: Callable[[Sequence[Event]], Story]) -> Event:
    """Return the first event, by position, up to which the history cannot be folded."""
    ordered = sorted(events, key=lambda one: one.position)
    low, high = 0, len(ordered) - 1
    while low < high:
        middle = (low + high) // 2
        try:
            folded(ordered[: middle + 1])
            low = middle + 1
        except Exception:
            high = middle
    return ordered[low]
