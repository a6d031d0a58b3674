"""Lists of promises over all customers, the most pressing first, by keyset.

Promise: a list of a moment says what the fold of what had happened and been corrected by then says,
and goes on from page to page without skipping or repeating.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from domain.brief.promises import STATES
from domain.story.cite import Cite
from domain.story.promises import Promise, state_at
from projections.errors import CursorInvalid
from projections.parking import incomplete_since
from projections.promises.then import Load, Then, corrected_since, promises_then
from projections.story.names import names_of

LIMIT_MAX = 200
PRESSING = ("broken", "due_soon", "open")
"""What is still owed: what a list holds unless other states are asked for."""

# A promise that changed since the moment is shown as it stood: `earlier` has how, up to when.
_AT_MOMENT = """
    SELECT customer_id, promise_id, what, made_by, made_at, due_at, fulfilled_at, was_overdue,
        settled_as, settled_at, superseded_by, refs, evidence
    FROM promises WHERE changed_at <= %(as_of)s
    UNION ALL
    SELECT customer_id, promise_id, CASE WHEN made_at <= %(as_of)s THEN what END,
        CASE WHEN made_at <= %(as_of)s THEN made_by END,
        CASE WHEN made_at <= %(as_of)s THEN made_at END,
        CASE WHEN was.until IS NULL THEN promises.due_at ELSE was.due_at END,
        CASE WHEN fulfilled_at <= %(as_of)s THEN fulfilled_at END,
        CASE WHEN was.until IS NULL THEN promises.was_overdue ELSE was.was_overdue END,
        CASE WHEN was.until IS NULL THEN promises.settled_as ELSE was.settled_as END,
        CASE WHEN was.until IS NULL THEN promises.settled_at ELSE was.settled_at END,
        superseded_by, refs, evidence
    FROM promises LEFT JOIN LATERAL (
        SELECT * FROM jsonb_to_recordset(earlier) AS standing (until timestamptz,
            due_at timestamptz, was_overdue boolean, settled_as text, settled_at timestamptz)
        WHERE until > %(as_of)s LIMIT 1) AS was ON true
    WHERE changed_at > %(as_of)s AND first_at <= %(as_of)s
"""
_OWED = "fulfilled_at IS NULL AND settled_as IS NULL"
_LATE = "(was_overdue OR coalesce(fulfilled_at > due_at, false))"
_DUE = "coalesce(due_at, 'infinity')"
_SOON = "%(as_of)s::timestamptz + interval '24 hours'"
CONDITIONS = {
    "broken": f"{_OWED} AND {_DUE} <= %(as_of)s",
    "refused": "fulfilled_at IS NULL AND settled_as = 'refused'",
    "due_soon": f"{_OWED} AND {_DUE} > %(as_of)s AND {_DUE} <= {_SOON}",
    "open": f"{_OWED} AND {_DUE} > {_SOON}",
    "kept_late": f"fulfilled_at IS NOT NULL AND {_LATE}",
    "kept": f"fulfilled_at IS NOT NULL AND NOT {_LATE}",
    "superseded": "fulfilled_at IS NULL AND settled_as = 'superseded'",
    "waived": "fulfilled_at IS NULL AND settled_as = 'waived'",
}
"""When a promise is in each state, in the words of SQL: the same as `state_at`."""
SELECT = {
    state: f"""
SELECT customer_id::text, promise_id, what, made_by, made_at, due_at, fulfilled_at, was_overdue,
    settled_as, settled_at, superseded_by, refs, evidence
FROM ({_AT_MOMENT}) AS promise
WHERE {condition}
    AND (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s::uuid)
    AND customer_id <> ALL (%(corrected)s::uuid[])
    AND (%(after_promise_id)s::text IS NULL
        OR ({_DUE}, promise_id, customer_id)
        > (coalesce(%(after_due_at)s::timestamptz, 'infinity'), %(after_promise_id)s,
            %(after_customer_id)s::uuid))
ORDER BY {_DUE}, promise_id, promise.customer_id LIMIT %(limit)s
"""  # noqa: S608 - constants above
    for state, condition in CONDITIONS.items()
}


_STANDING = (
    "promise_id",
    "what",
    "made_by",
    "made_at",
    "due_at",
    "fulfilled_at",
    "was_overdue",
    "settled_as",
    "settled_at",
    "superseded_by",
)


@dataclass(frozen=True, slots=True)
class PromiseQuery:
    """Which promises are wanted, at a moment of the world's clock.

    `after` is the token that came with the page before; it holds the moment of the first page.
    """

    as_of: datetime
    states: tuple[str, ...] = PRESSING
    customer_id: UUID | None = None
    after: str | None = None
    limit: int = LIMIT_MAX


class PromiseRow(NamedTuple):
    """A promise with its customer, as it stands at the moment of its page.

    `incomplete_since` is since when events of the customer are missing, where any are.
    """

    customer_id: UUID
    state: str
    promise: Promise
    name: str | None = None
    incomplete_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PromisePage:
    """Promises of a moment, the token of the next page, and the position that they rest on."""

    rows: tuple[PromiseRow, ...]
    as_of: datetime
    next: str | None
    position: int


_Text = Annotated[str, Field(max_length=256, pattern=r"^[^\x00]*$")]


class _Place(NamedTuple):
    as_of: AwareDatetime
    rank: Annotated[int, Field(ge=0, lt=len(STATES))] = 0
    due_at: AwareDatetime | None = None
    promise_id: _Text | None = None
    customer_id: UUID | None = None


_PLACE = TypeAdapter(_Place)
_NEVER = datetime.max.replace(tzinfo=UTC)


def read_promises(cursor: Cursor, query: PromiseQuery, *, head: int, load: Load) -> PromisePage:
    """Return one page of promises, state by state, each by its due time.

    Raises:
        CursorInvalid: `query.after` is not a token of ours.
    """
    limit = max(1, min(query.limit, LIMIT_MAX))
    place = _place(query.after) if query.after else _Place(query.as_of)
    customers = corrected_since(cursor, place.as_of, customer_id=query.customer_id)
    then = list(promises_then(cursor, customers, as_of=place.as_of, head=head, load=load))
    found: list[PromiseRow] = []
    for rank in range(place.rank, len(STATES)):
        if STATES[rank] in query.states and len(found) <= limit:
            begin = place if rank == place.rank else _Place(place.as_of)
            parameters = _parameters(query, begin, limit=limit + 1 - len(found))
            parameters["corrected"] = [str(customer_id) for customer_id in customers]
            rows = _read(cursor, STATES[rank], parameters=parameters)
            found += sorted([*rows, *_of_state(STATES[rank], then, after=begin)], key=_due)
    rows = found[:limit]
    token = _token(rows[-1], place.as_of) if len(found) > limit else None
    return PromisePage(_with_customers(cursor, rows), place.as_of, token, head)


def _of_state(state: str, then: list[Then], *, after: _Place) -> list[PromiseRow]:
    """Return the promises that stood in a state, after a after."""
    rows = [
        PromiseRow(customer_id, state, promise)
        for customer_id, promise in then
        if state_at(promise, after.as_of) == state
    ]
    if after.promise_id is None:
        return rows
    begin = after.due_at or _NEVER, after.promise_id, str(after.customer_id)
    return [row for row in rows if _due(row) > begin]


def _due(row: PromiseRow) -> tuple[datetime, str, str]:
    promise = row.promise
    return promise.due_at or _NEVER, promise.promise_id, str(row.customer_id)


def _parameters(query: PromiseQuery, place: _Place, *, limit: int) -> dict[str, object]:
    return {
        "as_of": place.as_of,
        "customer_id": _text(query.customer_id),
        "after_due_at": place.due_at,
        "after_promise_id": place.promise_id,
        "after_customer_id": _text(place.customer_id),
        "limit": limit,
    }


def _read(cursor: Cursor, state: str, *, parameters: dict[str, Any]) -> list[PromiseRow]:
    cursor.execute(SELECT[state], parameters)
    return [
        PromiseRow(UUID(row[0]), state, _promise(row[1:], as_of=parameters["as_of"]))
        for row in cursor.fetchall()
    ]


def _with_customers(cursor: Cursor, rows: list[PromiseRow]) -> tuple[PromiseRow, ...]:
    customers = {row.customer_id for row in rows}
    names, since = names_of(cursor, customers), incomplete_since(cursor, customers)
    return tuple(
        row._replace(name=names.get(row.customer_id), incomplete_since=since.get(row.customer_id))
        for row in rows
    )


def _promise(row: Collection[Any], *, as_of: datetime) -> Promise:
    *standing, refs, evidence = row
    cites = [Cite(datetime.fromisoformat(at), source, name) for at, source, name in evidence]
    return Promise(
        **dict(zip(_STANDING, standing, strict=True)),
        refs=refs,
        cites=[cite for cite in cites if cite.at <= as_of],
    )


def _token(last: PromiseRow, as_of: datetime) -> str:
    promise = last.promise
    rank = STATES.index(last.state)
    place = _Place(as_of, rank, promise.due_at, promise.promise_id, last.customer_id)
    return base64.urlsafe_b64encode(_PLACE.dump_json(place)).decode().rstrip("=")


def _place(token: str) -> _Place:
    try:
        padded = token + "=" * (-len(token) % 4)
        place = _PLACE.validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValidationError, ValueError):
        raise CursorInvalid from None
    return place._replace(as_of=place.as_of.astimezone(UTC))


def _text(customer_id: UUID | None) -> str | None:
    return None if customer_id is None else str(customer_id)
