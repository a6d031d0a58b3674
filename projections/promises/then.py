"""Promises at a moment after which events were corrected: folded as these events read then.

Promise: whoever was corrected since, so that their promises may have stood otherwise, is folded
from the log as for a brief of that moment; of everybody else the rows of the view are right.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from domain.story.promises import Promise
from projections.story import calendars
from projections.story.moments import as_far_as_it_goes

Load = Callable[[Collection[int]], list[Event]]

# Their histories are held in memory together.
CUSTOMERS_AT_ONCE = 100

# A correction of what happened later still changes nothing of that moment, unless it is about
# another correction.
SELECT_CORRECTED = """
SELECT DISTINCT said.customer_id::text FROM timeline AS said
WHERE said.type LIKE 'toldonce.event.%%' AND said.occurred_at > %(as_of)s
    AND (%(customer_id)s::uuid IS NULL OR said.customer_id = %(customer_id)s::uuid)
    AND EXISTS (
        SELECT FROM timeline AS promised
        WHERE promised.customer_id = said.customer_id AND promised.occurred_at <= %(as_of)s
            AND promised.promise_id IS NOT NULL)
    AND NOT EXISTS (
        SELECT FROM timeline AS about
        WHERE about.customer_id = said.customer_id AND about.occurred_at > %(as_of)s
            AND about.source = said.data #>> '{corrects,source}'
            AND about.event_id = said.data #>> '{corrects,id}'
            AND about.type NOT LIKE 'toldonce.event.%%')
"""
SELECT_HAPPENED = """
SELECT customer_id::text, array_agg(position) FROM timeline
WHERE customer_id = ANY(%(customers)s::uuid[]) AND occurred_at <= %(as_of)s GROUP BY customer_id
"""


class Then(NamedTuple):
    """A promise of a customer as it stood at a moment, by what was said until then."""

    customer_id: UUID
    promise: Promise


def corrected_since(cursor: Cursor, as_of: datetime, *, customer_id: UUID | None) -> list[UUID]:
    """Return whose promises may have read otherwise at a moment, of all or of one customer."""
    only = None if customer_id is None else str(customer_id)
    cursor.execute(SELECT_CORRECTED, {"as_of": as_of, "customer_id": only})
    return [UUID(found) for (found,) in cursor.fetchall()]


def promises_then(
    cursor: Cursor, customers: Sequence[UUID], *, as_of: datetime, head: int, load: Load
) -> Iterator[Then]:
    """Yield the promises of customers as they stood at a moment."""
    for begin in range(0, len(customers), CUSTOMERS_AT_ONCE):
        some = [str(one) for one in customers[begin : begin + CUSTOMERS_AT_ONCE]]
        cursor.execute(SELECT_HAPPENED, {"customers": some, "as_of": as_of})
        for customer_id, positions in cursor.fetchall():
            events = load(positions)
            definitions = calendars.read_definitions(cursor, events, known_at=head)
            story, _ = as_far_as_it_goes(events, definitions, as_of=as_of)
            for promise in story.promises.by_id.values():
                yield Then(UUID(customer_id), promise)
