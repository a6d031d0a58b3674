"""Scanning by several hands: this process and others beside it, each a chunk after the other.

All see one state of the database, for the snapshot of the transaction that verifies is handed to
them. Whoever is ready takes what comes next, so nobody waits for a process that is still starting.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from psycopg2.extensions import cursor as Cursor

from audit.verification.scan import Scanned, Span, commitments, scan
from eventlog.bulk import collect_seldom
from eventlog.database import Database
from eventlog.errors import EventLogError

END_TIMEOUT_S = 5

Said = tuple[int, Scanned | ConnectionError]
"""What came of a span, by its number."""

SET_ISOLATION = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Whoever gives its snapshot away waits for those that took it, however long they read.
SET_PATIENCE = "SET LOCAL idle_in_transaction_session_timeout = 0"
EXPORT_SNAPSHOT = "SELECT pg_export_snapshot()"
SET_SNAPSHOT = "SET TRANSACTION SNAPSHOT %s"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the others read, as which role, and how many entries all together."""

    url: str = field(repr=False)
    role: str
    snapshot: str
    entries: int


def export_snapshot(cursor: Cursor) -> str:
    """Return the name by which others see what this transaction sees, for as long as it is open."""
    cursor.execute(SET_PATIENCE)
    cursor.execute(EXPORT_SNAPSHOT)
    (name,) = cursor.fetchone() or ("",)
    return str(name)


def scan_beside(
    cursor: Cursor,
    spans: Sequence[Span],
    *,
    sizes: Sequence[int],
    places: Sequence[Place],
    advanced: Callable[[int], None],
) -> list[Scanned]:
    """Scan spans here and in a process for each of `places`; return what they come to, in order.

    Raises:
        ConnectionError: one of the processes could not go on.
    """
    left, said = deque(enumerate(spans)), SimpleQueue[Said]()
    found: dict[int, Scanned] = {}

    def heard(part: int, answer: Scanned | Exception) -> None:
        if isinstance(answer, Exception):
            raise answer
        found[part] = answer
        advanced(answer.span.upto - answer.span.after)

    with ExitStack() as helping:
        for place in places:
            helping.enter_context(closing(_Helper(place, sizes, left=left, said=said)))
        known = commitments(cursor, entries=sum(span.upto - span.after for span in spans))
        while (taken := _next(left)) is not None:
            part, span = taken
            found[part] = scan(cursor, span, sizes=sizes, advanced=advanced, known=known)
            while not said.empty():
                heard(*said.get())
        while len(found) < len(spans):
            heard(*said.get())
    return [found[part] for part in range(len(spans))]


class _Helper:
    """A process that scans what is left, part by part, and the thread that asks it to."""

    def __init__(
        self,
        place: Place,
        sizes: Sequence[int],
        *,
        left: deque[tuple[int, Span]],
        said: SimpleQueue[Said],
    ) -> None:
        self._left = left
        self._said = said
        self._process = subprocess.Popen(  # noqa: S603 - constants
            # Without -P a folder of the same name, where we happen to be called, came first.
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for us to answer: this ends when we do.
            start_new_session=True,
        )
        self._thread = Thread(target=self._run, args=((place, sizes),), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the process: what it was asked for is there by now, or is not wanted any more."""
        self._process.kill()
        self._process.wait(END_TIMEOUT_S)
        self._thread.join(END_TIMEOUT_S)
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                _there(pipe).close()

    def _run(self, opening: tuple[Place, Sequence[int]]) -> None:
        part = 0
        try:
            # Until it has started it takes nothing that another could be doing.
            self._answer(opening)
            while (taken := _next(self._left)) is not None:
                part, span = taken
                self._said.put((part, self._answer(span)))
        except ConnectionError as error:
            self._said.put((part, error))

    def _answer(self, request: object) -> Any:
        try:
            _send(_there(self._process.stdin), request)
            answer = _receive(_there(self._process.stdout))
        except (EOFError, OSError, ValueError):
            raise ConnectionError("a process that scans for this one has ended") from None
        if isinstance(answer, str):
            # The log's own errors do not travel between processes.
            raise ConnectionError(answer)
        return answer


def _next(left: deque[tuple[int, Span]]) -> tuple[int, Span] | None:
    """Return what is to be scanned next and its number; None if another took the last of it."""
    try:
        return left.popleft()
    except IndexError:
        return None


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise TypeError("a process without pipes")
    return pipe


def _send(stream: IO[bytes], value: object) -> None:
    pickle.dump(value, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any:
    return pickle.load(stream)  # noqa: S301 - from a process that we started, or that started us


def main() -> None:
    """Scan the spans that the process that started us asks for, until it asks no more."""
    asked, answered = sys.stdin.buffer, sys.stdout.buffer
    collect_seldom()
    try:
        place, sizes = _receive(asked)
        database = Database(place.url, role=place.role)
        with closing(database), database.transaction() as cursor:
            cursor.execute(SET_ISOLATION)
            cursor.execute(SET_SNAPSHOT, (place.snapshot,))
            _send(answered, None)
            known = commitments(cursor, entries=place.entries)
            while True:
                span = _receive(asked)
                _send(answered, scan(cursor, span, sizes=sizes, known=known))
    except (EOFError, BrokenPipeError):
        # At once: what nobody is left to read must not be tried to be written again.
        os._exit(0)
    except EventLogError as error:
        _send(answered, str(error))


if __name__ == "__main__":
    main()
