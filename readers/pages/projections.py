"""How far each view has read the log, and which customers are parked and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from readers.pages.rendering import page
from readers.pages.routing import pages_router
from readers.sources import Sources, sources_of

router = pages_router()


@router.get("/projections")
def projections(here: Annotated[Sources, Depends(sources_of)]) -> Response:
    """Show every view and everybody who is parked."""
    progress = here.views.progress
    views = progress.status()
    return page(
        "projections.html",
        views=views,
        head=max((view.head for view in views), default=0),
        parked=progress.parked(),
    )
