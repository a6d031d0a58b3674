"""Deciding who is who: each statement becomes one fact in the log, or is refused.

Promise: a preview writes nothing and says what would change; a refusal names what was decided.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic_core import to_json

from domain.decisions import By, NothingToDecide
from readers.deciding import (
    Decidable,
    Link,
    Merge,
    Relate,
    Unmerge,
    merge_of,
    relationship_of,
    statement_of,
    unmerge_of,
)
from readers.own_site import FOREIGN
from readers.positions import answer, at_head
from readers.problems import ALWAYS, MALFORMED, REFUSED, described
from readers.shapes.answers import CREATED, IdentityAnswer, PreviewAnswer, shaped
from readers.shapes.decided import decided_json, what_if_json
from readers.sources import Sources, sources_of

Here = Annotated[Sources, Depends(sources_of)]
Preview = Annotated[bool, Query(description="Say what would change, and change nothing.")]

router = APIRouter(
    prefix="/v1/identity",
    tags=["identity"],
    dependencies=[Depends(at_head)],
    responses=described(*ALWAYS, MALFORMED, REFUSED, FOREIGN),
)
ANSWERS = {**shaped(PreviewAnswer), **shaped(IdentityAnswer, status=CREATED)}


@router.post("/link", status_code=CREATED, responses=ANSWERS)
def link(here: Here, body: Link, preview: Preview = False) -> Response:
    """Say that two identifiers belong to one person, or that they do not."""
    return _decided(here, statement_of(body), actor=body.actor, preview=preview)


@router.post("/relate", status_code=CREATED, responses=ANSWERS)
def relate(here: Here, body: Relate, preview: Preview = False) -> Response:
    """Say what one customer is to another; both stay who they are."""
    return _decided(here, relationship_of(body), actor=body.actor, preview=preview)


@router.post("/merge", status_code=CREATED, responses=ANSWERS)
def merge(here: Here, body: Merge, preview: Preview = False) -> Response:
    """Say that two customers are one; nothing of either is changed, and it can be undone."""
    data, are_two = merge_of(body, here.views)
    if not are_two:
        # Whoever sends the same again is told that it was done.
        here.rehearse(data, By(body.actor, here.clock()))
        raise NothingToDecide(asked=data.NAME, asked_by=body.actor, wanted="second customer")
    return _decided(here, data, actor=body.actor, preview=preview)


@router.post("/unmerge", status_code=CREATED, responses=ANSWERS)
def unmerge(here: Here, body: Unmerge, preview: Preview = False) -> Response:
    """Undo exactly one merge, whoever made it."""
    return _decided(here, unmerge_of(body), actor=body.actor, preview=preview)


def _decided(here: Sources, data: Decidable, *, actor: str, preview: bool) -> Response:
    by = By(actor, here.clock())
    if preview:
        found = here.views.what_if(here.rehearse(data, by).fact)
        return answer(to_json({"change": what_if_json(found)}), found.position)
    decided = here.decide(data, by)
    body = to_json({"decided": decided_json(decided)})
    return answer(body, decided.position or 0, status=CREATED)
