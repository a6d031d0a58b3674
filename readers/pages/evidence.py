"""The events that banners rest on, so that whoever reads one can see why it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.corrections import EventName
from projections.queries import Views
from projections.timeline.pages import LIMIT_MAX, TimelineQuery
from readers.pages.timeline import Entry, read_entries

CONFLICT = "EVIDENCE_CONFLICT"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A banner and the events that it rests on, oldest first; `count` is how many they are."""

    banner: Json
    entries: tuple[Entry, ...]
    count: int

    @property
    def is_conflict(self) -> bool:
        """Tell whether the events contradict each other."""
        return bool(self.banner["code"] == CONFLICT)


def with_evidence(
    views: Views, banners: Sequence[Json], *, query: TimelineQuery
) -> tuple[Reasoned, ...]:
    """Return banners with their events, as far as a page can show them."""
    cited = [[(one["source"], one["id"]) for one in banner["evidence"]] for banner in banners]
    named = tuple(dict.fromkeys(name for names in cited for name in names))[:LIMIT_MAX]
    entries = _named(views, named, query=query) if named else {}
    return tuple(
        Reasoned(banner, tuple(entries[name] for name in names if name in entries), len(names))
        for banner, names in zip(banners, cited, strict=True)
    )


def _named(
    views: Views, named: tuple[EventName, ...], *, query: TimelineQuery
) -> dict[EventName, Entry]:
    asked = replace(query, named=named, after=None, limit=LIMIT_MAX)
    rows = views.timeline(asked).rows
    found = read_entries(views, rows, query=query)
    return {(entry.row.source, entry.row.event_id): entry for entry in found}
