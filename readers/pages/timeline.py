"""A customer's timeline as it is laid out: days, within them contacts, within them events.

Promise: an event that was corrected is shown as it reads now with what it said before, one that was
retracted is struck out; none is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from domain.corrections import EventName, name_of, with_corrections
from domain.event import Event
from domain.events import EVENT_TYPES, EventCorrected, EventRetracted
from domain.sentences import sentence
from domain.sentences.phrases import conversation, day
from projections.queries import Views
from projections.timeline.pages import LIMIT_MAX, TimelinePage, TimelineQuery, TimelineRow

CORRECTIONS = (EventCorrected.TOPIC, EventRetracted.TOPIC)
# A customer with more has other problems; the newest of them are told.
CORRECTIONS_MAX = 1_000


class Stated(NamedTuple):
    """An event as it reads now, and what corrections and retractions made of it."""

    event: Event
    has_effect: bool
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One event; `earlier` is what it said before a correction that changed its sentence."""

    row: TimelineRow
    text: str
    earlier: str | None = None
    is_corrected: bool = False
    is_retracted: bool = False

    @property
    def hours(self) -> str:
        """When on its day it happened."""
        at = self.row.occurred_at
        return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Group:
    """A contact with all that happened during it, or one event that happened during none."""

    id: str
    contact_id: str | None
    title: str | None
    issues: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The events of a day, in groups."""

    id: str
    name: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Days, newest first; `next` is the cursor of what is older, None where nothing is."""

    days: tuple[Day, ...]
    shown: int
    next: str | None


def read_timeline(views: Views, query: TimelineQuery) -> Timeline:
    """Return the newest `query.limit` events, or those after the cursor, as they are laid out."""
    page = read_rows(views, query)
    entries = read_entries(views, page.rows, query=query)
    return Timeline(tuple(_days(entries)), len(entries), page.next)


def read_entries(views: Views, rows: Sequence[TimelineRow], *, query: TimelineQuery) -> list[Entry]:
    """Return events of a customer as they read now."""
    about = replace(query, types=CORRECTIONS, named=None, after=None, limit=CORRECTIONS_MAX)
    stated = read_rows(views, about).rows if rows else ()
    now = _as_stated((*rows, *stated)) if stated else {}
    return [_entry(row, now) for row in rows]


def read_rows(views: Views, query: TimelineQuery) -> TimelinePage:
    """Return up to `query.limit` rows, however many pages that takes."""
    page = views.timeline(query)
    rows = list(page.rows)
    while page.next and len(rows) < query.limit:
        rest = min(LIMIT_MAX, query.limit - len(rows))
        page = views.timeline(replace(query, after=page.next, limit=rest))
        rows += page.rows
    return replace(page, rows=tuple(rows))


def _as_stated(rows: Iterable[TimelineRow]) -> Mapping[EventName, Stated]:
    events = {(row.source, row.event_id): _event(row) for row in rows}
    return {
        name_of(event): Stated(event, has_effect, event.data != events[name_of(event)].data)
        for event, has_effect in with_corrections(events.values())
    }


def _event(row: TimelineRow) -> Event:
    data = EVENT_TYPES[row.type].model_validate(row.data, by_alias=True, by_name=False)
    event = Event.of(data, id=row.event_id, source=row.source, time=row.occurred_at)
    return event._replace(position=row.position)


def _entry(row: TimelineRow, now: Mapping[EventName, Stated]) -> Entry:
    stated = now.get((row.source, row.event_id))
    if stated is None:
        return Entry(row, row.sentence)
    text = sentence(stated.event)
    earlier = None if text == row.sentence else row.sentence
    return Entry(row, text, earlier, stated.is_corrected, not stated.has_effect)


def _days(entries: Iterable[Entry]) -> Iterator[Day]:
    for on, of_day in groupby(entries, key=lambda entry: entry.row.occurred_at.date()):
        found = list(of_day)
        name = day(found[0].row.occurred_at)
        yield Day(f"day-{on}", name, tuple(_groups(found)))


def _groups(entries: Sequence[Entry]) -> Iterator[Group]:
    """Yield contacts with what was done meanwhile, and alone what was done outside of any."""
    during = _contacts(entries)
    numbered = zip(entries, during, range(len(entries)), strict=True)
    for _, part in groupby(numbered, key=lambda one: one[1] or one[2]):
        of_group = list(part)
        contact, found = of_group[0][1], tuple(entry for entry, _, _ in of_group)
        issues = dict.fromkeys(entry.row.issue_id for entry in found if entry.row.issue_id)
        title = _title(found, contact) if contact else None
        yield Group(f"group-{found[-1].row.position}", contact, title, tuple(issues), found)


def _contacts(entries: Sequence[Entry]) -> list[str | None]:
    """Return the contact during which each event happened: its own, or the one around it."""
    named = [entry.row.contact_id for entry in entries]
    before, after = list(named), list(named)
    for at in range(1, len(named)):
        before[at] = named[at] or before[at - 1]
        after[-at - 1] = named[-at - 1] or after[-at]
    return [
        one if one == other else own for own, one, other in zip(named, before, after, strict=True)
    ]


def _title(entries: Sequence[Entry], contact_id: str) -> str:
    """Name a contact by what is known of it among its events that are shown."""
    channels = [entry.row.channel for entry in entries if entry.row.channel]
    directions = [entry.row.direction for entry in entries if entry.row.direction]
    name = conversation(channels[-1] if channels else None)
    way = f"{directions[-1]} {name}" if directions else name
    return f"{way[0].upper()}{way[1:]} {contact_id}"
