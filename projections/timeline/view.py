"""The timeline view: one row for each event of a customer, for dashboards in plain SQL.

A late event takes its place in the past and says that it is late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from struct import Struct
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.event import Event, OrderKey, order_key
from domain.events import EventData
from domain.sentences import sentence
from eventlog.entry import to_microseconds
from projections.binary_rows import copy_rows, field, jsonb, text, word
from projections.page import Events, Page
from projections.parking import FoldFailed
from projections.recent import Recent
from projections.tables import read_sql
from projections.writing import execute_later

# About 400 bytes each.
NEWEST_REMEMBERED_MAX = 40_000
MOMENTS_REMEMBERED_MAX = 100

DELETE = "DELETE FROM timeline WHERE customer_id = ANY(%s::uuid[])"
COPY = """
COPY timeline (customer_id, occurred_at, sequence_rank, position, recorded_at, is_late, source,
    sequence, event_id, type, channel, direction, contact_id, issue_id, order_id, delivery_id,
    promise_id, visit_id, visibility, sentence, data) FROM STDIN (FORMAT binary)
"""
# The number of columns, then the first six with their lengths: what has one size goes in at once.
_FIXED = Struct(">h i16s iq ii iq iq i?")
_COLUMNS = 21
_1970_US = to_microseconds(datetime(1970, 1, 1, tzinfo=UTC))
SELECT_NEWEST = """
SELECT uuid_send(wanted.customer_id), (extract(epoch FROM newest.occurred_at) * 1000000)::bigint,
    newest.source, newest.sequence_rank, newest.sequence, newest.position
FROM unnest(%s::uuid[]) AS wanted (customer_id) CROSS JOIN LATERAL (
    SELECT * FROM timeline WHERE timeline.customer_id = wanted.customer_id
    ORDER BY customer_id DESC, occurred_at DESC, source DESC, sequence_rank DESC, sequence DESC,
        position DESC
    LIMIT 1) AS newest
"""


class TimelineView:
    """Writes the table `timeline`."""

    name = "timeline"

    def __init__(self) -> None:
        self.sql = read_sql("timeline/tables.sql")
        self._newest: Recent[OrderKey] = Recent(NEWEST_REMEMBERED_MAX)

    def needs_history(self, page: Page, cursor: Cursor) -> set[UUID]:
        """Ask for nobody: a late event is one more row. Learn whose newest it comes after."""
        self._learn_newest(page.fresh, cursor)
        return set()

    def apply(self, page: Page, cursor: Cursor) -> None:
        """Write the rows of new events, and all rows of customers to fold anew."""
        removed = [*page.replaced, *page.gone]
        if removed and not page.is_first:
            execute_later(
                cursor, DELETE, parameters=([str(customer_id) for customer_id in removed],)
            )
        self._newest.forget(removed)
        copy_rows(cursor, COPY, rows=self._rows({**page.fresh, **page.replaced}))
        self._newest.trim()

    def forget(self) -> None:
        """Drop what is remembered between pages."""
        self._newest.clear()

    def _learn_newest(self, customers: Iterable[UUID], cursor: Cursor) -> None:
        wanted = [str(customer) for customer in customers if self._newest.get(customer) is None]
        if wanted:
            cursor.execute(SELECT_NEWEST, (wanted,))
            for customer, *key in cursor.fetchall():
                self._newest.put(UUID(bytes=bytes(customer)), (*key, ""))

    def _rows(self, changed: Mapping[UUID, Events]) -> Iterator[bytes]:
        for customer_id, events in changed.items():
            customer = customer_id.bytes
            keys = [order_key(event) for event in events]
            newest = self._newest.get(customer_id)
            late = late_positions(keys, newest)
            for event, key in zip(events, keys, strict=True):
                try:
                    yield _row(customer, event, key=key, is_late=key[4] in late)
                except Exception as error:
                    name = self.name
                    raise FoldFailed.at(event, error, customer_id=customer_id, view=name) from error
            if keys:
                self._newest.put(customer_id, max(keys[-1], newest or keys[-1]))


def late_positions(keys: Sequence[OrderKey], newest: OrderKey | None) -> set[int]:
    """Return the positions recorded after a later-timed event; `keys` are sorted.

    `newest` is the key of the latest event among those recorded before.
    """
    if newest is None and len(keys) == 1:
        return set()
    late = set()
    for key in sorted(keys, key=_position):
        if newest is not None and key < newest:
            late.add(_position(key))
        else:
            newest = key
    return late


def stated(data: EventData) -> bytes:
    """Return what an event states as JSON, values in their normal form."""
    return data.__pydantic_serializer__.to_json(
        data, by_alias=True, exclude_unset=True, exclude_none=True
    )


def _position(key: OrderKey) -> int:
    return key[4]


def _row(customer: bytes, event: Event, *, key: OrderKey, is_late: bool) -> bytes:
    data = event.data
    # Asking a model for a member that its type does not have costs more than all the others.
    members = data.__dict__
    time_us, _, rank, sequence, position, _ = key
    # What is kept has its time of recording.
    recorded_us = _microseconds(event.recorded_at or event.time)
    occurred_us = time_us + _1970_US
    return b"".join(
        (
            _FIXED.pack(
                *(_COLUMNS, 16, customer, 8, occurred_us, 4, rank, 8, position),
                *(8, recorded_us, 1, is_late),
            ),
            word(event.source),
            word(sequence),
            text(event.id),
            word(data.TOPIC),
            word(members.get("channel")),
            word(members.get("direction")),
            text(data.contact_id),
            text(data.issue_id),
            text(data.order_id),
            text(data.delivery_id),
            text(data.promise_id),
            text(data.visit_id),
            word(data.shown_to),
            text(sentence(event)),
            field(jsonb(stated(data))),
        )
    )


# Whole batches were recorded at one moment.
_microseconds = lru_cache(maxsize=MOMENTS_REMEMBERED_MAX)(to_microseconds)
