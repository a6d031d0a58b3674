"""The JSON of what is not a brief: timelines, search results, what waits; the same everywhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.handles import Handle
from projections.queries import Hits
from projections.review import ReviewPage, Waiting
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
        "events": [_event(row) for row in page.rows],
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
