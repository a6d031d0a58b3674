"""Stories between pages: those of late as they are used, many more asleep: saved and compressed.

Promise: only so many are awake while a page is worked on too, yet none is forgotten before its end;
what slept is the story that it was, so that neither its row nor the log is read again for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from lz4.block import compress, decompress

from domain.event import OrderKey
from domain.story import dump, load
from projections.recent import Recent
from projections.story.snapshots import EventName, Kept

# Bytes of memory that stories take, as their length once saved lets expect: measured over those
# of customers with 2 to 60,000 events.
AWAKE_BYTES_MAX = 8_000_000
# Whoever has a long story is heard of in nearly every page, so that these stay awake on their own:
# among others they would be the first to fall asleep, to be woken for the next page.
LONG_BYTES_MIN = 32_000
LONG_AWAKE_BYTES_MAX = 16_000_000
# Passed by so much before any is put to sleep, so that each time many are.
AWAKE_BYTES_OVER = 2_000_000
ASLEEP_BYTES_MAX = 24_000_000
STORY_BYTES = 3_000
BYTES_OF_SAVED = 2
ASLEEP_BYTES = 900


class Asleep(NamedTuple):
    """A story that is not used now: saved and compressed, and what else belongs to it."""

    packed: bytes
    awaited: frozenset[EventName]
    is_exact: bool
    position: int
    last_key: OrderKey | None


class Remembered:
    """The stories of the customers of late; long ones stay awake for longer."""

    def __init__(self) -> None:
        self._short: Recent[Kept] = Recent(AWAKE_BYTES_MAX)
        self._long: Recent[Kept] = Recent(LONG_AWAKE_BYTES_MAX)
        self._asleep: Recent[Asleep] = Recent(ASLEEP_BYTES_MAX)

    def __contains__(self, customer_id: UUID) -> bool:
        return any(customer_id in kept for kept in (self._short, self._long, self._asleep))

    def end_of(self, customer_id: UUID) -> Kept | Asleep | None:
        """Return what tells where a story ends; nobody is woken for it."""
        awake = self._short.peek(customer_id) or self._long.peek(customer_id)
        return awake or self._asleep.peek(customer_id)

    def get(self, customer_id: UUID) -> Kept | None:
        """Return the story of a customer, to be taken further and put back."""
        kept = self._short.get(customer_id) or self._long.get(customer_id)
        if kept is not None:
            return kept
        asleep = self._asleep.peek(customer_id)
        return None if asleep is None else _woken(asleep)

    def put(self, customer_id: UUID, kept: Kept) -> None:
        """Remember a story that is saved, and put others to sleep where they are too many."""
        kept.rest()
        self.forget([customer_id])
        awake = self._long if kept.size >= LONG_BYTES_MIN else self._short
        awake.put(customer_id, kept, weight=STORY_BYTES + BYTES_OF_SAVED * kept.size)
        self._put_to_sleep(over=AWAKE_BYTES_OVER)

    def trim(self) -> None:
        """Forget the stories least recently used while all together take too much."""
        self._put_to_sleep(over=0)
        self._asleep.trim()

    def forget(self, customers: Iterable[UUID]) -> None:
        """Forget the stories of these customers."""
        customers = list(customers)
        for remembered in (self._short, self._long, self._asleep):
            remembered.forget(customers)

    def clear(self) -> None:
        """Forget everything."""
        for remembered in (self._short, self._long, self._asleep):
            remembered.clear()

    def _put_to_sleep(self, *, over: int) -> None:
        sleepy = self._short.trim(over=over) | self._long.trim(over=over)
        for customer_id, kept in sleepy.items():
            packed = compress(dump(kept.story))
            asleep = Asleep(packed, kept.awaited, kept.is_exact, kept.position, kept.last_key)
            self._asleep.put(customer_id, asleep, weight=ASLEEP_BYTES + len(packed))


def _woken(asleep: Asleep) -> Kept:
    state = decompress(asleep.packed)
    return Kept(load(state), asleep.awaited, asleep.is_exact, asleep.position, len(state))
