"""Where the views stand, and which customers are parked."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic_core import to_json

from readers.positions import answer
from readers.problems import UNAVAILABLE, described
from readers.shapes.answers import ProjectionsAnswer, shaped
from readers.shapes.views import projections_json
from readers.sources import Sources, sources_of

router = APIRouter(prefix="/v1", tags=["health"], responses=described(UNAVAILABLE))


@router.get("/projections", responses=shaped(ProjectionsAnswer))
def projections(here: Annotated[Sources, Depends(sources_of)]) -> Response:
    """Return where each view stands, the head of the log, and who is parked and why."""
    views = here.views.progress.status()
    parked = here.views.progress.parked()
    position = min(view.position for view in views)
    return answer(to_json(projections_json(views, parked)), position)
