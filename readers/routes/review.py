"""What waits for a person to say whose it is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic_core import to_json

from projections.identity.review import LIMIT_MAX, REASONS, Reason, ReviewQuery
from readers.asked import POSITION_MAX
from readers.positions import answer, reached
from readers.problems import ALWAYS, described
from readers.shapes.answers import ReviewAnswer, shaped
from readers.shapes.views import review_json
from readers.sources import Sources, sources_of

PAGE_EVENTS = 50

Reasons = Annotated[
    tuple[Reason, ...],
    Query(
        max_length=len(REASONS),
        description="Only what waits for these reasons; may be given several times.",
        examples=["shared"],
    ),
]

router = APIRouter(
    prefix="/v1",
    tags=["identity"],
    dependencies=[Depends(reached)],
    responses=described(*ALWAYS),
)


@router.get("/review", responses=shaped(ReviewAnswer))
def review(
    here: Annotated[Sources, Depends(sources_of)],
    reason: Reasons = REASONS,
    newest_first: bool = False,
    cursor: Annotated[int | None, Query(ge=0, le=POSITION_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = PAGE_EVENTS,
) -> Response:
    """Return a page of events of which a person has to say whose they are, and what to decide.

    `choices` are what can be sent to `POST /v1/identity/link` and `merge`.
    """
    query = ReviewQuery(reason, newest_first=newest_first, after=cursor, limit=limit)
    page = here.views.review(query)
    return answer(to_json(review_json(page)), page.position)
