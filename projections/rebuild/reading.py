"""Reading the log for the identity view, in a process beside the one that keeps the graph.

What comes over is what each event says about who somebody is, not the event: it is opened, decoded
and checked there as everywhere, and what cannot be read, or is more than that, is named here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.events import CalendarDefined
from domain.identity.observation import Observation, distill
from eventlog.keyring import Keyring
from eventlog.read import LogReader
from projections.errors import RebuildFailed
from projections.read_ahead import Opened, ReadAhead
from projections.rebuild.children import CONTEXT, KILLED, begin, end, failure_of, telling_failures
from projections.runner import PROJECTOR


class Distilled(NamedTuple):
    """A page of the log: its last position, how many entries it has, and what its events tell.

    `whole` are the positions of all others, which are to be read themselves: what matters to a view
    although it may be nobody's, and what cannot be read. `erased` are as in `Opened`.
    """

    position: int
    size: int
    told: list[Observation]
    whole: list[int]
    erased: frozenset[UUID] = frozenset()


ReadPage = Callable[[int, int], Distilled]
"""Gives up to so many entries that follow a position."""

# How a pipe says that nobody is at its other end.
_GONE = (EOFError, BrokenPipeError, ConnectionResetError)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Distilled).decode


def distilled(opened: Opened) -> Distilled:
    """Return what the events of a page say about who somebody is."""
    heard = {event.position for event in opened.events if isinstance(event.data, CalendarDefined)}
    told = [distill(event) for event in opened.events if event.position not in heard]
    whole = heard.union(one.entry.position for one in opened.unreadable)
    return Distilled(opened.position, opened.size, told, sorted(whole), opened.erased)


class ReadBeside:
    """Reads pages one after the other in a process of its own, always one ahead."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._pages, theirs = CONTEXT.Pipe()
        self._process = begin(_read, (url, keyring), theirs)
        theirs.close()
        self._asked: tuple[int, int] | None = None

    def page(self, after: int, limit: int) -> Distilled:
        """Return up to `limit` entries that follow `after`; where there may be more, read on.

        Raises:
            RebuildFailed: the process ended.
            EventLogError: the log is damaged or cannot be reached.
        """
        if self._asked != (after, limit):
            self._ask(after, limit)
        page = _decode(self._answer())
        if page.size == limit:
            self._ask(page.position, limit)
        return page

    def close(self) -> None:
        """End the process."""
        self._pages.close()
        end(self._process)

    def _ask(self, after: int, limit: int) -> None:
        if self._asked is not None:
            self._answer()
        self._asked = (after, limit)
        with suppress(*_GONE):  # what it failed with comes instead of an answer
            self._pages.send(self._asked)

    def _answer(self) -> bytes:
        self._asked = None
        try:
            said = self._pages.recv()
        except _GONE:
            raise RebuildFailed(reason=KILLED) from None
        if isinstance(said, bytes):
            return said
        raise failure_of(said)


def _read(log: tuple[str, Keyring], pages: Connection) -> None:
    """Answer with pages of a log until whoever asks is gone."""
    url, keyring = log
    with telling_failures(pages), closing(LogReader(url, keyring, role=PROJECTOR)) as reader:
        ahead = ReadAhead(reader)
        with closing(ahead), suppress(*_GONE):
            while True:
                after, limit = pages.recv()
                pages.send(_encode(distilled(ahead.page(after, limit))))
