"""What comes in and what is answered: received bytes, one verdict for each, and their tally.

Promise: a verdict says what became of an event without repeating anything the event states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from pydantic_core import from_json

from domain.events.values import EVENT_NAME_CHARS_MAX
from domain.problems import Problem

DIFFERS = "differs from position {position}, kept under the same source and id"

Kind = Literal["stored", "duplicate", "conflict", "invalid", "suppressed"]


# Named tuples, not dataclasses: tens of thousands a second are made, at a quarter of the cost.
class Received(NamedTuple):
    """One event as it came in.

    `origin` is the place it came from, such as "stories.ndjson:12"; `attributes` are the envelope
    of an event in binary mode; `refusal` is what the way in itself already found wrong.
    """

    raw: bytes
    origin: str
    attributes: Mapping[str, str] | None = None
    refusal: Problem | None = None


class Verdict(NamedTuple):
    """What became of one event; source and id are given when they could be read."""

    kind: Kind
    source: str | None = None
    id: str | None = None
    position: int | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether the event was not taken and should be looked at."""
        return self.kind in ("invalid", "conflict")

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON, without the members that it does not have."""
        named = {"source": self.source, "id": self.id, "position": self.position}
        given = {name: value for name, value in named.items() if value is not None}
        problems = [asdict(problem) for problem in self.problems]
        return {"verdict": self.kind} | given | ({"problems": problems} if problems else {})


@dataclass(slots=True)
class Tally:
    """How many events got which verdict, and the newest position at which one of them stands."""

    stored: int = 0
    duplicate: int = 0
    conflict: int = 0
    invalid: int = 0
    suppressed: int = 0
    position: int = 0

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Count verdicts."""
        given = list(verdicts)
        for kind, number in Counter([verdict.kind for verdict in given]).items():
            setattr(self, kind, getattr(self, kind) + number)
        self.position = max([self.position, *[verdict.position or 0 for verdict in given]])

    def to_json(self) -> dict[str, int]:
        """Return the counts as JSON."""
        return asdict(self)


def named_in(received: Received) -> tuple[str | None, str | None]:
    """Return the source and id of an event that is not valid, as far as they can be read."""
    members: Any = received.attributes
    if members is None:
        try:
            members = from_json(received.raw)
        except ValueError:
            members = None
    if not isinstance(members, Mapping):
        return None, None
    return _name(members.get("source")), _name(members.get("id"))


def _name(value: object) -> str | None:
    if isinstance(value, str) and len(value) <= EVENT_NAME_CHARS_MAX and value.isprintable():
        return value or None
    return None
