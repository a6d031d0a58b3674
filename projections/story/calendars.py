"""The calendars that stories count working days by: they belong to nobody, so they are kept here.

A story uses the definitions that were known when its newest promise by that calendar was made; a
promise by a calendar that nobody has defined waits for the first definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from domain.decode import encode, restore
from domain.event import Event
from domain.events import CalendarDefined, EventCorrected, EventData, PromiseMade
from projections.page import Page
from projections.writing import execute_later

SELECT_DEFINITIONS = """
SELECT calendar_id, position, body FROM story_calendars WHERE position <= %s
ORDER BY calendar_id, position
"""
SELECT_DEFINITIONS_OF = """
SELECT calendar_id, position, body FROM story_calendars
WHERE position <= %s AND calendar_id = ANY(%s) ORDER BY calendar_id, position
"""
INSERT_DEFINITIONS = "INSERT INTO story_calendars (calendar_id, position, body) VALUES %s"
SELECT_WAITING = "SELECT customer_id::text FROM story_waits WHERE calendar_id = ANY(%s)"
INSERT_WAITING = """
INSERT INTO story_waits (calendar_id, customer_id) VALUES %s ON CONFLICT DO NOTHING
"""
DELETE_WAITING = "DELETE FROM story_waits WHERE calendar_id = ANY(%s)"
DELETE_WAITING_OF = "DELETE FROM story_waits WHERE customer_id = ANY(%s::uuid[])"

Definitions = dict[str, list[Event]]
_NAMING: frozenset[type[EventData]] = frozenset({PromiseMade, EventCorrected})


class Calendars:
    """Every definition of every calendar up to the page that is being read."""

    def __init__(self) -> None:
        self._definitions: Definitions | None = None

    def learn(self, page: Page, cursor: Cursor) -> set[UUID]:
        """Keep the definitions in a page; return the customers that waited for one of them."""
        if self._definitions is None:
            cursor.execute(SELECT_DEFINITIONS, (page.position,))
            self._definitions = _definitions(cursor)
        defined: Definitions = {}
        for event in page.events:
            data = event.data
            if type(data) is CalendarDefined:
                defined.setdefault(data.calendar_id, []).append(event)
        if not defined:
            return set()
        for calendar_id, events in defined.items():
            known = self._definitions.get(calendar_id, [])
            # What could not be read before is older than what is known.
            self._definitions[calendar_id] = sorted([*known, *events], key=_position)
        _write(cursor, defined)
        return _end_waiting(cursor, list(defined))

    def used_by(self, events: Iterable[Event]) -> list[Event]:
        """Return the definitions to fold beside these events."""
        return definitions_used(events, self._definitions or {})

    def wait(self, histories: Mapping[UUID, Sequence[Event]], cursor: Cursor) -> None:
        """Note which customers wait for a calendar that nobody has defined."""
        known = self._definitions or {}
        rows = [
            (calendar_id, str(customer_id))
            for customer_id, events in histories.items()
            for calendar_id in calendars_named(events)
            if calendar_id not in known
        ]
        if rows:
            execute_values(cursor, INSERT_WAITING, sorted(rows))

    def end_waiting_of(self, customers: Iterable[UUID], cursor: Cursor) -> None:
        """Forget for what customers waited who are gone, or are folded anew."""
        removed = [str(customer_id) for customer_id in customers]
        if removed:
            execute_later(cursor, DELETE_WAITING_OF, parameters=(removed,))

    def forget(self) -> None:
        """Drop what is remembered between pages."""
        self._definitions = None


def read_definitions(cursor: Cursor, events: Iterable[Event], *, known_at: int) -> Definitions:
    """Return the definitions, up to a position, of the calendars that `events` name."""
    named = list(calendars_named(events))
    if not named:
        return {}
    cursor.execute(SELECT_DEFINITIONS_OF, (known_at, named))
    return _definitions(cursor)


def definitions_used(events: Iterable[Event], definitions: Definitions) -> list[Event]:
    """Return the definitions that were known when `events` last named the calendar."""
    used: list[Event] = []
    for calendar_id, position in calendars_named(events).items():
        known = definitions.get(calendar_id, [])
        earlier = [definition for definition in known if definition.position < position]
        used.extend(earlier or known[:1])
    return used


def calendars_named(events: Iterable[Event]) -> dict[str, int]:
    """Return the calendars that promises among `events` count by, with the newest position."""
    named: dict[str, int] = {}
    for event in events:
        # Of every event this is asked several times.
        if type(event.data) in _NAMING and (calendar_id := _named(event)) is not None:
            named[calendar_id] = max(event.position, named.get(calendar_id, 0))
    return named


def _named(event: Event) -> str | None:
    data = event.data
    if isinstance(data, PromiseMade):
        return data.calendar_id
    if isinstance(data, EventCorrected):
        calendar_id = data.data.get("calendar_id")
        return calendar_id if isinstance(calendar_id, str) else None
    return None


def _definitions(cursor: Cursor) -> Definitions:
    """Return what was asked for, each calendar's in position order."""
    definitions: Definitions = {}
    for calendar_id, position, body in cursor.fetchall():
        definition = restore(bytes(body), position=position)
        definitions.setdefault(calendar_id, []).append(definition)
    return definitions


def _position(event: Event) -> int:
    return event.position


def _write(cursor: Cursor, defined: Definitions) -> None:
    rows = [
        (calendar_id, event.position, encode(event))
        for calendar_id, events in defined.items()
        for event in events
    ]
    execute_values(cursor, INSERT_DEFINITIONS, rows)


def _end_waiting(cursor: Cursor, calendars: list[str]) -> set[UUID]:
    cursor.execute(SELECT_WAITING, (calendars,))
    woken = {UUID(row[0]) for row in cursor.fetchall()}
    if woken:
        cursor.execute(DELETE_WAITING, (calendars,))
    return woken
