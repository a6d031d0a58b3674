"""A customer's events in the order in which they became known, for whoever replays them one by one.

One event is read at a time, however long the story; the order is that of the log.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from projections.timeline.pages import TimelineQuery, TimelineRow, read_timeline

SELECT_STEP = """
WITH recorded AS (
    SELECT source, event_id,
        row_number() OVER (ORDER BY position) AS step, count(*) OVER () AS steps
    FROM timeline WHERE customer_id = %(customer_id)s::uuid AND position <= %(known_at)s
)
SELECT step, steps, source, event_id FROM recorded
WHERE step = least(coalesce(%(step)s::bigint, steps), steps)
"""


class Recorded(NamedTuple):
    """An event of a customer, its place in the order in which they became known, and their number.

    `incomplete_since`: the customer is parked, and what was recorded from then on is missing.
    """

    step: int
    steps: int
    row: TimelineRow
    incomplete_since: datetime | None = None


def read_recorded(
    cursor: Cursor, customer_id: UUID, *, step: int | None, known_at: int
) -> Recorded | None:
    """Return the event at a step from 1 on, or the last one; None where there are no events."""
    cursor.execute(
        SELECT_STEP, {"customer_id": str(customer_id), "known_at": known_at, "step": step}
    )
    found = cursor.fetchone()
    if found is None:
        return None
    at, steps, *name = found
    query = TimelineQuery(customer_id, named=((name[0], name[1]),), limit=1)
    (row,) = read_timeline(cursor, query, head=known_at).rows
    return Recorded(at, steps, row)
