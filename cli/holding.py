"""Quarantine as the pages read it: readers know nothing of consumers."""

from __future__ import annotations

from typing import Any

from cli.wiring import Installation
from consumers.errors import QuarantineCursorInvalid
from consumers.held import HeldQuery
from projections.errors import CursorInvalid
from readers.sources import Held, HeldState

PAGE_EVENTS = 50


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
