"""What came into the timelines since a position, for those who listen.

Promise: read on from where an answer ends, every entry of a customer comes once, in the order of
the log, and whoever's past changed meanwhile is named; nothing is told that a reader cannot find.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database
from eventlog.read import READER, SELECT_HEAD
from projections.identity.queries import look_up
from projections.refolds import EVERYBODY
from projections.slots import LIVE
from projections.timeline.pages import TimelineRow
from projections.timeline.view import TimelineView
from projections.tracking import GENERATION, ONE_MOMENT

# Small enough that one answer is a few milliseconds' work, for us and for whoever is told of it.
POSITIONS_MAX = 500
# Whoever missed more than this reads the timeline again sooner than it is told all of it.
MISSED_MAX = 1_000

SELECT_STAND = """
SELECT coalesce((SELECT position FROM log.tracking WHERE name = %s), 0),
    coalesce((SELECT max(number) FROM live.refolds), 0),
    coalesce((SELECT position FROM log.tracking WHERE name = %s), 0)
"""
SELECT_ENTRIES = """
SELECT customer_id::text, ARRAY(
        SELECT other.customer_id::text FROM timeline AS other
        WHERE other.position = mine.position AND other.customer_id <> mine.customer_id
        ORDER BY 1),
    occurred_at, recorded_at, position, source, event_id, type, channel, direction, contact_id,
    issue_id, order_id, delivery_id, promise_id, visit_id, visibility, is_late, sentence, data
FROM timeline AS mine
WHERE position > %(after)s AND position <= %(until)s
    AND (%(customers)s::uuid[] IS NULL OR customer_id = ANY(%(customers)s::uuid[]))
ORDER BY position, customer_id LIMIT %(limit)s
"""
# Of everybody at once, whoever listens learns by the generation.
SELECT_REFOLDED = """
SELECT customer_id::text FROM live.refolds
WHERE number > %s AND number <= %s AND customer_id <> %s::uuid
"""
SELECT_REFOLD = """
SELECT customer_id::text, position FROM live.refolds
WHERE customer_id IN (%s::uuid, %s::uuid)
"""
# Positions never fall as numbers rise, so the newest are all that can come after a position.
SELECT_NEWEST_REFOLDS = """
SELECT customer_id::text, position FROM live.refolds ORDER BY number DESC LIMIT %s
"""


class Stand(NamedTuple):
    """How far somebody has been told: all entries up to a position, all refolds up to a number.

    Tables of another generation may tell another past.
    """

    position: int
    refolds: int
    generation: int

    def is_after(self, other: Stand) -> bool:
        """Say whether there is something to tell to whoever was told up to another stand."""
        return self.position > other.position or self.refolds > other.refolds


class Asked(NamedTuple):
    """Which entries are wanted: after a position up to another, of these customers or of all."""

    after: int
    until: int
    customers: Collection[UUID] | None
    limit: int | None = None


class LiveEntry(NamedTuple):
    """An entry of a customer's timeline; `others` are further customers that it belongs to."""

    customer_id: UUID
    others: tuple[UUID, ...]
    row: TimelineRow


@dataclass(frozen=True, slots=True)
class Changes:
    """What to tell next; whoever was `refolded` has to read again, as of `read_again_at`.

    Nothing of it counts where it is of another generation than what was told before.
    """

    stand: Stand
    entries: list[LiveEntry]
    refolded: frozenset[UUID]
    read_again_at: int


class Missed(NamedTuple):
    """What somebody was not told; to listeners of all, who was folded anew meanwhile."""

    entries: list[LiveEntry]
    refolded: list[UUID]


class ReadAgain(NamedTuple):
    """In the place of what was missed: what is read from now on includes all up to a position."""

    position: int


class LiveReader:
    """Reads what is new, over a connection of its own; one thread at a time uses it."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, role=READER, search_path="views")

    def stand(self) -> Stand:
        """Return where the views stand."""
        with self._database.transaction() as cursor:
            return _stand(cursor)

    def head(self) -> int:
        """Return the newest position of the log."""
        with self._database.transaction() as cursor:
            cursor.execute(SELECT_HEAD)
            position, *_ = cursor.fetchone() or (0,)
        return int(position)

    def changes(self, since: Stand, customers: Collection[UUID] | None) -> Changes:
        """Return what to tell next, of these customers or of all (None)."""
        with self._database.transaction() as cursor:
            cursor.execute(ONE_MOMENT)
            now = _stand(cursor)
            # Views that were made anew may stand further back for a while.
            until = max(since.position, min(now.position, since.position + POSITIONS_MAX))
            entries = _entries(cursor, Asked(since.position, until, customers))
            refolded: frozenset[UUID] = frozenset()
            if now.refolds != since.refolds:
                cursor.execute(SELECT_REFOLDED, (since.refolds, now.refolds, str(EVERYBODY)))
                refolded = frozenset(UUID(customer_id) for (customer_id,) in cursor.fetchall())
        stand = Stand(until, now.refolds, now.generation)
        return Changes(stand, entries, refolded, now.position)

    def missed(self, after: int, until: int, *, customer: UUID | None) -> Missed | ReadAgain:
        """Return what was not told after a position, to listeners of one customer or of all.

        They read again where it is too much to tell, or where the customer's past may have changed
        since: at the position itself it did so before or after it was told, which nobody knows.
        """
        with self._database.transaction() as cursor:
            cursor.execute(ONE_MOMENT)
            again = ReadAgain(_stand(cursor).position)
            refolded = _refolded(cursor, after, customer=customer)
            if EVERYBODY in refolded or len(refolded) > (MISSED_MAX if customer is None else 0):
                return again
            asked = Asked(after, until, None if customer is None else [customer], MISSED_MAX + 1)
            entries = _entries(cursor, asked)
        return Missed(entries, refolded) if len(entries) <= MISSED_MAX else again

    def customer_now(self, customer_id: UUID) -> UUID | None:
        """Return the id under which a customer is known now; None for nobody."""
        with self._database.transaction() as cursor:
            return look_up(cursor, customer_id).customer_id

    def close(self) -> None:
        """Close the connection."""
        self._database.close()


def _stand(cursor: Cursor) -> Stand:
    cursor.execute(SELECT_STAND, (TimelineView.name, LIVE.named(GENERATION)))
    return Stand(*(cursor.fetchone() or (0, 0, 0)))


def _refolded(cursor: Cursor, after: int, *, customer: UUID | None) -> list[UUID]:
    """Return who was folded anew at a position or after it, of all or only this customer."""
    if customer is None:
        cursor.execute(SELECT_NEWEST_REFOLDS, (MISSED_MAX + 1,))
    else:
        cursor.execute(SELECT_REFOLD, (str(customer), str(EVERYBODY)))
    return [UUID(found) for found, position in reversed(cursor.fetchall()) if position >= after]


def _entries(cursor: Cursor, asked: Asked) -> list[LiveEntry]:
    chosen = None if asked.customers is None else [str(one) for one in asked.customers]
    cursor.execute(SELECT_ENTRIES, {**asked._asdict(), "customers": chosen})
    return [
        LiveEntry(UUID(customer), tuple(map(UUID, others)), TimelineRow(*row))
        for customer, others, *row in cursor.fetchall()
    ]
