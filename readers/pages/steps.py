"""From one moment of a customer's story to the one before it and the one after: replay by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from projections.queries import Views
from projections.timeline.pages import TimelineQuery, TimelineRow


class Steps(NamedTuple):
    """The last event before a moment and the first one after it, where there are such."""

    before: TimelineRow | None
    after: TimelineRow | None


def read_steps(views: Views, customer_id: UUID | None, *, as_of: datetime) -> Steps:
    """Return the events next to a moment, by all that is known of the customer now."""
    earlier = TimelineQuery(customer_id, until=as_of, newest_first=True, limit=1)
    later = TimelineQuery(customer_id, since=as_of + timedelta.resolution, limit=1)
    return Steps(*(next(iter(views.timeline(query).rows), None) for query in (earlier, later)))
