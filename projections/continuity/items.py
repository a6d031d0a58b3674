"""What a figure of continuity counts, item by item, each with the events that it rests on.

Pages by keyset, oldest first: nothing is skipped or shown twice while items come to the end.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, get_args
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from projections.continuity.figures import IN_PERIOD, ITEMS, Period
from projections.errors import CursorInvalid

LIMIT_MAX = 200

Figure = Literal[
    "contacts",
    "repeat_contacts",
    "first_contacts",
    "first_contact_resolutions",
    "waits",
    "transfers_without_note",
    "redundant_questions",
    "promises_kept",
    "promises_kept_late",
    "promises_broken",
]
FIGURES: tuple[Figure, ...] = get_args(Figure)

_KEY = "(at, customer_id, source, name, number)"
_CITED = """
SELECT jsonb_agg(jsonb_build_array(source, id, type, position) ORDER BY occurred_at, position)
FROM (
    SELECT DISTINCT event.source, event.event_id AS id, event.type, event.position,
        event.occurred_at
    FROM jsonb_array_elements(item.evidence) AS cite JOIN timeline AS event
        ON event.customer_id = item.customer_id
        AND event.occurred_at = (cite ->> 0)::timestamptz
        AND event.source = cite ->> 1 AND event.event_id = cite ->> 2) AS cited
"""
SELECT_ITEMS = f"""
SELECT at, customer_id::text, contact_id, value, field, promise_id,
    ({_CITED}), source, name, number
FROM ({ITEMS}) AS item
WHERE figure = %(figure)s AND {IN_PERIOD} AND (%(after_at)s::timestamptz IS NULL OR {_KEY} >
    (%(after_at)s, %(after_customer)s::uuid, %(after_source)s, %(after_name)s, %(after_number)s))
ORDER BY at, customer_id, source, name, number LIMIT %(limit)s
"""  # noqa: S608 - constants above


class Evidence(NamedTuple):
    """An event that an item rests on."""

    source: str
    id: str
    type: str
    position: int


class Item(NamedTuple):
    """One of what a figure counts; `value` is the wait of `waits`, `field` what was asked for."""

    at: datetime
    customer_id: UUID
    contact_id: str | None
    value: int | None
    field: str | None
    promise_id: str | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """Items, the token of the next page (None: this was the last), and the position it rests on."""

    items: tuple[Item, ...]
    next: str | None
    position: int


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """Which items are wanted: those of a figure in a period, from where a page ended."""

    figure: Figure
    period: Period
    after: str | None = None
    limit: int = LIMIT_MAX


_Text = Annotated[str, Field(max_length=256, pattern=r"^[^\x00]*$")]


class _Place(NamedTuple):
    at: AwareDatetime | None = None
    customer: UUID = UUID(int=0)
    source: _Text = ""
    name: _Text = ""
    number: Annotated[int, Field(ge=0, lt=2**31)] = 0


_PLACE = TypeAdapter(_Place)


def read_items(cursor: Cursor, query: ItemsQuery, *, head: int) -> ItemsPage:
    """Return one page of what a figure counts, as the views know it at `head`.

    Raises:
        CursorInvalid: `query.after` is not a token of ours.
    """
    limit = max(1, min(query.limit, LIMIT_MAX))
    place = _place(query.after) if query.after else _Place()
    cursor.execute(
        SELECT_ITEMS,
        {
            **query.period.parameters(),
            "figure": query.figure,
            "limit": limit + 1,
            "after_at": place.at,
            "after_customer": str(place.customer),
            "after_source": place.source,
            "after_name": place.name,
            "after_number": place.number,
        },
    )
    rows = cursor.fetchall()
    items = tuple(_item(row) for row in rows[:limit])
    return ItemsPage(items, _token(rows[limit - 1]) if len(rows) > limit else None, head)


def _item(row: Sequence[Any]) -> Item:
    at, customer_id, contact_id, value, field, promise_id, evidence, *_ = row
    cited = tuple(Evidence(*event) for event in evidence or ())
    return Item(at, UUID(customer_id), contact_id, value, field, promise_id, cited)


def _token(row: Sequence[Any]) -> str:
    place = _Place(row[0], UUID(row[1]), *row[-3:])
    return base64.urlsafe_b64encode(_PLACE.dump_json(place)).decode().rstrip("=")


def _place(token: str) -> _Place:
    try:
        padded = token + "=" * (-len(token) % 4)
        return _PLACE.validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValidationError, ValueError):
        raise CursorInvalid from None
