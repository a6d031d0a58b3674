"""One event after the other: what each said, what it changed in the brief, and what proves it.

Promise: nothing is called verified here; the badge says what is signed, its link is the evidence.
"""

from __future__ import annotations

import shlex
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import RedirectResponse

from audit.difference_words import in_words
from audit.replay import changed
from domain.brief.shape import stamp
from domain.handles import Handle
from projections.timeline.recorded_order import Recorded
from readers.asked import CUSTOMER, POSITION_MAX
from readers.pages.moments import Moment, moment
from readers.pages.rendering import page
from readers.pages.routing import pages_router
from readers.parameters import Identifier, read_identifier
from readers.sources import Sources, sources_of

Here = Annotated[Sources, Depends(sources_of)]
At = Annotated[Moment, Depends(moment)]
Step = Annotated[int | None, Query(ge=1, le=POSITION_MAX)]

router = pages_router()


@router.get("/audit/replay")
def replay(here: Here, at: At, identifier: Identifier, step: Step = None) -> Response:
    """Show an event of whoever is named, by its place in the order in which they became known.

    Without a step it is the newest. The brief is that of the moment which is asked for, else of the
    moment at which the event happened.
    """
    whom = read_identifier(identifier.strip())
    customer_id = here.views.look_up(whom).customer_id
    if customer_id is None:
        query = urlencode({"identifier": identifier, **at.query})
        return RedirectResponse(f"/desk?{query}", status_code=303)
    recorded = here.views.recorded(customer_id, step=step, known_at=at.known_at)
    model: dict[str, Any] = {"customer_id": customer_id, "recorded": recorded}
    if recorded is not None:
        model |= _model(here, recorded, whom=whom, at=at)
    return page("replay.html", **model)


def _model(here: Sources, recorded: Recorded, *, whom: Handle | UUID, at: Moment) -> dict[str, Any]:
    as_of = at.as_of if at.asked else recorded.row.occurred_at
    position = recorded.row.position
    # Two briefs are all that is asked for, however long the story.
    before, after = (
        here.views.brief(whom, as_of=as_of, known_at=known_at)
        for known_at in (position - 1, position)
    )
    sentences = (in_words(change) for change in changed(before, after))
    named = f"{CUSTOMER}{whom}" if isinstance(whom, UUID) else str(whom)
    newest = here.tree.newest() if here.tree else None
    return {
        "as_of": stamp(as_of),
        "name": after["who"]["name"],
        "changes": [one for one in sentences if one is not None],
        "query": {"identifier": named, **at.query},
        "command": shlex.join(
            ["toldonce", "audit", "replay", named, "--as-of", stamp(as_of)]
            + ["--after", str(position - 1), "--limit", "1"]
        ),
        "signed": newest.size if newest else 0,
        "position": position,
    }
