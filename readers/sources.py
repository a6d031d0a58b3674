"""What the HTTP interface answers from; the composition root puts it together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from audit.kept import KeptTree
from projections.queries import Views
from readers.deciding import Decide
from readers.live import Live


@dataclass(frozen=True, slots=True)
class Sources:
    """The views, who listens, the present moment, and the errors that mean "not reachable now".

    Deciding is none of the readers' business, so it comes in: for real, and without writing.
    Without a tree of hashes, there are no checkpoints and no tiles.
    """

    views: Views
    live: Live
    clock: Callable[[], datetime]
    decide: Decide
    rehearse: Decide
    unavailable: tuple[type[Exception], ...] = ()
    tree: KeptTree | None = None


def sources_of(request: Request) -> Sources:
    """Return what this application answers from."""
    sources: Sources = request.app.state.sources
    return sources
