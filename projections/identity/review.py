"""What waits for a person: events of which the rules cannot say whose they are.

An event leaves the list as soon as anything that it names leads to one customer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Literal, NamedTuple, get_args
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from domain.handles import Handle
from domain.identity.observation import Observation
from domain.sentences import sentence
from projections.identity.candidates import CANDIDATES_SHOWN_MAX, Candidate, known_by
from projections.identity.corrections import Load, observed
from projections.identity.queries import candidates
from projections.identity.rows import NodeOf

Reason = Literal["shared", "disputed", "violation", "unknown"]
REASONS: tuple[Reason, ...] = get_args(Reason)
MEANINGS: dict[Reason, str] = {
    "shared": "several customers share what it names",
    "disputed": "it names identifiers of different customers",
    "violation": "it names two values of one kind, which are never one person",
    "unknown": "nothing that it names has led to a customer yet",
}
LIMIT_MAX = 200

SELECT_OLDEST = """
SELECT DISTINCT position, reason FROM identity_waiting
WHERE reason = ANY(%(reasons)s) AND position > coalesce(%(after)s, 0)
ORDER BY position LIMIT %(limit)s
"""
SELECT_NEWEST = """
SELECT DISTINCT position, reason FROM identity_waiting
WHERE reason = ANY(%(reasons)s) AND position < coalesce(%(after)s, 9223372036854775807)
ORDER BY position DESC LIMIT %(limit)s
"""
SELECT_COUNTS = """
SELECT reason, count(DISTINCT position) FROM identity_waiting
WHERE reason = ANY(%s) GROUP BY reason
"""


@dataclass(frozen=True, slots=True)
class ReviewQuery:
    """Which of what waits is wanted; `after` is the position at which the page before ended."""

    reasons: tuple[Reason, ...] = REASONS
    newest_first: bool = False
    after: int | None = None
    limit: int = LIMIT_MAX


class Choice(NamedTuple):
    """What a person can decide so that the event finds its customer, or is known to have none."""

    decision: Literal["link", "merge", "reject"]
    one: Handle
    other: Handle


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that waits, why, what it names, who could be meant, and what can be decided."""

    position: int
    reason: Reason
    occurred_at: datetime
    type: str
    sentence: str
    named: tuple[Handle, ...]
    candidates: tuple[Candidate, ...]
    candidate_count: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """What waits, how much of it for each reason, and where the next page begins (None: nowhere).

    It rests on `position` of the log.
    """

    waiting: tuple[Waiting, ...]
    counts: Mapping[Reason, int]
    next: int | None
    position: int


class Reviewing:
    """Reads what waits in one moment of the views."""

    def __init__(self, cursor: Cursor, *, node_of: NodeOf, load: Load) -> None:
        self._cursor = cursor
        self._node_of = node_of
        self._load = load

    def page(self, query: ReviewQuery, *, head: int) -> ReviewPage:
        """Return one page of what waits at `head`."""
        limit = max(1, min(query.limit, LIMIT_MAX))
        statement = SELECT_NEWEST if query.newest_first else SELECT_OLDEST
        asked = {"reasons": list(query.reasons), "after": query.after, "limit": limit + 1}
        self._cursor.execute(statement, asked)
        found: list[tuple[int, Reason]] = self._cursor.fetchall()
        reasons = dict(found[:limit])
        events = {event.position: event for event in self._load(list(reasons))}
        seen = observed(self._cursor, list(events.values()), load=self._load)
        read = {one.position: one for one in seen}
        waiting = tuple(
            self._waiting(events[at], read[at], reason=reason)
            for at, reason in reasons.items()
            if at in events
        )
        return ReviewPage(waiting, self._counts(), _last(found, limit), head)

    def _waiting(self, event: Event, seen: Observation, *, reason: Reason) -> Waiting:
        meant, count = self._candidates(seen)
        return Waiting(
            event.position,
            reason,
            event.time,
            event.name,
            sentence(event),
            (*seen.anchors, *seen.attached, *seen.references),
            meant,
            count,
            tuple(_choices(seen, meant, reason=reason)),
        )

    def _candidates(self, seen: Observation) -> tuple[tuple[Candidate, ...], int]:
        """Return customers of what the event names, else of what it shares with several."""
        named = known_by(self._cursor, map(self._node_of, seen.anchors))
        found = {one.customer_id: one for one in named}
        beside: set[UUID] = set()
        for handle in seen.anchors:
            beside |= candidates(self._cursor, self._node_of(handle), handle=handle)
        chosen = sorted(beside - found.keys())[:CANDIDATES_SHOWN_MAX]
        known = {one.customer_id: one for one in known_by(self._cursor, chosen)} | found
        shown = sorted(known.values(), key=lambda one: one.known_by)[:CANDIDATES_SHOWN_MAX]
        return tuple(shown), len(beside | found.keys())

    def _counts(self) -> dict[Reason, int]:
        self._cursor.execute(SELECT_COUNTS, (list(REASONS),))
        return {**dict.fromkeys(REASONS, 0), **dict(self._cursor.fetchall())}


def _choices(
    seen: Observation, meant: Collection[Candidate], *, reason: Reason
) -> Iterator[Choice]:
    """Yield what can be decided about what an event names; about references alone, nothing."""
    match reason:
        case "shared":
            for handle in seen.anchors:
                for customer in meant:
                    yield Choice("link", handle, customer.known_by)
        case "disputed" | "violation":
            for one, other in combinations(seen.anchors, 2):
                yield Choice("merge", one, other)
                yield Choice("reject", one, other)
        case "unknown":
            return


def _last(found: Collection[tuple[int, Reason]], limit: int) -> int | None:
    return list(found)[limit - 1][0] if len(found) > limit else None
