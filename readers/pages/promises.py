"""What the company owes: broken, due soon, open; what is due longest stands first."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import Depends, Response

from projections.promises.queries import PRESSING, PromiseQuery
from readers.pages.moments import Moment, moment
from readers.pages.rendering import page
from readers.pages.routing import pages_router
from readers.parameters import Cursor, States, read_states
from readers.shapes.views import promises_json
from readers.sources import Sources, sources_of

PAGE_PROMISES = 100

router = pages_router()


@router.get("/promises")
def promises(
    here: Annotated[Sources, Depends(sources_of)],
    at: Annotated[Moment, Depends(moment)],
    state: States = (),
    after: Cursor = None,
) -> Response:
    """Show a page of promises, in these states or those that are owed."""
    states = read_states(state) or PRESSING
    query = PromiseQuery(at.as_of, states=states, after=after or None, limit=PAGE_PROMISES)
    found = promises_json(here.views.promises(query))
    by_state = groupby(found["promises"], key=lambda promise: promise["state"])
    return page(
        "promises.html",
        found=found,
        groups=[(name, list(group)) for name, group in by_state],
        states=states,
        is_owed=states == PRESSING,
        is_first=not after,
        at=at,
        position=found["position"],
    )
