"""A customer as known when the log was shorter, and what of that is missing.

Promise: it is told from the log alone. An event that cannot be read, or that the story cannot take,
leaves out what became known from it on, and that is said, whoever is parked for it by now.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from domain.story import Story, new_story
from projections.identity import history
from projections.identity.queries import Found
from projections.identity.rows import NodeOf
from projections.page import Load
from projections.parking import first_missing
from projections.story.calendars import Definitions, read_definitions
from projections.story.moments import as_far_as_it_goes
from projections.story.view import StoryView

_NEVER = datetime.max.replace(tzinfo=UTC)


class Then(NamedTuple):
    """Whom it was that is asked for, their events up to the first that is missing, their story."""

    found: Found
    events: list[Event]
    story: Story
    incomplete_since: datetime | None = None
    definitions: Definitions = {}

    def at(self, as_of: datetime) -> Then:
        """Return what had happened at a moment; something can be missing of that alone."""
        if all(event.time <= as_of for event in self.events):
            return self
        story, failing = as_far_as_it_goes(self.events, self.definitions, as_of=as_of)
        since = self.incomplete_since if failing is None else _recorded(failing)
        return self._replace(story=story, incomplete_since=since)


def known_then(cursor: Cursor, found: Found, *, node_of: NodeOf, known_at: int, load: Load) -> Then:
    """Return whom it was that is asked for, by what was known at a position."""
    if not found.match.by:
        return Then(found, [], new_story())
    found, events, streams = history.known_then(
        cursor, found.match.by[0], node_of=node_of, known_at=known_at, load=load
    )
    definitions = read_definitions(cursor, events, known_at=known_at)
    missing = first_missing(
        cursor, found.customer_id, streams=streams, known_at=known_at, folded_by=StoryView.name
    )
    since = None
    if missing is not None:
        position, since = missing
        events = [event for event in events if event.position < position]
    story, failing = as_far_as_it_goes(events, definitions, as_of=_NEVER)
    if failing is not None:
        since = _recorded(failing)
        events = [event for event in events if event.position < failing.position]
    return Then(found, events, story, since, definitions)


def _recorded(event: Event) -> datetime:
    return event.recorded_at or event.time
