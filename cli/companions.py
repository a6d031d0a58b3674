"""Processes that work on the log beside the HTTP interface, each with an interpreter of its own.

Promise: none outlives the process that started it, however that ends; one that ends by itself is
told at once and by its name, and loses nothing.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from threading import Event, Thread
from typing import TYPE_CHECKING, Literal, NamedTuple

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from cli.exit_codes import ExitCode
from cli.settings import Settings

if TYPE_CHECKING:
    # With it comes the client of the brokers, which only one companion needs.
    from cli.brokers import Where

# The brokers and PostgreSQL may each be waited for; a machine may be out of breath.
START_TIMEOUT_S = 120
# What is under way is finished first: a page of the log, a batch that waits for the writer lock.
END_TIMEOUT_S = 60

Role = Literal["projector", "consumer"]


class Order(NamedTuple):
    """What a companion is to do; it travels through a socket, for secrets are in the settings."""

    role: Role
    settings: Settings
    begin: Where | None = None
    actor: str = ""


class Started(NamedTuple):
    """A companion says that it is at work."""


class Measured(NamedTuple):
    """A companion says what it measured so far."""

    figures: Sequence[Metric]


class Failed(NamedTuple):
    """A companion says why it ends, in one line."""

    code: int
    reason: str


Said = Started | Measured | Failed


class CompanionEnded(Exception):
    """A companion ended without being told to, or did not end when it was."""

    def __init__(self, role: str, why: str, *, code: ExitCode = ExitCode.INFRASTRUCTURE) -> None:
        super().__init__(f"the {role} {why}")
        self.code = code


class Companion:
    """One companion, as the process that started it sees it."""

    def __init__(self, order: Order, on_end: Callable[[], None]) -> None:
        """Start it; `on_end` is called when it has ended, from another thread."""
        self._role = order.role
        self._on_end = on_end
        self._was_heard = Event()
        self._is_at_work = False
        self._failed: Failed | None = None
        self.figures: Sequence[Metric] = ()
        self._line, theirs = Pipe()
        with theirs:
            self._process = _started(order.role, theirs)
        with suppress(BrokenPipeError):
            self._line.send(order)
        # Whoever ends in a hurry leaves it: the companion ends when the line does.
        self._thread = Thread(target=self._listen, name=f"{order.role}-heard", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def wait_until_at_work(self) -> None:
        """Wait until it says that it is at work.

        Raises:
            CompanionEnded: it ended before, or takes too long.
        """
        if not self._was_heard.wait(START_TIMEOUT_S):
            raise CompanionEnded(self._role, f"did not start within {START_TIMEOUT_S} s")
        if not self._is_at_work:
            raise self._ended()

    def end(self) -> None:
        """Tell it to end, and wait until it has finished what is under way.

        Raises:
            CompanionEnded: it had ended by itself, or could not finish.
        """
        with suppress(OSError):
            self._line.send(None)
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._thread.join()
        self._line.close()
        if self._process.wait() != 0:
            raise self._ended()

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                match self._line.recv():
                    case Started():
                        self._is_at_work = True
                        self._was_heard.set()
                    case Measured(figures):
                        self.figures = figures
                    case Failed() as failed:
                        self._failed = failed
        self._was_heard.set()
        self._on_end()

    def _ended(self) -> CompanionEnded:
        code = self._process.wait()
        if self._failed is not None:
            said = f"ended: {self._failed.reason}"
            return CompanionEnded(self._role, said, code=ExitCode(self._failed.code))
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return CompanionEnded(self._role, f"ended with {how}")


class Companions(Collector):
    """The companions of one process; a registry takes them for what they measure."""

    def __init__(self) -> None:
        self.running: list[Companion] = []
        self.has_one_ended = Event()

    def wait_until_at_work(self) -> None:
        """Wait until all of them are at work.

        Raises:
            CompanionEnded: one of them ended before.
        """
        for one in self.running:
            one.wait_until_at_work()

    def collect(self) -> Iterator[Metric]:
        """Yield what each of them measured until a moment ago."""
        for one in self.running:
            yield from one.figures


@contextmanager
def companions(orders: Sequence[Order]) -> Iterator[Companions]:
    """Run companions for the time of a block; the last one is ended first.

    Raises:
        CompanionEnded: one of them ended by itself.
    """
    beside = Companions()
    with ExitStack() as ends:
        for order in orders:
            one = Companion(order, beside.has_one_ended.set)
            ends.callback(one.end)
            beside.running.append(one)
        yield beside


def _started(role: Role, theirs: Connection) -> subprocess.Popen[bytes]:
    # Without -P a folder of the same name, where we happen to be called, came first.
    program = [sys.executable, "-P", "-m", "cli.companion"]
    return subprocess.Popen(  # noqa: S603 - constants
        # The role is for whoever lists processes.
        [*program, str(theirs.fileno()), role],
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
        # Ctrl-C is for us to answer: requests under way are answered first.
        start_new_session=True,
    )
