"""The JSON of what is not a brief: timelines, promises, what waits; the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from domain.brief.promises import promise_json
from domain.brief.shape import stamp
from domain.handles import Handle
from projections.identity.review import ReviewPage, Waiting
from projections.parking import Parked
from projections.progress import ViewStatus
from projections.promises.queries import PromisePage
from projections.queries import Hits
from projections.search import Hit
from projections.timeline.pages import TimelinePage, TimelineRow

Json = dict[str, Any]


def hits_json(hits: Hits) -> Json:
    """Return what a search found, with its position."""
    return {"position": hits.position, "hits": [_hit(hit) for hit in hits.hits]}


def timeline_json(page: TimelinePage) -> Json:
    """Return a page of a timeline; `next` is the cursor of the page that follows, or null."""
    return {
        "customer_id": page.customer_id,
        "position": page.position,
        "incomplete_since": page.incomplete_since,
        "events": [event_json(row) for row in page.rows],
        "next": page.next,
    }


def event_json(row: TimelineRow) -> Json:
    """Return an event of a timeline, without what it does not have."""
    return {name: value for name, value in row._asdict().items() if value is not None}


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
                **promise_json(row.promise, row.state, as_of=page.as_of),
            }
            for row in page.rows
        ],
        "next": page.next,
    }


def review_json(page: ReviewPage) -> Json:
    """Return what waits for a person; `next` is the cursor of the page that follows, or null."""
    return {
        "position": page.position,
        "counts": page.counts,
        "waiting": [_waiting(one) for one in page.waiting],
        "next": page.next,
    }


def projections_json(views: Sequence[ViewStatus], parked: Sequence[Parked]) -> Json:
    """Return where each view stands, and which customers are parked and why."""
    return {
        "views": [{**asdict(view), "lag": view.lag} for view in views],
        "parked": [asdict(one) for one in parked],
    }


def _hit(hit: Hit) -> Json:
    by = None if hit.by is None else _handle(hit.by)
    return {"customer_id": hit.customer_id, "name": hit.name, "by": by}


def _waiting(one: Waiting) -> Json:
    return {
        "position": one.position,
        "reason": one.reason,
        "occurred_at": one.occurred_at,
        "type": one.type,
        "sentence": one.sentence,
        "named": [_handle(handle) for handle in one.named],
        "candidate_count": one.candidate_count,
        "candidates": [
            {"customer_id": who.customer_id, "known_by": _handle(who.known_by)}
            for who in one.candidates
        ],
        "choices": [
            {"decision": choice.decision, "a": str(choice.one), "b": str(choice.other)}
            for choice in one.choices
        ],
    }


def _handle(handle: Handle) -> Json:
    return {"type": handle.type, "value": handle.value, "issuer": handle.issuer or None}


def _event(row: TimelineRow) -> Json:
    return {name: value for name, value in row._asdict().items() if value is not None}
