"""What was refused where nobody waited, with why; what was sent is not shown in lists."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from readers.pages.rendering import page
from readers.pages.routing import pages_router
from readers.parameters import Cursor
from readers.sources import HeldState, Sources, sources_of

router = pages_router()


@router.get("/quarantine")
def quarantine(
    here: Annotated[Sources, Depends(sources_of)], state: HeldState = "held", after: Cursor = None
) -> Response:
    """Show a page of the events in a state, oldest first."""
    found = here.held(state, after or None)
    return page("quarantine.html", found=found, state=state, is_first=not after)
