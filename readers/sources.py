"""What the HTTP interface answers from; the composition root puts it together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from fastapi import Request

from audit.kept import KeptTree
from audit.prover import Prover
from projections.queries import Views
from readers.deciding import Decide
from readers.live import Live
from readers.threads import Threads

HeldState = Literal["held", "stored", "discarded"]
Held = Callable[[HeldState, str | None], dict[str, Any]]
"""Returns a page of what is in quarantine: its state, and the cursor of the page."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The views, who listens, the present moment, and the errors that mean "not reachable now".

    What readers must not know how to do comes in as callables: deciding, for real and without
    writing, and reading quarantine. `actor` is who decides where a page cannot say who it is.
    `names` are further names that the server goes by (`own_site.py`).
    Without a tree of hashes there are no checkpoints and tiles, without a prover no proofs.
    """

    views: Views
    live: Live
    clock: Callable[[], datetime]
    decide: Decide
    rehearse: Decide
    actor: str
    held: Held
    unavailable: tuple[type[Exception], ...] = ()
    tree: KeptTree | None = None
    prover: Prover | None = None
    names: frozenset[str] = frozenset()
    threads: Threads = field(default_factory=Threads)


async def sources_of(request: Request) -> Sources:
    """Return what this application answers from; as a coroutine it costs no change of threads."""
    sources: Sources = request.app.state.sources
    return sources
