"""Which moment of the world, and which state of the log, a page is asked to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from domain.brief.shape import stamp
from readers.parameters import AsOf, KnownAt, read_as_of, read_known_at
from readers.sources import Sources, sources_of

Then = Annotated[bool, Query(description="Only with what the log held at that moment.")]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment and a position, None for the newest, and as what they were asked for.

    `is_now` is False where a page shows something other than the present; it then stays as it is.
    """

    as_of: datetime
    known_at: int | None
    asked: str
    asked_known: str

    @property
    def is_now(self) -> bool:
        """Tell whether neither was asked for."""
        return not self.asked and not self.asked_known

    @property
    def query(self) -> dict[str, str]:
        """Return the parameters that ask for it again."""
        asked = {"as_of": self.asked, "known_at": self.asked_known}
        return {name: value for name, value in asked.items() if value}


def moment(
    here: Annotated[Sources, Depends(sources_of)],
    as_of: AsOf = None,
    *,
    known_at: KnownAt = None,
    then: Then = False,
) -> Moment:
    """Read what is asked for; a form leaves empty what nobody filled in."""
    at = read_as_of(as_of or None, here)
    asked = stamp(at) if as_of else ""
    known = asked if then and not known_at else known_at or ""
    return Moment(at, read_known_at(known or None, here), asked, known)
