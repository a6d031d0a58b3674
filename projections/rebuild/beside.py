"""Processes beside the one that rebuilds: they read pages when asked, and fill slices when told.

One is begun once for a rebuild, because that costs as much as thousands of events, and ends with
the process that began it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from uuid import UUID

import msgspec

from eventlog.keyring import Keyring
from eventlog.read import LogReader
from projections.errors import RebuildFailed
from projections.ownership import PROJECTOR
from projections.read_ahead import ReadAhead
from projections.rebuild.children import CONTEXT, KILLED, begin, end, failure_of, telling_failures
from projections.rebuild.filling import Filling
from projections.rebuild.reading import Distilled, distilled

# How a pipe says that nobody is at its other end.
_GONE = (EOFError, BrokenPipeError, ConnectionResetError)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Distilled).decode


class Beside:
    """A process that reads pages one after the other, always one ahead, until told to fill."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._said, theirs = CONTEXT.Pipe()
        self.process = begin(_help, (url, keyring), theirs)
        theirs.close()
        self._asked: tuple[int, int] | None = None

    def page(self, after: int, limit: int) -> Distilled:
        """Return up to `limit` entries that follow `after`; where there may be more, read on.

        Raises:
            RebuildFailed: the process ended.
            EventLogError: the log is damaged or cannot be reached.
        """
        if self._asked != (after, limit):
            self.ask(after, limit)
        page = _decode(self._answer())
        if page.size == limit:
            self.ask(page.position, limit)
        return page

    def ask(self, after: int, limit: int) -> None:
        """Have it read a page, which is to be the next one that `page` returns."""
        self._settle()
        self._asked = (after, limit)
        with suppress(*_GONE):  # what it failed with comes instead of an answer
            self._said.send(self._asked)

    def fill(self, run: UUID) -> None:
        """Have it fill slices of a rebuild until none is left, and end then.

        Raises:
            RebuildFailed, EventLogError: as `page`.
        """
        self._settle()
        with suppress(*_GONE):
            self._said.send(run)

    def require_success(self) -> None:
        """Do nothing unless it failed.

        Raises:
            ProjectionError, EventLogError: what it failed with.
        """
        if self.process.exitcode:
            with suppress(*_GONE):
                if self._said.poll():
                    raise failure_of(self._said.recv())
            raise RebuildFailed(reason=KILLED)

    def close(self) -> None:
        """End the process."""
        self._said.close()
        end(self.process)

    def _settle(self) -> None:
        if self._asked is not None:
            self._answer()

    def _answer(self) -> bytes:
        self._asked = None
        try:
            said = self._said.recv()
        except _GONE:
            raise RebuildFailed(reason=KILLED) from None
        if isinstance(said, bytes):
            return said
        raise failure_of(said)


class Helpers:
    """The processes that were begun for a rebuild; those that filled are of no more use."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._log = (url, keyring)
        self._begun: list[Beside] = []

    def first(self, count: int) -> list[Beside]:
        """Return so many of them, begun where they are missing."""
        while len(self._begun) < count:
            self._begun.append(Beside(*self._log))
        return self._begun[:count]

    def close(self) -> None:
        """End them all, whatever they do."""
        while self._begun:
            self._begun.pop().close()


def wait_for_one(helpers: Sequence[Beside], *, timeout_s: float) -> None:
    """Wait until one of those that still run ends."""
    running = [one.process.sentinel for one in helpers if one.process.is_alive()]
    wait(running, timeout=timeout_s)


def _help(log: tuple[str, Keyring], said: Connection) -> None:
    """Do what is asked, until it is done or whoever began this process is gone."""
    url, keyring = log
    with telling_failures(said):
        with closing(LogReader(url, keyring, role=PROJECTOR)) as reader:
            run = _answered(ReadAhead(reader), said)
        if run is not None:
            with closing(Filling(url, keyring, run=run)) as filling:
                _fill(filling)


def _answered(ahead: ReadAhead, said: Connection) -> UUID | None:
    """Answer with pages; return the rebuild to fill, or None where nobody is left to ask."""
    with closing(ahead), suppress(*_GONE):
        while True:
            match said.recv():
                case UUID() as run:
                    return run
                case after, limit:
                    said.send(_encode(distilled(ahead.page(after, limit))))
    return None


def _fill(filling: Filling) -> None:
    parent = parent_process()
    while parent is not None and parent.is_alive() and filling.turn():
        pass
