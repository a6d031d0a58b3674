"""Processes that decode and seal batches beside the one that stores them, on other processors.

Promise: they only prepare. What they give is stored by us or not at all, one that ends is an error
and loses nothing, and none of them outlives us.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from select import POLLIN, poll
from struct import Struct
from typing import IO, Any

from consumers.errors import PreparerEnded
from consumers.preparing import Named, Prepared, prepared_from
from consumers.verdicts import Received
from eventlog.bulk import collect_seldom
from eventlog.drafts import Drafter
from eventlog.entry import Draft
from eventlog.errors import LogUnavailable
from eventlog.keyring import Keyring

# Below this an event waits longer for its way there and back than for being prepared here.
BATCH_EVENTS_MIN = 1_000
# A pipe holds 64 KiB by itself: forty changes of process for one batch.
PIPE_BYTES = 1 << 20
END_TIMEOUT_S = 5
READY = b"ready"

_SIZE = Struct(">Q")
_new = tuple.__new__
_logger = logging.getLogger(__name__)


class Processes:
    """A number of processes that prepare; they are started when a large batch first comes."""

    def __init__(self, number: int, url: str, *, keyring: Keyring) -> None:
        """Prepare for the log at `url`, which somebody here already holds open.

        So it is on the watch for keys that are destroyed before any process remembers one.
        """
        self._number = number
        self._opening = (url, keyring.kek, keyring.pepper)
        self._processes: list[_Process] = []
        # One thread: requests and answers take turns, so that no pipe is ever full both ways.
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        # Another: what was answered is unpacked while the next batch is prepared.
        self._joining = ThreadPoolExecutor(1, thread_name_prefix="join")

    def ready_for(self, events: int) -> int:
        """Return how many can prepare a batch of that many events sooner; start those missing."""
        if events < BATCH_EVENTS_MIN:
            return 0
        while len(self._processes) < self._number:
            self._processes.append(_Process(self._opening))
        return sum([process.is_ready() for process in self._processes])

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes that were started."""
        return [process.pid for process in self._processes]

    def begin(
        self, received: Sequence[Received], *, now: datetime, then: Callable[[Prepared], Prepared]
    ) -> Future[Prepared]:
        """Begin to have each process that is ready prepare its share, after what was begun before.

        `then` is called with the batch once it is prepared. In the result may be PreparerEnded or
        LogUnavailable: it cannot be had.
        """
        asked = [process for process in self._processes if process.has_started]
        share = -(-len(received) // len(asked))
        # The origin stays here: it is only for whoever looks into quarantine.
        requests = [
            _packed((now, [(one.raw, one.attributes, one.refusal) for one in some]))
            for some in (received[at * share : (at + 1) * share] for at in range(len(asked)))
        ]
        answers = self._asking.submit(_answered, asked, requests)
        return self._joining.submit(lambda: then(_joined(answers.result())))

    def close(self) -> None:
        """End the processes, after what was begun."""
        self._asking.shutdown()
        self._joining.shutdown()
        for process in self._processes:
            process.close()
        self._processes = []


class _Process:
    """One process that prepares, as seen from here."""

    def __init__(self, opening: tuple[str, bytes, bytes]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - constants
            # Without -P a folder of the same name, where we happen to be called, came first.
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for us to answer: what is under way is finished first.
            start_new_session=True,
            pipesize=PIPE_BYTES,
        )
        self.has_started = False
        self.ask(_packed(opening))

    def is_ready(self) -> bool:
        """Say whether it has started; it takes a second to load what it needs."""
        if not self.has_started:
            waiting = poll()
            waiting.register(self._pipe(self._process.stdout), POLLIN)
            self.has_started = bool(waiting.poll(0)) and _unpacked(self.answer()) == READY
        return self.has_started

    def ask(self, request: memoryview) -> None:
        """Send a packed request; its answer is to be taken before the next one."""
        try:
            _send(self._pipe(self._process.stdin), request)
        except OSError:
            raise self._ended() from None

    def answer(self) -> bytes:
        """Wait for the answer to the request before, packed as it comes."""
        try:
            return _receive(self._pipe(self._process.stdout))
        except EOFError:
            raise self._ended() from None

    def close(self) -> None:
        """End it, if it has not ended: it does by itself when nobody asks any more."""
        for pipe in (self._process.stdin, self._process.stdout):
            # What it was never sent because it has ended is of no use any more.
            with suppress(BrokenPipeError):
                self._pipe(pipe).close()
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ended(self) -> PreparerEnded:
        return PreparerEnded(code=self._process.wait(END_TIMEOUT_S))

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise TypeError("a process without pipes")
        return pipe


def _answered(asked: Sequence[_Process], requests: Sequence[memoryview]) -> list[bytes]:
    for process, request in zip(asked, requests, strict=True):
        process.ask(request)
    # All answers are taken, whatever the first one says: each belongs to its request.
    return [process.answer() for process in asked]


def _joined(answers: Sequence[bytes]) -> Prepared:
    whole = Prepared([], [], [])
    for answer in map(_unpacked, answers):
        if isinstance(answer, str):
            raise LogUnavailable(reason=answer)
        decoded, drafts, streams_begun = answer
        # Made of the tuples as they are: by their members it takes twice as long.
        whole.decoded.extend([_new(Named, one) if type(one) is tuple else one for one in decoded])
        whole.drafts.extend([draft and _new(Draft, draft) for draft in drafts])
        whole.streams_begun.extend(streams_begun)
    return whole


def _packed(value: object) -> memoryview:
    packed = BytesIO()
    pickler = pickle.Pickler(packed, pickle.HIGHEST_PROTOCOL)
    # Looking for what was written before costs three times what writing it again does.
    pickler.fast = True
    pickler.dump(value)
    return packed.getbuffer()


def _unpacked(packed: bytes) -> Any:
    return pickle.loads(packed)  # noqa: S301 - from a process that we started, or that started us


def _send(stream: IO[bytes], packed: memoryview) -> None:
    stream.write(_SIZE.pack(len(packed)))
    stream.write(packed)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    header = stream.read(_SIZE.size)
    if len(header) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(header)
    packed = stream.read(size)
    if len(packed) < size:
        raise EOFError
    return packed


def _answers(drafter: Drafter, now: datetime, *, received: Sequence[Any]) -> object:
    """Return a prepared share in plain tuples, which are the quickest to send; or what is wrong."""
    try:
        prepared = prepared_from(
            drafter,
            [Received(raw, "", attributes, refusal) for raw, attributes, refusal in received],
            now=now,
        )
    except LogUnavailable as error:
        return str(error.values["reason"])
    decoded = [tuple(one) if isinstance(one, Named) else one for one in prepared.decoded]
    drafts = [draft and tuple(draft) for draft in prepared.drafts]
    return decoded, drafts, prepared.streams_begun


def main() -> None:
    """Prepare what the process that started us asks for, until it asks no more."""
    # Sent to all of a service at once, it is for that process to answer: we end when it does.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    asked, answered = sys.stdin.buffer, sys.stdout.buffer
    try:
        url, kek, pepper = _unpacked(_receive(asked))
        drafter = Drafter(url, Keyring(kek, pepper))
        collect_seldom()
        _send(answered, _packed(READY))
        while True:
            now, received = _unpacked(_receive(asked))
            _send(answered, _packed(_answers(drafter, now, received=received)))
    except (EOFError, BrokenPipeError):
        # At once: what nobody is left to read must not be tried to be written again.
        os._exit(0)
    except Exception as error:
        # Its message may repeat an event; its class cannot.
        _logger.error("preparing failed with %s", type(error).__name__)
        sys.exit(1)


if __name__ == "__main__":
    main()
