"""What statements make of other entries: it was not observed in these, and is theirs as well.

A correction gives another event other identifiers, and what undoes a merge names nobody but the
merge. Both are noted for the time of a transaction; calendars are noted for good, as they are
nobody's and every story may count by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg2.extensions import cursor as Cursor

from domain.corrections import EventName, claims
from domain.event import Event
from domain.events import (
    EVENT_TYPES,
    CalendarDefined,
    EventCorrected,
    EventRetracted,
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
)
from domain.handles import EVENT, Handle
from projections.binary_rows import bigint, copy_rows, row
from projections.identity.corrections import readings
from projections.identity.rows import NodeOf
from projections.read_ahead import ReadAhead

TABLE = "pg_temp.named_besides"
CREATE = "CREATE TEMPORARY TABLE named_besides (position bigint, named uuid) ON COMMIT DROP"
COPY = f"COPY {TABLE} (position, named) FROM STDIN (FORMAT binary)"
KINDS = (
    EventCorrected,
    EventRetracted,
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
    CalendarDefined,
)
SELECT = """
SELECT position FROM log.entries WHERE type = ANY(%s) AND position <= %s ORDER BY position
"""
READ_AT_ONCE = 10_000


def note(cursor: Cursor, ahead: ReadAhead, *, target: int, node_of: NodeOf) -> list[Event]:
    """Note what statements up to `target` name besides; return the calendars defined up to it."""
    cursor.execute(CREATE)
    # In whatever version they were published.
    names = {kind.TOPIC.rpartition(".")[0] for kind in KINDS}
    topics = [topic for topic in EVENT_TYPES if topic.rpartition(".")[0] in names]
    cursor.execute(SELECT, (topics, target))
    positions = [position for (position,) in cursor.fetchall()]
    calendars: list[Event] = []
    for at in range(0, len(positions), READ_AT_ONCE):
        events = ahead.events_at(positions[at : at + READ_AT_ONCE])
        named = {one for one in _named(events, ahead) if one[0] <= target}
        rows = [row((bigint(position), node_of(handle).bytes)) for position, handle in named]
        copy_rows(cursor, COPY, rows=rows)
        calendars += [event for event in events if type(event.data) is CalendarDefined]
    return calendars


def _named(events: Sequence[Event], ahead: ReadAhead) -> Iterator[tuple[int, Handle]]:
    about: dict[EventName, list[int]] = {}
    for event in events:
        if isinstance(event.data, EventCorrected | EventRetracted):
            for name, _ in claims(event.data):
                about.setdefault(name, []).append(event.position)
    places = ahead.positions_of(about)
    for name, position in places.items():
        about[name].append(position)
    for (source, event_id), positions in about.items():
        for position in positions:
            yield position, Handle(EVENT, event_id, source)
    yield from readings([*events, *ahead.events_at(sorted(places.values()))])
