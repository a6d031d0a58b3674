"""given(events) then(brief): a story told in the compact notation, and the brief it comes to.

Every event goes through the real decoding, in the order in which it arrived; the same pair of
source and id is kept once, as the log does. `raw` holds the bytes for tests with a real log.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from domain.brief import brief
from domain.decode import Accepted, decode
from domain.event import Event
from domain.handles import Handle, handles_of
from domain.identity.match import KnownIdentifier, Match
from domain.story import Story, fold
from tests.notation import cloud_event, moment

LATER = datetime(2100, 1, 1, tzinfo=UTC)  # no event of a test is in the future
CUSTOMER = UUID(int=7)
Json = dict[str, Any]


@dataclass(frozen=True)
class Given:
    """Events as they arrived; the position of each is its place in `events`, from 1."""

    raw: tuple[bytes, ...] = ()
    events: tuple[Event, ...] = ()

    def also(self, *lines: str) -> Self:
        """Return these events and then, later to arrive, those of the lines."""
        first = len(self.raw) + 1
        read = (cloud_event(line, id=f"e{n}") for n, line in enumerate(_lines(lines), first))
        return self.arriving(*read)

    def arriving(self, *members: Json) -> Self:
        """Return these events and then more, given as the JSON of CloudEvents."""
        raw = [json.dumps(event).encode() for event in members]
        events = {(e.source, e.id): e for e in self.events}
        for event in map(accepted, raw):
            events.setdefault((event.source, event.id), event)
        kept = (event._replace(position=n) for n, event in enumerate(events.values(), 1))
        return replace(self, raw=(*self.raw, *raw), events=tuple(kept))

    def story(self, as_of: str, known_at: int | None = None) -> Story:
        """Return the story at a moment, by what had arrived at a position."""
        return fold(self.until(as_of, known_at))

    def until(self, as_of: str, known_at: int | None = None) -> list[Event]:
        """Return what had happened at a moment and had arrived at a position."""
        head = len(self.events) if known_at is None else known_at
        return [e for e in self.events if e.time <= at(as_of) and e.position <= head]

    def match(self, as_of: str) -> Match:
        """Return the match of the customer whom all events until a moment are about."""
        return known_customer(self.until(as_of))

    def then(self, as_of: str, *, known_at: int | None = None, who: Match | None = None) -> Json:
        """Return the brief at a moment, by what had arrived at a position."""
        head = len(self.events) if known_at is None else known_at
        known = self.until(as_of, known_at)
        return brief(
            fold(known),
            as_of=at(as_of),
            known_at=head,
            who=who or known_customer(known),
            customer_id=CUSTOMER,
        )


def given(*lines: str) -> Given:
    """Return the events of one or more blocks of the compact notation."""
    return Given().also(*lines)


def accepted(raw: bytes) -> Event:
    """Return the event that these bytes decode to."""
    verdict = decode(raw, now=LATER)
    assert isinstance(verdict, Accepted), (verdict, raw)
    return verdict.event


def at(text: str) -> datetime:
    """Return a moment of the notation, in UTC."""
    return datetime.fromisoformat(moment(text)).astimezone(UTC)


def known_customer(events: Iterable[Event]) -> Match:
    """Return the match of the one customer whom all these events are about."""
    observed: dict[Handle, None] = {}
    for event in events:
        handles = handles_of(event.data)
        observed |= dict.fromkeys((*handles.strong, *handles.weak, *handles.stated))
    identifiers = tuple(KnownIdentifier(handle) for handle in observed)
    return Match("known", by=tuple(observed)[:1], candidates=1, identifiers=identifiers)


def possible_customers(candidates: int, by: str) -> Match:
    """Return the match of an identifier that several customers share."""
    return Match("maybe", by=(Handle.parse(by),), candidates=candidates)


def codes(document: Json) -> list[str]:
    """Return the codes of the banners in their order."""
    return [banner["code"] for banner in document["banners"]]


def banner(document: Json, code: str) -> Json:
    """Return the only banner with this code."""
    found: list[Json] = [b for b in document["banners"] if b["code"] == code]
    assert len(found) == 1, codes(document)
    return found[0]


def the(document: Json, section: str, **wanted: str) -> Json:
    """Return the only entry of a section with this id: the(brief, "promises", promise_id="P-2")."""
    ((name, value),) = wanted.items()
    found: list[Json] = [entry for entry in document[section] if entry[name] == value]
    assert len(found) == 1, document[section]
    return found[0]


def _lines(blocks: Iterable[str]) -> list[str]:
    lines = (line.strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line]
