"""What quarantine holds, as whoever decides about it sees it: single events, and pages of them.

Promise: pages go on from where one ended without skipping or repeating what is held meanwhile, and
only a single event asked for shows what was sent.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from consumers.errors import QuarantineCursorInvalid
from consumers.verdicts import Received
from domain.problems import Problem

PAGE_MAX = 200

State = Literal["held", "stored", "discarded"]
Refusal = Literal["invalid", "conflict"]
STATES: tuple[str, ...] = get_args(State)
REFUSALS: tuple[str, ...] = get_args(Refusal)


class Place(NamedTuple):
    """Where a page ended: the last event on it."""

    first_seen: AwareDatetime
    id: UUID


_PLACE = TypeAdapter(Place)


@dataclass(frozen=True, slots=True)
class Decided:
    """When, by whom and why it was decided what becomes of an event."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """One refused event and why; `received` are its original bytes, None where not asked for.

    `position` is where it stands in the log once it was stored after all.
    """

    id: UUID
    origin: str
    verdict: Refusal
    problems: tuple[Problem, ...]
    state: State
    seen_count: int
    first_seen: datetime
    last_seen: datetime
    retried_count: int = 0
    position: int | None = None
    decided: Decided | None = None
    received: Received | None = None

    @property
    def place(self) -> Place:
        """Return where a page stands that ends here."""
        return Place(self.first_seen, self.id)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON, without what was sent."""
        shown = {name: getattr(self, name) for name in _SHOWN}
        problems = [asdict(problem) for problem in self.problems]
        decided = None if self.decided is None else asdict(self.decided)
        return shown | {"problems": problems, "decided": decided}

    def to_json_with_bytes(self) -> dict[str, Any]:
        """Return it as JSON with what was sent: as text too, where the bytes are UTF-8."""
        received = self.received
        sent = None
        if received is not None:
            sent = {
                "attributes": received.attributes,
                "text": _text(received.raw),
                "base64": base64.b64encode(received.raw).decode(),
            }
        return self.to_json() | {"sent": sent}


_SHOWN = (
    *("id", "origin", "verdict", "state", "seen_count", "first_seen", "last_seen"),
    *("retried_count", "position"),
)


@dataclass(frozen=True, slots=True)
class HeldQuery:
    """Which events are wanted, oldest first; `origin` is what the place they came from begins with.

    `after` is the cursor that came with the page before.
    """

    state: State = "held"
    verdict: Refusal | None = None
    origin: str = ""
    after: str | None = None
    limit: int = PAGE_MAX


@dataclass(frozen=True, slots=True)
class HeldPage:
    """One page; `next` is the cursor of the page that follows, None for the last."""

    items: Sequence[Held]
    next: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the page as JSON, without what was sent."""
        return {"events": [held.to_json() for held in self.items], "next": self.next}


def cursor_at(place: Place) -> str:
    """Return the cursor of the page that begins after a place."""
    return base64.urlsafe_b64encode(_PLACE.dump_json(place)).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Read a cursor.

    Raises:
        QuarantineCursorInvalid: it is none of ours.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return _PLACE.validate_json(base64.b64decode(padded, b"-_", validate=True))
    except (ValueError, ValidationError):
        raise QuarantineCursorInvalid from None


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None
