"""Pages of a customer's timeline, by keyset: nothing is skipped or shown twice while it grows.

A page says where the next one begins and on which position of the log it rests.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from domain.corrections import EventName
from domain.events import EVENT_TYPES
from domain.handles import REFERENCES, Handle
from projections.errors import CursorInvalid

LIMIT_MAX = 200

COLUMNS = """
    occurred_at, recorded_at, position, source, event_id, type, channel, direction, contact_id,
    issue_id, order_id, delivery_id, promise_id, visit_id, visibility, is_late, sentence, data,
    sequence_rank, sequence
"""
_CHOSEN = """
FROM timeline WHERE customer_id = %(customer_id)s::uuid AND position <= %(upto)s
    AND (%(as_of)s::timestamptz IS NULL OR occurred_at <= %(as_of)s)
    AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR occurred_at < %(until)s)
    AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
    AND (%(channels)s::text[] IS NULL OR channel = ANY(%(channels)s))
    AND (%(value)s::text IS NULL OR EXISTS (
        SELECT FROM unnest(%(members)s::text[]) AS member WHERE data ->> member = %(value)s))
    AND (%(sources)s::text[] IS NULL OR (source, event_id) IN (
        SELECT * FROM unnest(%(sources)s::text[], %(ids)s::text[])))
    AND (%(at)s::timestamptz IS NULL OR
"""
_KEY = "(occurred_at, source, sequence_rank, sequence, position)"
_AFTER = "(%(at)s, %(source)s, %(rank)s, %(sequence)s, %(position)s)"
NEWEST = """
FROM timeline WHERE timeline.customer_id = {customer}
ORDER BY occurred_at DESC, source DESC, sequence_rank DESC, sequence DESC, position DESC
LIMIT {limit}
"""
"""Part of a question: the newest events of a customer, of which `page_of` makes a page."""
OLDEST_FIRST = f"""
SELECT {COLUMNS} {_CHOSEN} {_KEY} > {_AFTER})
ORDER BY occurred_at, source, sequence_rank, sequence, position LIMIT %(limit)s
"""  # noqa: S608 - constants above
NEWEST_FIRST = f"""
SELECT {COLUMNS} {_CHOSEN} {_KEY} < {_AFTER})
ORDER BY occurred_at DESC, source DESC, sequence_rank DESC, sequence DESC, position DESC
LIMIT %(limit)s
"""  # noqa: S608 - constants above


@dataclass(frozen=True, slots=True)
class TimelineQuery:
    """Which events of a customer are wanted (None: nobody); what else is None does not restrict.

    `types` are full types or names such as `contact.started`; `since` is included, `until` not;
    `named` are sources and ids; `as_of` is a moment of the world's clock. By `known_at`, a position
    of the log, whose the events are is answered as it was then, of whoever was `asked` for, else
    of the customer; `upto` is only how far they are read. `after` is the token that came with the
    page before.
    """

    customer_id: UUID | None
    types: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    reference: Handle | None = None
    since: datetime | None = None
    until: datetime | None = None
    named: tuple[EventName, ...] | None = None
    as_of: datetime | None = None
    known_at: int | None = None
    upto: int | None = None
    asked: Handle | None = None
    newest_first: bool = False
    after: str | None = None
    limit: int = LIMIT_MAX

    @property
    def is_for_the_newest(self) -> bool:
        """Say whether it asks for nothing but a customer's newest events."""
        newest = TimelineQuery(self.customer_id, newest_first=True, limit=self.limit)
        return self == newest and 1 <= self.limit <= LIMIT_MAX


class TimelineRow(NamedTuple):
    """One event of a customer, as the timeline shows it."""

    occurred_at: datetime
    recorded_at: datetime
    position: int
    source: str
    event_id: str
    type: str
    channel: str | None
    direction: str | None
    contact_id: str | None
    issue_id: str | None
    order_id: str | None
    delivery_id: str | None
    promise_id: str | None
    visit_id: str | None
    visibility: str
    is_late: bool
    sentence: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Rows, the token of the next page (None: this was the last), and the position it rests on.

    `customer_id` is whose it was then; None where that was nobody's or several customers'.
    `incomplete_since`: the customer is parked, and what was recorded from then on is missing.
    """

    rows: tuple[TimelineRow, ...]
    next: str | None
    position: int
    customer_id: UUID | None = None
    incomplete_since: datetime | None = None


_Text = Annotated[str, Field(max_length=256, pattern=r"^[^\x00]*$")]
_Integer = Annotated[int, Field(ge=0, lt=2**31)]
_Bigint = Annotated[int, Field(ge=0, lt=2**63)]


class Place(NamedTuple):
    """The place of an event in the order of a timeline."""

    at: AwareDatetime | None
    source: _Text
    rank: _Integer
    sequence: _Text
    position: _Bigint


_PLACE = TypeAdapter(Place)
_NO_PLACE = Place(None, "", 0, "", 0)


def read_timeline(cursor: Cursor, query: TimelineQuery, *, head: int) -> TimelinePage:
    """Return one page of what is known at `head`, or of the part of it up to `query.upto`.

    Raises:
        CursorInvalid: `query.after` is not a token of ours.
    """
    limit = rows_of(query)
    position = head if query.upto is None else min(query.upto, head)
    statement = NEWEST_FIRST if query.newest_first else OLDEST_FIRST
    cursor.execute(statement, _parameters(query, limit=limit + 1, upto=position))
    page = page_of(cursor.fetchall(), limit=limit, position=position)
    return replace(page, customer_id=query.customer_id)


def page_of(found: Sequence[Sequence[Any]], *, limit: int, position: int) -> TimelinePage:
    """Return a page of the rows that were found, of which one may begin the next page."""
    rows = tuple([TimelineRow(*row[:-2]) for row in found[:limit]])
    token = token_of(_place_of(found[limit - 1])) if len(found) > limit else None
    return TimelinePage(rows, token, position)


def rows_of(query: TimelineQuery) -> int:
    """Return how many rows a page has at most."""
    return max(1, min(query.limit, LIMIT_MAX))


def members_of(reference: Handle | None) -> list[str]:
    """Return the members of data in which a reference of this type may stand."""
    if reference is None:
        return []
    return [member for member, kind in REFERENCES.items() if kind == reference.type]


def topics_of(query: TimelineQuery) -> list[str] | None:
    """Return the full types that are wanted; None for all."""
    if not query.types:
        return None
    # The timeline holds newest versions, whichever of them is asked for.
    names = {EVENT_TYPES[asked].NAME if asked in EVENT_TYPES else asked for asked in query.types}
    return [topic for topic, data in EVENT_TYPES.items() if data.NAME in names]


def token_of(place: Place) -> str:
    """Return the token of the page that begins after a place."""
    return base64.urlsafe_b64encode(_PLACE.dump_json(place)).decode().rstrip("=")


def place_in(token: str) -> Place:
    """Read a token that was given out.

    Raises:
        CursorInvalid: it is none of ours.
    """
    try:
        padded = token + "=" * (-len(token) % 4)
        return _PLACE.validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValidationError, ValueError):
        raise CursorInvalid from None


def _parameters(query: TimelineQuery, *, limit: int, upto: int) -> dict[str, object]:
    reference, named = query.reference, query.named
    place = place_in(query.after) if query.after else _NO_PLACE
    return {
        "customer_id": None if query.customer_id is None else str(query.customer_id),
        "upto": upto,
        "as_of": query.as_of,
        "since": query.since,
        "until": query.until,
        "types": topics_of(query),
        "channels": list(query.channels) or None,
        "value": reference.value if reference else None,
        "members": members_of(reference),
        "sources": None if named is None else [source for source, _ in named],
        "ids": None if named is None else [name for _, name in named],
        "limit": limit,
        **place._asdict(),
    }


def _place_of(row: Sequence[Any]) -> Place:
    shown = TimelineRow(*row[:-2])
    return Place(shown.occurred_at, shown.source, row[-2], row[-1], shown.position)
