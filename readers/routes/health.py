"""Whether this process lives, and whether what it answers is worth having."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from projections.progress import ViewStatus
from readers.problems import UNAVAILABLE, described
from readers.shapes.answers import AliveAnswer, ReadyAnswer, shaped
from readers.sources import Sources, sources_of

LAG_MAX = 10_000
"""About a second of work for a projector; further behind, answers are of another day."""

router = APIRouter(tags=["health"])


@router.get("/healthz", responses=shaped(AliveAnswer))
async def healthz() -> dict[str, str]:
    """Say that the process answers; it asks nobody else."""
    return {"status": "ok"}


@router.get("/readyz", responses=shaped(ReadyAnswer) | described(UNAVAILABLE))
def readyz(here: Annotated[Sources, Depends(sources_of)]) -> JSONResponse:
    """Say whether the database is reachable and the views are near the head of the log."""
    views = here.views.progress.status()
    told = _told(views)
    if any(not view.is_ready or view.lag > LAG_MAX for view in views):
        return UNAVAILABLE.response("The views are far behind the log, or not there yet.", **told)
    return JSONResponse({"status": "ready", **told})


def _told(views: list[ViewStatus]) -> dict[str, Any]:
    return {
        "head": max(view.head for view in views),
        "position": min(view.position for view in views),
        "lag": max(view.lag for view in views),
    }
