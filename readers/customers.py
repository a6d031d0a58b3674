"""Who is calling, and what happened to them: briefs, search, timelines."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic_core import to_json

from domain.brief import canonical_json
from domain.handles import Handle
from projections.timeline_pages import LIMIT_MAX, TimelineQuery
from readers.parameters import (
    TEXT_CHARS_MAX,
    AsOf,
    Cursor,
    Identifier,
    KnownAt,
    Reference,
    Types,
    read_as_of,
    read_identifier,
    read_known_at,
    read_reference,
    read_types,
)
from readers.positions import answer, reached
from readers.problems import RESPONSES, CustomerUnknown
from readers.shapes import hits_json, timeline_json
from readers.sources import Sources, sources_of

PAGE_EVENTS = 50

Here = Annotated[Sources, Depends(sources_of)]
Text = Annotated[str, Query(min_length=1, max_length=TEXT_CHARS_MAX, pattern=r"^[^\x00]*$")]

router = APIRouter(
    prefix="/v1", tags=["customers"], dependencies=[Depends(reached)], responses=RESPONSES
)


@router.get("/brief")
def brief(
    here: Here, identifier: Identifier, as_of: AsOf = None, known_at: KnownAt = None
) -> Response:
    """Return the brief of whoever an identifier names, at a moment, as known at a position.

    Looking somebody up never creates anything: `who.match.level` is `unknown` for nobody, and
    `maybe`, without any personal fact, for an identifier that several customers share.
    """
    return _brief(here, read_identifier(identifier), as_of=as_of, known_at=known_at)


@router.get("/customers/{customer_id}/brief")
def customer_brief(
    here: Here, customer_id: UUID, as_of: AsOf = None, known_at: KnownAt = None
) -> Response:
    """Return the brief of a customer."""
    _known(here, customer_id)
    return _brief(here, customer_id, as_of=as_of, known_at=known_at)


@router.get("/customers/{customer_id}/timeline")
def timeline(
    here: Here,
    customer_id: UUID,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    type: Types = (),
    reference: Reference = None,
    order: Literal["newest_first", "oldest_first"] = "newest_first",
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = PAGE_EVENTS,
) -> Response:
    """Return a page of what happened to a customer.

    `next` is the cursor of the page that follows, or null; nothing is skipped or shown twice
    while the timeline grows.
    """
    query = TimelineQuery(
        _known(here, customer_id),
        types=read_types(type),
        reference=read_reference(reference),
        as_of=read_as_of(as_of, here) if as_of else None,
        known_at=read_known_at(known_at, here),
        newest_first=order == "newest_first",
        after=cursor,
        limit=limit,
    )
    page = here.views.timeline(query)
    return answer(to_json(timeline_json(query.customer_id, page)), page.position)


@router.get("/find")
def find(here: Here, q: Text) -> Response:
    """Return the customers that a text leads to: an identifier, a reference or a name."""
    hits = here.views.find(q)
    return answer(to_json(hits_json(hits)), hits.position)


def _brief(
    here: Sources, whom: Handle | UUID, *, as_of: str | None, known_at: str | None
) -> Response:
    found = here.views.brief(
        whom, as_of=read_as_of(as_of, here), known_at=read_known_at(known_at, here)
    )
    return answer(canonical_json(found), found["known_at"])


def _known(here: Sources, customer_id: UUID) -> UUID:
    """Return the id under which a customer is known now: after a merge it is the survivor's."""
    found = here.views.look_up(customer_id).customer_id
    if found is None:
        raise CustomerUnknown
    return found
