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
from projections.snapshots import EventName, Kept

# Bytes of memory that stories take, as their length once saved lets expect: measured over those
# of customers with 2 to 60,000 events.
AWAKE_BYTES_MAX = 24_000_000
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
    """The stories of the customers of late."""

    def __init__(self) -> None:
        self._awake: Recent[Kept] = Recent(AWAKE_BYTES_MAX)
        self._asleep: Recent[Asleep] = Recent(ASLEEP_BYTES_MAX)

    def __contains__(self, customer_id: UUID) -> bool:
        return customer_id in self._awake or customer_id in self._asleep

    def end_of(self, customer_id: UUID) -> Kept | Asleep | None:
        """Return what tells where a story ends; nobody is woken for it."""
        return self._awake.peek(customer_id) or self._asleep.peek(customer_id)

    def get(self, customer_id: UUID) -> Kept | None:
        """Return the story of a customer, to be taken further and put back."""
        kept = self._awake.get(customer_id)
        if kept is not None:
            return kept
        asleep = self._asleep.peek(customer_id)
        return None if asleep is None else _woken(asleep)

    def put(self, customer_id: UUID, kept: Kept) -> None:
        """Remember a story that is saved, and put others to sleep where they are too many."""
        kept.rest()
        self._asleep.forget([customer_id])
        self._awake.put(customer_id, kept, weight=STORY_BYTES + BYTES_OF_SAVED * kept.size)
        self._put_to_sleep(over=AWAKE_BYTES_OVER)

    def trim(self) -> None:
        """Forget the stories least recently used while all together take too much."""
        self._put_to_sleep(over=0)
        self._asleep.trim()

    def forget(self, customers: Iterable[UUID]) -> None:
        """Forget the stories of these customers."""
        customers = list(customers)
        self._awake.forget(customers)
        self._asleep.forget(customers)

    def clear(self) -> None:
        """Forget everything."""
        self._awake.clear()
        self._asleep.clear()

    def _put_to_sleep(self, *, over: int) -> None:
        for customer_id, kept in self._awake.trim(over=over).items():
            packed = compress(dump(kept.story))
            asleep = Asleep(packed, kept.awaited, kept.is_exact, kept.position, kept.last_key)
            self._asleep.put(customer_id, asleep, weight=ASLEEP_BYTES + len(packed))


def _woken(asleep: Asleep) -> Kept:
    state = decompress(asleep.packed)
    return Kept(load(state), asleep.awaited, asleep.is_exact, asleep.position, len(state))
