"""Processes beside the one that rebuilds, which fill slices when told.

One is begun once for a rebuild, because that costs as much as thousands of events, and ends with
the process that began it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from uuid import UUID

from eventlog.keyring import Keyring
from projections.errors import RebuildFailed
from projections.rebuild.children import CONTEXT, KILLED, begin, end, failure_of, telling_failures
from projections.rebuild.filling import Filling

LOOK_AGAIN_S = 0.2
# How a pipe says that nobody is at its other end.
_GONE = (EOFError, BrokenPipeError, ConnectionResetError)


class Beside:
    """A process that waits until it is told to fill, and ends when nothing is left."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._said, theirs = CONTEXT.Pipe()
        self._process = begin(_help, (url, keyring), theirs)
        theirs.close()

    @property
    def sentinel(self) -> int | None:
        """What to wait for until it ends; None where it has ended."""
        return self._process.sentinel if self._process.is_alive() else None

    def fill(self, run: UUID) -> None:
        """Have it fill slices of a rebuild until none is left, and end then."""
        with suppress(*_GONE):  # what it failed with is told when it is asked for
            self._said.send(run)

    def require_success(self) -> None:
        """Do nothing unless it failed.

        Raises:
            ProjectionError, EventLogError: what it failed with.
        """
        if self._process.exitcode:
            with suppress(*_GONE):
                if self._said.poll():
                    raise failure_of(self._said.recv())
            raise RebuildFailed(reason=KILLED)

    def close(self) -> None:
        """End the process."""
        self._said.close()
        end(self._process)


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
    running = [one.sentinel for one in helpers]
    wait([sentinel for sentinel in running if sentinel is not None], timeout=timeout_s)


def _help(log: tuple[str, Keyring], said: Connection) -> None:
    """Fill once that is told, until it is done or whoever began this process is gone."""
    url, keyring = log
    with telling_failures(said):
        try:
            run = said.recv()
        except _GONE:
            return
        with closing(Filling(url, keyring, run=run)) as filling:
            _fill(filling)


def _fill(filling: Filling) -> None:
    parent = parent_process()
    while parent is not None and parent.is_alive():
        if filling.turn():
            continue
        if filling.is_over():
            return
        wait([parent.sentinel], timeout=LOOK_AGAIN_S)
