"""One open live stream: what is on its way to whoever listens, as server-sent events.

Promise: what waits to be sent is bounded; whoever does not take it is told so once, and let go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Literal
from uuid import UUID

from pydantic_core import to_json

from projections.timeline.live import LiveEntry
from readers.shapes.views import event_json

# Whoever is slower than this by as many messages as a burst brings is told to read again.
WAITING_MAX = 2_000
# Proxies end connections on which nothing comes for a minute; a listener who is gone is noticed.
HEARTBEAT_S = 15.0
RETRY_MS = 1_000
"""When a browser that lost us comes back."""

Reset = Literal["behind", "refolded", "slow"]


class Listener:
    """A listener to one customer, or to all (None); `after` is the position it has been told to.

    `asked` is the id that was asked with, `customer_id` that under which the customer is known. An
    id `leads_elsewhere` where these differ or it leads to nobody: it may change its mind, though
    nobody's past changes.
    """

    def __init__(self, asked: UUID | None, *, after: int | None) -> None:
        self.asked = asked
        self.customer_id = asked
        self.leads_elsewhere = False
        self.after = after
        self._waiting: list[bytes] = []
        self._news = asyncio.Event()
        self._is_ended = False

    def greet(self, position: int) -> None:
        """Say that the stream is open, and where it stands."""
        self.after = position
        self._put(b"retry: %d\nid: %d\n\n" % (RETRY_MS, position))

    def tell(self, position: int, message: bytes) -> None:
        """Send what happened at a position, unless what was told last includes it."""
        if self.after is not None and position > self.after and self._has_room():
            self.after = position
            self._put(message)

    def notice(self, message: bytes) -> None:
        """Send what leaves the position as it is."""
        if self._has_room():
            self._put(message)

    def reset(self, position: int, reason: Reset) -> None:
        """Have the listener read again: what it reads then includes all up to a position."""
        self.after = position
        if len(self._waiting) >= WAITING_MAX:
            # What is read again includes it.
            self._waiting.clear()
        self._put(reset_message(position, reason, customer_id=self.customer_id))

    def reached(self, position: int) -> None:
        """Note that nothing more is to be told up to a position."""
        self.after = max(self.after or 0, position)

    def end(self) -> None:
        """End the stream once everything is sent."""
        self._is_ended = True
        self._news.set()

    async def messages(self) -> AsyncIterator[bytes]:
        """Yield what is to be sent, all that waits at once; a heartbeat where nothing does."""
        while not (self._is_ended and not self._waiting):
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._news.wait()
            self._news.clear()
            waiting, self._waiting = self._waiting, []
            yield b"".join(waiting) or self._heartbeat()

    def _has_room(self) -> bool:
        """Say whether more may be sent; whoever does not take it is to read again, and let go."""
        if len(self._waiting) >= WAITING_MAX and not self._is_ended:
            self.reset(self.after or 0, "slow")
            self.end()
        return not self._is_ended

    def _heartbeat(self) -> bytes:
        # An id without data is no event, and moves the place from which a browser comes back.
        return (
            b": nothing new\n" + (b"" if self.after is None else b"id: %d\n" % self.after) + b"\n"
        )

    def _put(self, message: bytes) -> None:
        self._waiting.append(message)
        self._news.set()


def entry_message(entry: LiveEntry) -> bytes:
    """Return an entry as its listeners see it: as in the timeline, and whose it is."""
    others = {"others": entry.others} if entry.others else {}
    shown = {"customer_id": entry.customer_id, **others, **event_json(entry.row)}
    return _message("entry", shown, position=entry.row.position)


def reset_message(position: int, reason: Reset, *, customer_id: UUID | None) -> bytes:
    """Return the word that a customer, or everything, has to be read again."""
    shown = {"position": position, "customer_id": customer_id, "reason": reason}
    return _message("reset", shown, position=position)


def refolded_message(customer_id: UUID) -> bytes:
    """Return the word to listeners of all that one customer has to be read again."""
    return _message("refolded", {"customer_id": customer_id})


def _message(event: str, shown: Mapping[str, object], *, position: int | None = None) -> bytes:
    place = b"" if position is None else b"id: %d\n" % position
    return place + b"event: %b\ndata: %b\n\n" % (event.encode(), to_json(shown))
