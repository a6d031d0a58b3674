"""What the rules cannot say whose it is, who could be meant, and what a person can decide."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Response

from projections.identity.review import MEANINGS, REASONS, ReviewQuery
from readers.asked import POSITION_MAX, NotReadable, reason_in
from readers.pages.rendering import page
from readers.pages.routing import pages_router
from readers.parameters import TEXT_CHARS_MAX
from readers.problems import ParameterInvalid
from readers.sources import Sources, sources_of

PAGE_WAITING = 25

router = pages_router()


@router.get("/review")
def review(
    here: Annotated[Sources, Depends(sources_of)],
    reason: Annotated[str, Query(max_length=TEXT_CHARS_MAX)] = "",
    after: Annotated[int | None, Query(ge=0, le=POSITION_MAX)] = None,
) -> Response:
    """Show a page of the events that wait for a person, oldest first."""
    try:
        reasons = (reason_in(reason),) if reason else REASONS
    except NotReadable as error:
        raise ParameterInvalid("reason", str(error)) from None
    found = here.views.review(ReviewQuery(reasons, after=after, limit=PAGE_WAITING))
    return page(
        "review.html",
        found=found,
        reason=reason,
        meanings=MEANINGS,
        is_first=after is None,
        position=found.position,
    )
