"""The desk: one search for anything, and what opens by itself when a call comes in.

Promise: nothing personal is shown of whoever is only perhaps the caller, until one is confirmed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import RedirectResponse

from domain.decisions import By
from domain.decisions.refusals import AlreadyDecided
from domain.handles import Handle
from projections.identity.review import ReviewQuery
from projections.promises.queries import PromiseQuery
from projections.search import TEXT_CHARS_MIN
from readers.asked import NotReadable, text_in
from readers.deciding import Link, statement_of
from readers.pages.customer import to_customer
from readers.pages.forms import OwnForm
from readers.pages.moments import Moment, moment
from readers.pages.rendering import page
from readers.pages.routing import pages_router
from readers.parameters import TEXT_CHARS_MAX, read_identifier
from readers.positions import at_head
from readers.problems import CustomerUnknown, ParameterInvalid
from readers.shapes.views import promises_json
from readers.sources import Sources, sources_of

PRESSING_SHOWN_MAX = 8
CONFIRMED = "confirmed on a page"

Here = Annotated[Sources, Depends(sources_of)]
At = Annotated[Moment, Depends(moment)]
Text = Annotated[str, Query(max_length=TEXT_CHARS_MAX)]

router = pages_router()


@router.get("/")
def begin() -> Response:
    """Lead to the desk."""
    return RedirectResponse("/desk", status_code=303)


@router.get("/desk")
def desk(
    here: Here, at: At, q: Text = "", identifier: Text = "", confirming: Text = "", go: bool = False
) -> Response:
    """Show the search with what it found, or whoever an incoming call names.

    `go` leads to the only customer found; `confirming` is an identifier, and whoever is found can
    be confirmed as whose it is.
    """
    if identifier.strip():
        return _called(here, read_identifier(identifier.strip()), at=at)
    text = _searchable(q)
    hits = here.views.find(text) if len(text) >= TEXT_CHARS_MIN else None
    if go and hits and len(hits.hits) == 1 and hits.hits[0].customer_id:
        return to_customer(hits.hits[0].customer_id, at)
    return page(
        "desk.html",
        q=q,
        confirming=confirming,
        hits=hits,
        chars_min=TEXT_CHARS_MIN,
        # Whoever types asks for this page with each letter.
        pressing=None if q else _pressing(here, at),
        position=hits and hits.position,
    )


@router.post("/desk/confirm", dependencies=[Depends(at_head)])
def confirm(here: Here, form: OwnForm) -> Response:
    """Note that an identifier is a customer's, because whoever is on the line says so."""
    identifier = form.get("identifier", "")
    known = _known_by(here, form.get("customer_id", ""))
    link = Link(a=identifier, b=str(known), reason=CONFIRMED, actor=here.actor)
    statement, query = statement_of(link), {"identifier": identifier}
    # Where somebody else was quicker, it is as they wanted it.
    with suppress(AlreadyDecided):
        decided = here.decide(statement, By(here.actor, here.clock()))
        query["wait_for"] = str(decided.position)
    return RedirectResponse(f"/desk?{urlencode(query)}", status_code=303)


def _pressing(here: Sources, at: Moment) -> dict[str, Any]:
    """Return what to look at while nobody calls."""
    found = here.views.promises(PromiseQuery(at.as_of, limit=PRESSING_SHOWN_MAX))
    waiting = sum(here.views.review(ReviewQuery(limit=1)).counts.values())
    return {**promises_json(found), "waiting": waiting}


def _called(here: Sources, whom: Handle | UUID, *, at: Moment) -> Response:
    """Open the brief of whoever is named, or say how far that is known."""
    found = here.views.look_up(whom)
    if found.customer_id is not None:
        return to_customer(found.customer_id, at)
    if found.match.level == "maybe" and isinstance(whom, Handle):
        candidates = here.views.candidates(whom)
        return page("maybe.html", whom=whom, candidates=candidates, position=candidates.position)
    return page("unknown.html", whom=whom)


def _known_by(here: Sources, customer_id: str) -> Handle:
    try:
        found = here.views.look_up(UUID(customer_id))
    except ValueError:
        raise ParameterInvalid("customer_id", "must be a UUID") from None
    if found.customer_id is None or not found.match.identifiers:
        raise CustomerUnknown
    return found.match.identifiers[0].handle


def _searchable(text: str) -> str:
    try:
        return text_in(text.strip())
    except NotReadable as error:
        raise ParameterInvalid("q", str(error)) from None
