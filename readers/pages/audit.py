"""The log as an auditor meets it: how far it is signed, and how to verify that for oneself.

Promise: nothing is called verified here; whoever wants to know verifies with a key of their own.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from audit.errors import NoteInvalid
from audit.formats.checkpoints import parse_checkpoint
from audit.formats.notes import parse_note
from audit.kept import KeptCheckpoint
from readers.pages.rendering import page
from readers.pages.routing import pages_router
from readers.sources import Sources, sources_of

router = pages_router()


@router.get("/audit")
def audit(here: Annotated[Sources, Depends(sources_of)]) -> Response:
    """Show the newest checkpoint, and what was recorded since."""
    head = max(view.head for view in here.views.progress.status())
    newest = here.tree.newest() if here.tree else None
    signed = None if newest is None else _signed(newest)
    return page("audit.html", head=head, newest=newest, signed=signed, position=head)


def _signed(kept: KeptCheckpoint) -> int | None:
    """Return up to which position a checkpoint says that it was signed; None: it is damaged."""
    try:
        return parse_checkpoint(parse_note(kept.note.encode()).text).head.size
    except NoteInvalid:
        return None
