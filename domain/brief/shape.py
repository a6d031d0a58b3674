"""How values stand in a brief: times as RFC 3339 in UTC, evidence as source and id.

Promise: the same value always has the same form.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from domain.story.cite import Cite

Json = dict[str, Any]


def stamp(at: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, with a fraction only where it has one."""
    text = at.isoformat()
    if not text.endswith("+00:00"):
        text = at.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"


def stamp_or_none(at: datetime | None) -> str | None:
    """Return a moment as RFC 3339 in UTC where it is known."""
    return None if at is None else stamp(at)


def evidence(cites: Iterable[Cite]) -> list[Json]:
    """Return the events that something rests on, each once, in the order they happened."""
    # An event's name is cheaper to tell apart than its time.
    once = {(cite.source, cite.id): cite for cite in cites}
    ordered = sorted(once.values()) if len(once) > 1 else once.values()
    return [{"source": source, "id": id_} for _, source, id_ in ordered]
