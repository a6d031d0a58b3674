"""Parking: a customer whose events a view cannot take stops there, and everybody else goes on.

What is shown of a parked customer are the entries before the one that failed, whatever happens
later; nothing is skipped within a story. Many at once are a bug of ours, and nobody moves then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from projections.errors import ProjectionPaused
from projections.identity.queries import NAMED
from projections.page import Events
from projections.read_ahead import Unreadable
from projections.tables import read_sql

# One poisonous event in a thousand is a publisher's; more than that is a fault of the fold.
BURST_ENTRIES = 20_000
BURST_MAX = 20

LOG = "log"
"""Stands for the view where an entry could not even be read."""

COLUMNS = "customer_id::text, position, view, error, attempts, incomplete_since"
SELECT = f"SELECT {COLUMNS} FROM parked ORDER BY position, customer_id"  # noqa: S608 - a constant
SELECT_ONE = f"SELECT {COLUMNS} FROM parked WHERE customer_id = %s::uuid"  # noqa: S608 - a constant
PARKED = "SELECT position, incomplete_since FROM parked WHERE parked.customer_id = {customer}"
"""Part of a question: from which position on a customer is parked, and since when."""
SELECT_SINCE = """
SELECT customer_id::text, incomplete_since FROM parked WHERE customer_id = ANY(%s::uuid[])
"""
UPSERT = """
INSERT INTO parked (customer_id, position, view, error, attempts, incomplete_since, noticed_at)
VALUES (%s::uuid, %s, %s, %s, %s, %s, %s) ON CONFLICT (customer_id) DO UPDATE SET
    position = least(parked.position, excluded.position),
    view = excluded.view, error = excluded.error, attempts = parked.attempts + 1,
    incomplete_since = least(parked.incomplete_since, excluded.incomplete_since),
    noticed_at = excluded.noticed_at
"""
DELETE = """
DELETE FROM parked WHERE customer_id = ANY(%s::uuid[])
RETURNING customer_id::text, position, attempts, noticed_at
"""
INSERT_ENTRY = "INSERT INTO parked_entries VALUES (%s, %s::uuid, %s) ON CONFLICT DO NOTHING"
DELETE_ENTRIES = "DELETE FROM parked_entries WHERE stream_id = ANY(%s::uuid[])"
TAKE_ENTRIES = """
DELETE FROM parked_entries WHERE stream_id = %(customer)s::uuid OR stream_id IN (
    SELECT node_id FROM identity_nodes WHERE customer_id = %(customer)s::uuid
    UNION SELECT thing.node_id FROM identity_nodes AS thing
    JOIN identity_nodes AS owner ON owner.node_id = thing.owner_id
    WHERE owner.customer_id = %(customer)s::uuid)
RETURNING position
"""
# Whose an entry is that cannot be read: whom its stream leads to, or else the stream itself, which
# may be the customer that it will come to lead to.
OWED = f"""
SELECT entry.position, coalesce(named.customer_id, entry.stream_id) AS customer_id, entry.error
FROM parked_entries AS entry LEFT JOIN LATERAL ({NAMED.format(node="entry.stream_id")}) AS named
    ON NOT named.is_shared
"""  # noqa: S608 - a constant
# What of that nobody is parked for, of those whose it is now.
SELECT_ASTRAY = f"""
SELECT owed.customer_id::text, owed.position, owed.error,
    (SELECT recorded_at FROM log.entries WHERE entries.position = owed.position)
FROM ({OWED}) AS owed WHERE NOT EXISTS (
    SELECT FROM parked
    WHERE parked.customer_id = owed.customer_id AND parked.position <= owed.position)
"""  # noqa: S608 - constants
# Who is parked for an entry that cannot be read and is theirs no longer, or is folded anew anyway.
SELECT_LET_GO = f"""
SELECT customer_id::text FROM parked WHERE CASE view WHEN %(log)s
    THEN NOT EXISTS (
        SELECT FROM ({OWED}) AS owed
        WHERE owed.customer_id = parked.customer_id AND owed.position = parked.position)
    ELSE customer_id = ANY(%(anew)s::uuid[]) END
"""  # noqa: S608 - constants
# What is missing of a customer besides what one view cannot take: another's failure, and what
# cannot be read of these streams.
SELECT_FIRST_MISSING = """
SELECT position, since FROM (
    SELECT position, incomplete_since AS since FROM parked
    WHERE customer_id = %(customer)s::uuid AND view NOT IN (%(log)s, %(folded_by)s)
    UNION ALL
    SELECT position,
        (SELECT recorded_at FROM log.entries WHERE entries.position = parked_entries.position)
    FROM parked_entries WHERE stream_id = ANY(%(streams)s::uuid[])
) AS missing WHERE position <= %(known_at)s ORDER BY position LIMIT 1
"""
SELECT_HAS_UNREAD = "SELECT EXISTS (SELECT FROM parked_entries)"
COUNT_RECENT = "SELECT count(*) FROM parked WHERE noticed_at > %s AND noticed_at <= %s"


@dataclass(frozen=True, slots=True)
class Parked:
    """A customer who is parked, and why; `incomplete_since` is when the entry was recorded."""

    customer_id: UUID
    position: int
    view: str
    error: str
    attempts: int
    incomplete_since: datetime


class FoldFailed(Exception):
    """Customers that cannot be folded; of one, its cause is what the view raised."""

    def __init__(self, *parked: Parked) -> None:
        first = parked[0]
        super().__init__(f"{first.view} failed at position {first.position}")
        self.parked = parked

    @classmethod
    def at(cls, event: Event, error: Exception, *, customer_id: UUID, view: str) -> FoldFailed:
        """Make the failure of a view to take one event of a customer."""
        since = event.recorded_at or event.time
        return cls(Parked(customer_id, event.position, view, type(error).__name__, 1, since))


class Parking:
    """Who is parked, in memory and in the table `parked`."""

    name = "parking"

    def __init__(self) -> None:
        self.sql = read_sql("parking.sql")
        self._kept: dict[UUID, int] | None = None
        self._unread: bool | None = None
        self._fresh: dict[UUID, Parked] = {}
        # How often those failed who were let go, and where the failure of an entry was noticed.
        self._attempts: dict[UUID, int] = {}
        self._noticed: dict[int, int] = {}

    @property
    def fresh(self) -> set[UUID]:
        """Return who was parked since the last page that was written."""
        return set(self._fresh)

    def behind(self, position: int) -> set[UUID]:
        """Return those of them of whom more than the entries before they failed is shown."""
        return {one.customer_id for one in self._fresh.values() if one.position <= position}

    def begin(self) -> None:
        """Know of nobody who is to be parked: what that came out in was not written."""
        self._clear()

    def add(self, parked: Parked) -> None:
        """Park a customer from now on; `write` makes it durable with the page."""
        known = self._fresh.get(parked.customer_id)
        if known is None or parked.position < known.position:
            self._fresh[parked.customer_id] = parked

    def keep_entry(self, cursor: Cursor, one: Unreadable) -> None:
        """Note an entry that cannot be read, for whoever it belongs to, now and later."""
        stream_id = UUID(bytes=one.entry.stream)
        cursor.execute(INSERT_ENTRY, (one.entry.position, str(stream_id), one.error))
        self._unread = True

    def forget_entries(self, cursor: Cursor, streams: Collection[UUID]) -> None:
        """Wait for no entry of these streams any longer: nobody can ever read them."""
        if streams and self._has_unread(cursor):
            cursor.execute(DELETE_ENTRIES, ([str(stream_id) for stream_id in streams],))
            self._unread = None

    def take_entries(self, cursor: Cursor, customer_id: UUID) -> list[int]:
        """Return and forget the positions of a customer's entries that could not be read."""
        cursor.execute(TAKE_ENTRIES, {"customer": str(customer_id)})
        self._unread = None
        return sorted(position for (position,) in cursor.fetchall())

    def let_go(self, cursor: Cursor, anew: Collection[UUID]) -> frozenset[UUID]:
        """Park no longer whom an entry that cannot be read has left, nor who is folded anew.

        They are returned: what a view could not take may be another's by now, or fail no longer.
        """
        if not self._limits(cursor):
            return frozenset()
        parameters = {"log": LOG, "anew": [str(customer_id) for customer_id in anew]}
        cursor.execute(SELECT_LET_GO, parameters)
        found = frozenset(UUID(customer_id) for (customer_id,) in cursor.fetchall())
        self.release(cursor, found)
        return found

    def follow_entries(self, cursor: Cursor) -> frozenset[UUID]:
        """Park whoever an entry that cannot be read belongs to now, and did not before.

        What is shown of them ends before it from now on: they are returned, to be folded anew.
        """
        if not self._has_unread(cursor):
            return frozenset()
        cursor.execute(SELECT_ASTRAY)
        found = [
            Parked(UUID(customer_id), position, LOG, error, 1, since)
            for customer_id, position, error, since in cursor.fetchall()
        ]
        for parked in found:
            self.add(parked)
        return frozenset(parked.customer_id for parked in found)

    def write(self, cursor: Cursor, position: int) -> None:
        """Write who was parked since the last page that was written.

        Raises:
            ProjectionPaused: it would be too many for anything but a bug.
        """
        if self._fresh:
            self._write(cursor, self._sorted(), position=position)

    def _write(self, cursor: Cursor, parked: Sequence[Parked], *, position: int) -> None:
        for one in parked:
            attempts = self._attempts.get(one.customer_id, 0) + 1
            values = (one.position, one.view, one.error, attempts, one.incomplete_since)
            # What fails of another now than before is no new failure.
            noticed_at = self._noticed.get(one.position, position)
            cursor.execute(UPSERT, (str(one.customer_id), *values, noticed_at))
        cursor.execute(COUNT_RECENT, (position - BURST_ENTRIES, position))
        (number,) = cursor.fetchone() or (0,)
        if number > BURST_MAX:
            newest = parked[-1]
            # Another version may find that nobody fails.
            self._fresh.clear()
            raise ProjectionPaused(
                number=number, position=newest.position, view=newest.view, error=newest.error
            )
        self._kept = None

    def write_where_failed(self, cursor: Cursor) -> None:
        """Write the same where customers are not folded in the log's order, but each whole.

        Raises:
            ProjectionPaused: too many of them failed at entries close together.
        """
        for one in self._sorted():
            self._write(cursor, [one], position=one.position)

    def written(self) -> None:
        """Note that the transaction of `write` was committed."""
        self._clear()

    def allowed(self, cursor: Cursor, by_customer: Mapping[UUID, Events]) -> dict[UUID, Events]:
        """Return the events of each customer that come before where the customer is parked."""
        limits = dict(self._limits(cursor))
        for one in self._fresh.values():
            limits[one.customer_id] = min(one.position, limits.get(one.customer_id, one.position))
        allowed = dict(by_customer)
        for customer_id in limits.keys() & allowed.keys():
            limit = limits[customer_id]
            allowed[customer_id] = [e for e in allowed[customer_id] if e.position < limit]
        return allowed

    def _clear(self) -> None:
        self._fresh.clear()
        self._attempts.clear()
        self._noticed.clear()

    def _limits(self, cursor: Cursor) -> Mapping[UUID, int]:
        if self._kept is None:
            cursor.execute(SELECT)
            self._kept = {UUID(row[0]): row[1] for row in cursor.fetchall()}
        return self._kept

    def _sorted(self) -> list[Parked]:
        """Return who was parked of late by position: whoever else writes does so in this order."""
        return sorted(self._fresh.values(), key=lambda one: (one.position, one.customer_id))

    def _has_unread(self, cursor: Cursor) -> bool:
        """Say whether there are entries that cannot be read: they may be nobody's for a while."""
        if self._unread is None:
            cursor.execute(SELECT_HAS_UNREAD)
            self._unread = cursor.fetchone() == (True,)
        return self._unread

    def release(self, cursor: Cursor, customers: Iterable[UUID]) -> None:
        """Park these customers no longer; their entries are to be folded anew."""
        released = [str(customer_id) for customer_id in customers]
        if released:
            cursor.execute(DELETE, (released,))
            for customer_id, position, attempts, noticed_at in cursor.fetchall():
                self._attempts[UUID(customer_id)] = attempts
                self._noticed[position] = noticed_at
            self._kept = None

    def forget(self) -> None:
        """Drop what is remembered of the tables: a transaction did not commit."""
        self._kept = self._unread = None


def parked_customers(cursor: Cursor) -> list[Parked]:
    """Return everybody who is parked, by the position of the entry that failed."""
    cursor.execute(SELECT)
    return [Parked(UUID(row[0]), *row[1:]) for row in cursor.fetchall()]


def parked_at(cursor: Cursor, customer_id: UUID | None) -> Parked | None:
    """Return where and why a customer is parked, or None."""
    if customer_id is None:
        return None
    cursor.execute(SELECT_ONE, (str(customer_id),))
    row = cursor.fetchone()
    return None if row is None else Parked(UUID(row[0]), *row[1:])


def first_missing(
    cursor: Cursor,
    customer_id: UUID | None,
    *,
    streams: Iterable[UUID],
    known_at: int,
    folded_by: str,
) -> tuple[int, datetime] | None:
    """Return the first entry that is missing of a customer as known at a position, or None.

    It is one that cannot be read, of the streams that led to them then, or one that a view other
    than `folded_by` parked them for; with it comes when it was recorded.
    """
    parameters = {
        "customer": None if customer_id is None else str(customer_id),
        "streams": [str(stream_id) for stream_id in streams],
        "known_at": known_at,
        "folded_by": folded_by,
        "log": LOG,
    }
    cursor.execute(SELECT_FIRST_MISSING, parameters)
    row = cursor.fetchone()
    return None if row is None else (row[0], row[1])


def incomplete_since(cursor: Cursor, customers: Iterable[UUID]) -> dict[UUID, datetime]:
    """Return since when what is shown of them is incomplete, of those customers who are parked."""
    cursor.execute(SELECT_SINCE, ([str(customer_id) for customer_id in customers],))
    return {UUID(customer_id): since for customer_id, since in cursor.fetchall()}
