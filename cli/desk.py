"""What the pages need and readers must not know how to do: confirming who calls, quarantine.

Confirming is the decision that `toldonce link` makes, on views that are followed meanwhile.
"""

from __future__ import annotations

from typing import Any

from cli.deciding import acting, of_handle, stated
from cli.wiring import Installation, now
from consumers.errors import QuarantineCursorInvalid
from consumers.held import HeldQuery
from domain.decisions import By
from domain.events import IdentityIdentifierLinked
from domain.handles import Handle
from projections.errors import CursorInvalid
from readers.sources import Confirm, Held, HeldState

REASON = "confirmed on a page"
PAGE_EVENTS = 50


def confirmed_by(parts: Installation) -> Confirm:
    """Return what says that two identifiers are one person's."""
    decisions, actor = parts.decisions, acting(parts, None)

    def confirm(one: Handle, other: Handle) -> int | None:
        pair = {"a": of_handle(one), "b": of_handle(other), "reason": REASON}
        data = stated(IdentityIdentifierLinked, **pair, method="agent_confirmed")
        said = parts.views.said_of_pair(one, other)
        return decisions.link(data, By(actor, now()), said=said).position

    return confirm


def held_by(parts: Installation) -> Held:
    """Return what reads a page of quarantine."""
    quarantine = parts.intake.quarantine

    def held(state: HeldState, after: str | None) -> dict[str, Any]:
        try:
            query = HeldQuery(state, after=after, limit=PAGE_EVENTS)
            return quarantine.page(query).to_json()
        except QuarantineCursorInvalid:
            raise CursorInvalid from None

    return held
