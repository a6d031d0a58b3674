"""A customer's timeline as it was known when the log was shorter: whose the events were by then.

Promise: it is the page that was answered when the views stood there, and holds exactly the events
that a brief of that position considers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.event import Event, order_key
from domain.sentences import sentence
from projections.timeline.pages import (
    Place,
    TimelinePage,
    TimelineQuery,
    TimelineRow,
    members_of,
    place_in,
    rows_of,
    token_of,
    topics_of,
)
from projections.timeline.view import late_positions, stated

# The table shows data as PostgreSQL writes it, and so does this.
SELECT_WRITTEN = """
SELECT one.data::jsonb FROM unnest(%s::text[]) WITH ORDINALITY AS one (data, number)
ORDER BY one.number
"""


def read_timeline_then(
    cursor: Cursor,
    query: TimelineQuery,
    *,
    customer_id: UUID | None,
    events: Sequence[Event],
    known_at: int,
) -> TimelinePage:
    """Return one page of a customer's timeline, given all their events as known at a position.

    Raises:
        CursorInvalid: `query.after` is not a token of ours.
    """
    limit = rows_of(query)
    found = _ordered(events, query)[: limit + 1]
    late = late_positions(sorted(map(order_key, events)), None)
    rows = tuple(_rows(cursor, [event for _, event in found[:limit]], late=late))
    token = token_of(found[limit - 1][0]) if len(found) > limit else None
    return TimelinePage(rows, token, known_at, customer_id)


def _ordered(events: Iterable[Event], query: TimelineQuery) -> list[tuple[Place, Event]]:
    """Return what a query wants of events, in its order, from its place on."""
    is_wanted = _wanted(query)
    placed = [(_place(event), event) for event in events if is_wanted(event)]
    placed.sort(key=lambda one: one[0], reverse=query.newest_first)
    if query.after is None:
        return placed
    begin = place_in(query.after)
    if query.newest_first:
        return [one for one in placed if one[0] < begin]
    return [one for one in placed if one[0] > begin]


def _wanted(query: TimelineQuery) -> Callable[[Event], bool]:
    topics, channels, members = topics_of(query), query.channels, members_of(query.reference)

    def is_wanted(event: Event) -> bool:
        data = event.data
        return (
            (query.upto is None or event.position <= query.upto)
            and (query.as_of is None or event.time <= query.as_of)
            and (query.since is None or event.time >= query.since)
            and (query.until is None or event.time < query.until)
            and (topics is None or data.TOPIC in topics)
            and (not channels or getattr(data, "channel", None) in channels)
            and (query.named is None or (event.source, event.id) in query.named)
            and (
                query.reference is None
                or query.reference.value in [getattr(data, member, None) for member in members]
            )
        )

    return is_wanted


def _place(event: Event) -> Place:
    _, source, rank, sequence, position, _ = order_key(event)
    return Place(event.time.astimezone(UTC), source, rank, sequence, position)


def _rows(cursor: Cursor, events: Sequence[Event], *, late: set[int]) -> list[TimelineRow]:
    cursor.execute(SELECT_WRITTEN, ([stated(event.data).decode() for event in events],))
    return [
        TimelineRow(
            occurred_at=event.time.astimezone(UTC),
            recorded_at=event.recorded_at or event.time,
            position=event.position,
            source=event.source,
            event_id=event.id,
            type=event.data.TOPIC,
            channel=getattr(event.data, "channel", None),
            direction=getattr(event.data, "direction", None),
            contact_id=event.data.contact_id,
            issue_id=event.data.issue_id,
            order_id=event.data.order_id,
            delivery_id=event.data.delivery_id,
            promise_id=event.data.promise_id,
            visit_id=event.data.visit_id,
            visibility=event.data.shown_to,
            is_late=event.position in late,
            sentence=sentence(event),
            data=data,
        )
        for event, (data,) in zip(events, cursor.fetchall(), strict=True)
    ]
