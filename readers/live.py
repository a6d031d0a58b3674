"""Live streams: one reader of the views tells all who listen, however many they are.

Promise: a listener is told each entry once and in order, or to read again; none waits for another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from uuid import UUID

from projections.timeline.live import LiveEntry, LiveReader, ReadAgain, Stand
from readers.failing import place_of
from readers.listener import Listener, entry_message, refolded_message

# What is new is told within this and the time that reading it takes.
POLL_S = 0.05
# Each costs a query or two; the others are told between.
ADMITTED_MAX = 200
LISTENERS_MAX = 10_000

_logger = logging.getLogger(__name__)


class Live:
    """Everybody who listens; lives in one event loop, and reads only while somebody does."""

    def __init__(self, reader: LiveReader) -> None:
        self._reader = reader
        self._arriving: list[Listener] = []
        self._told: dict[UUID | None, set[Listener]] = {}
        self._stand = Stand(0, 0, 0)
        self._following: asyncio.Task[None] | None = None

    @property
    def number(self) -> int:
        """Return how many listen."""
        return len(self._arriving) + sum(map(len, self._told.values()))

    async def listen(self, listener: Listener) -> AsyncIterator[bytes]:
        """Yield what a listener is to be sent, until it goes away or is let go."""
        self._arriving.append(listener)
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._follow())
        try:
            async for message in listener.messages():
                yield message
        finally:
            self._forget(listener)

    def end(self) -> None:
        """End all streams."""
        for listener in (*self._arriving, *self._admitted()):
            listener.end()

    async def _follow(self) -> None:
        """Tell what is new for as long as somebody listens."""
        try:
            self._stand = await asyncio.to_thread(self._reader.stand)
            while self._arriving or self._told:
                await self._turn()
                await asyncio.sleep(POLL_S)
        except Exception as error:
            # They come back, and are answered then what everybody is answered.
            _logger.error("%s at %s", type(error).__name__, place_of(error))
        finally:
            self.end()

    async def _turn(self) -> None:
        now = await asyncio.to_thread(self._reader.stand)
        if now.generation != self._stand.generation:
            # Other tables took the place of those that everybody was told from.
            await self._tell_to_read_again(self._admitted(), now.position)
            self._stand = now
        while self._told and now.is_after(self._stand):
            if not await self._tell_changes():
                # Other tables took their place since: the next turn says so.
                return
        if not self._told:
            self._stand = now
        # After the others: what is told to them is not told to those who arrive a second time.
        for listener in self._arriving[:ADMITTED_MAX]:
            await self._admit(listener)

    async def _tell_changes(self) -> bool:
        """Tell what comes next; False where it is not of the tables that were told from."""
        customers = None if None in self._told else [c for c in self._told if c is not None]
        changes = await asyncio.to_thread(self._reader.changes, self._stand, customers)
        if changes.stand.generation != self._stand.generation:
            return False
        await self._tell_refolded(changes.refolded, changes.read_again_at)
        await self._tell_led_elsewhere(changes.read_again_at)
        for entry in changes.entries:
            self._tell(entry)
        self._stand = changes.stand
        for listener in self._admitted():
            listener.reached(self._stand.position)
        return True

    async def _tell_refolded(self, refolded: Collection[UUID], position: int) -> None:
        affected = [one for customer in refolded for one in self._told.get(customer, ())]
        await self._tell_to_read_again(affected, position)
        for customer in refolded:
            for listener in self._told.get(None, ()):
                listener.notice(refolded_message(customer))

    async def _tell_led_elsewhere(self, position: int) -> None:
        astray = [listener for listener in self._admitted() if listener.leads_elsewhere]
        now = {asked: await self._known(asked) for asked in {one.asked for one in astray}}
        moved = [one for one in astray if (now[one.asked] or one.asked) != one.customer_id]
        await self._tell_to_read_again(moved, position)

    async def _tell_to_read_again(self, affected: Collection[Listener], position: int) -> None:
        now = {asked: await self._known(asked) for asked in {one.asked for one in affected}}
        for listener in affected:
            if self._forget(listener):
                self._file(listener, now[listener.asked])
                listener.reset(position, "refolded")

    def _tell(self, entry: LiveEntry) -> None:
        message = entry_message(entry)
        for whose in (entry.customer_id, None):
            for listener in self._told.get(whose, ()):
                listener.tell(entry.row.position, message)

    async def _admit(self, listener: Listener) -> None:
        known = await self._known(listener.asked)
        is_back = listener.after is not None
        after = self._stand.position if listener.after is None else listener.after
        head = await asyncio.to_thread(self._reader.head) if after > self._stand.position else after
        if self._forget(listener):
            self._file(listener, known)
            listener.greet(after)
            if after > head:
                listener.reset(self._stand.position, "behind")
            elif is_back:
                await self._tell_missed(listener, after)

    async def _tell_missed(self, listener: Listener, after: int) -> None:
        until = self._stand.position
        if listener.leads_elsewhere:
            # Nobody knows to whom the id led when it was read.
            now = await asyncio.to_thread(self._reader.stand)
            listener.reset(now.position, "behind")
            return
        whose = listener.customer_id
        missed = await asyncio.to_thread(self._reader.missed, after, until, customer=whose)
        if isinstance(missed, ReadAgain):
            listener.reset(missed.position, "behind")
            return
        for customer in missed.refolded:
            listener.notice(refolded_message(customer))
        for entry in missed.entries:
            listener.tell(entry.row.position, entry_message(entry))
        listener.reached(until)

    async def _known(self, asked: UUID | None) -> UUID | None:
        """Return the id under which a customer is known now; None for nobody, and for all."""
        return asked and await asyncio.to_thread(self._reader.customer_now, asked)

    def _file(self, listener: Listener, known: UUID | None) -> None:
        """Let a listener hear of a customer; of nobody, by the id that was asked with."""
        listener.leads_elsewhere = known != listener.asked
        listener.customer_id = known or listener.asked
        self._told.setdefault(listener.customer_id, set()).add(listener)

    def _forget(self, listener: Listener) -> bool:
        """Take a listener out, and say whether it was there."""
        if listener in self._arriving:
            self._arriving.remove(listener)
            return True
        group = self._told.get(listener.customer_id, set())
        is_there = listener in group
        group.discard(listener)
        if not group:
            self._told.pop(listener.customer_id, None)
        return is_there

    def _admitted(self) -> list[Listener]:
        return [listener for group in self._told.values() for listener in group]
