"""A customer as known when the log was shorter, and what of that is missing.

Promise: an event that cannot be read or folded leaves out what became known from it on, and that is
said, whoever is parked for it by now.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from domain.story import Story
from projections.identity import history
from projections.identity.queries import Found
from projections.identity.rows import NodeOf
from projections.page import Load
from projections.parking import first_missing
from projections.story import calendars
from projections.story.view import first_failing, story_at


class Then(NamedTuple):
    """Whom it was that is asked for, and their events up to the first that is missing."""

    found: Found
    events: list[Event]
    incomplete_since: datetime | None = None

    def before(self, position: int, since: datetime) -> Then:
        """Return what there is without an entry that was recorded at `since`, and what follows."""
        events = [event for event in self.events if event.position < position]
        return Then(self.found, events, since)


def known_then(cursor: Cursor, found: Found, *, node_of: NodeOf, known_at: int, load: Load) -> Then:
    """Return whom it was that is asked for, by what was known at a position."""
    if not found.match.by:
        return Then(found, [])
    known = history.known_then(
        cursor, found.match.by[0], node_of=node_of, known_at=known_at, load=load
    )
    then = Then(known.found, known.events)
    missing = first_missing(cursor, known.events, streams=known.streams, known_at=known_at)
    return then if missing is None else then.before(*missing)


def story_then(cursor: Cursor, then: Then, *, as_of: datetime, known_at: int) -> tuple[Then, Story]:
    """Return the story up to a moment, and what of their events it could take."""

    def story(events: list[Event]) -> Story:
        return story_at(events, definitions, as_of=as_of)

    definitions = calendars.read_definitions(cursor, then.events, known_at=known_at)
    try:
        return then, story(then.events)
    except Exception:
        failing = first_failing(then.events, story)
    then = then.before(failing.position, failing.recorded_at or failing.time)
    return then, story(then.events)
