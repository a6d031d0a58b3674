"""How a brief came to be what it is: what each event changed in it, one step after the other.

Promise: a change is told with the event that made it; what changed between two of the customer's
own events, by events of others, is told apart from both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from audit.differences import Change, differences

Json = dict[str, Any]
Ask = Callable[[int], Json]
"""Returns the brief as known at a position, of one and the same moment."""

# It is another number in every step and says nothing.
UNTOLD = "known_at"


class Step(NamedTuple):
    """What the entry at `position` changed; `by_others`: what the entries since the last step did.

    Nothing is asked of entries that are not the customer's, so theirs have one step together, at
    the last position before the customer's next entry.
    """

    position: int
    changes: tuple[Change, ...]
    by_others: bool = False


def replayed(positions: Iterable[int], ask: Ask, *, after: int = 0) -> Iterator[Step]:
    """Yield a step for each of these positions, which rise, from what was known at `after` on."""
    known_at, known = after, ask(after)
    for position in positions:
        if position - 1 > known_at:
            before = ask(position - 1)
            changes = changed(known, before)
            if changes:
                yield Step(position - 1, changes, by_others=True)
            known = before
        now = ask(position)
        yield Step(position, changed(known, now))
        known_at, known = position, now


def changed(before: Json, after: Json) -> tuple[Change, ...]:
    """Return what differs between two briefs, but for the position that each was asked at."""
    found = differences(before, after)
    return tuple(change for change in found if change.where != (UNTOLD,))
