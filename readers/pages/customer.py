"""A customer: the brief above, or beside it where there is room, and the whole timeline."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import RedirectResponse

from projections.identity.relationships import Relationship
from projections.queries import Views
from projections.timeline.pages import TimelineQuery
from readers.pages.evidence import with_evidence
from readers.pages.moments import Moment, moment
from readers.pages.rendering import page
from readers.pages.routing import pages_router
from readers.pages.steps import Steps, read_steps
from readers.pages.timeline import read_timeline
from readers.parameters import Cursor
from readers.problems import CustomerUnknown
from readers.sources import Sources, sources_of

PAGE_EVENTS = 50
# A page that stays open asks again for all that it shows; beyond this it shows the newest part.
SHOWN_MAX = 2_000

Here = Annotated[Sources, Depends(sources_of)]
At = Annotated[Moment, Depends(moment)]
Shown = Annotated[int, Query(ge=1, le=SHOWN_MAX)]

router = pages_router()


@router.get("/customers/{customer_id}")
def customer(
    here: Here, customer_id: UUID, at: At, after: Cursor = None, shown: Shown = PAGE_EVENTS
) -> Response:
    """Show a customer; under an id from before a merge, lead to the one of now."""
    found = here.views.look_up(customer_id).customer_id
    if found is None:
        raise CustomerUnknown
    if found != customer_id:
        return to_customer(found, at)
    brief = here.views.brief(found, as_of=at.as_of, known_at=at.known_at)
    query = TimelineQuery(
        found,
        as_of=at.as_of if at.asked else None,
        known_at=at.known_at,
        upto=brief["known_at"],
        newest_first=True,
        after=after or None,
        limit=shown,
    )
    return page("customer.html", **_model(here, brief, query=query, at=at))


def to_customer(customer_id: UUID, at: Moment) -> Response:
    """Lead to the page of a customer, at the moment that was asked for."""
    query = f"?{urlencode(at.query)}" if at.query else ""
    return RedirectResponse(f"/customers/{customer_id}{query}", status_code=303)


def _model(here: Sources, brief: dict[str, Any], *, query: TimelineQuery, at: Moment) -> Any:
    return {
        "brief": brief,
        "banners": with_evidence(here.views, brief["banners"], query=query),
        "timeline": read_timeline(here.views, query),
        "told": {issue["issue_id"]: issue["told_count"] for issue in brief["issues"]},
        "relationships": _related(here.views, query.customer_id) if at.is_now else (),
        "at": at,
        "steps": _steps(here.views, query.customer_id, at=at),
        "is_first": query.after is None,
        "customer_id": query.customer_id,
        "position": brief["known_at"],
        "shown_max": SHOWN_MAX,
    }


def _steps(views: Views, customer_id: UUID | None, *, at: Moment) -> Steps | None:
    return None if at.is_now else read_steps(views, customer_id, as_of=at.as_of)


def _related(views: Views, customer_id: UUID | None) -> list[Relationship]:
    return views.relationships(customer_id) if customer_id else []
