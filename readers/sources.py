"""What the HTTP interface answers from; the composition root puts it together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from audit.kept import KeptTree
from projections.queries import Views
from readers.live import Live


@dataclass(frozen=True, slots=True)
class Sources:
    """The views, who listens, the present moment, and the errors that mean "not reachable now".

    Without a tree of hashes, there are no checkpoints and no tiles.
    """

    views: Views
    live: Live
    clock: Callable[[], datetime]
    unavailable: tuple[type[Exception], ...] = ()
    tree: KeptTree | None = None


def sources_of(request: Request) -> Sources:
    """Return what this application answers from."""
    sources: Sources = request.app.state.sources
    return sources
