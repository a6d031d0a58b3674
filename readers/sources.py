"""What the HTTP interface answers from; the composition root puts it together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fastapi import Request

from domain.handles import Handle
from projections.queries import Views
from readers.live import Live

Confirm = Callable[[Handle, Handle], int | None]
"""Says that two identifiers are one person's, and returns the position of that fact."""
HeldState = Literal["held", "stored", "discarded"]
Held = Callable[[HeldState, str | None], dict[str, Any]]
"""Returns a page of what is in quarantine: its state, and the cursor of the page."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The views, who listens, the present moment, and the errors that mean "not reachable now".

    What readers must not know how to do comes in as callables: deciding, and reading quarantine.
    """

    views: Views
    live: Live
    clock: Callable[[], datetime]
    confirm: Confirm
    held: Held
    unavailable: tuple[type[Exception], ...] = ()


def sources_of(request: Request) -> Sources:
    """Return what this application answers from."""
    sources: Sources = request.app.state.sources
    return sources
