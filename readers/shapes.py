"""The JSON of what is not a brief: timelines, promises and search results, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from domain.brief.promises import promise_json
from domain.brief.shape import stamp
from projections.parking import Parked
from projections.progress import ViewStatus
from projections.promise_queries import PromisePage
from projections.queries import Hits
from projections.search import Hit
from projections.timeline_pages import TimelinePage, TimelineRow

Json = dict[str, Any]


def hits_json(hits: Hits) -> Json:
    """Return what a search found, with its position."""
    return {"position": hits.position, "hits": [_hit(hit) for hit in hits.hits]}


def timeline_json(customer_id: UUID | None, page: TimelinePage) -> Json:
    """Return a page of a timeline; `next` is the cursor of the page that follows, or null."""
    return {
        "customer_id": customer_id,
        "position": page.position,
        "incomplete_since": page.incomplete_since,
        "events": [_event(row) for row in page.rows],
        "next": page.next,
    }


def promises_json(page: PromisePage) -> Json:
    """Return a page of promises of all customers, each as it stands in its customer's brief."""
    return {
        "position": page.position,
        "as_of": stamp(page.as_of),
        "promises": [
            {
                "customer_id": row.customer_id,
                "name": row.name,
                "incomplete_since": row.incomplete_since,
                **promise_json(row.promise, page.as_of),
            }
            for row in page.rows
        ],
        "next": page.next,
    }


def projections_json(views: Sequence[ViewStatus], parked: Sequence[Parked]) -> Json:
    """Return where each view stands, and which customers are parked and why."""
    return {
        "views": [{**asdict(view), "lag": view.lag} for view in views],
        "parked": [asdict(one) for one in parked],
    }


def _hit(hit: Hit) -> Json:
    by = None
    if hit.by is not None:
        issuer = hit.by.issuer or None
        by = {"type": hit.by.type, "value": hit.by.value, "issuer": issuer}
    return {"customer_id": hit.customer_id, "name": hit.name, "by": by}


def _event(row: TimelineRow) -> Json:
    return {name: value for name, value in row._asdict().items() if value is not None}
