"""The process that a companion is: it follows the log until the one that started it says stop.

Promise: it also ends when that one is gone, however that happened, and leaves nothing running.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from threading import Event, Thread

from prometheus_client import CollectorRegistry

from cli.companions import END_TIMEOUT_S, Failed, Measured, Order, Said, Started
from cli.failures import exit_code_of, said_of
from cli.following import Follow, following
from cli.logs import log_to_stderr
from cli.wiring import Installation, installation

# Prometheus asks every few seconds.
TELL_S = 1.0


def main() -> None:
    """Do what the process that started us wants, until it says stop or is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Sent to all of a service at once, it is for that process to answer: we end when it does.
        # What we start in turn would inherit it if the kernel ignored them.
        signal.signal(number, lambda *_: None)
    line = Connection(int(sys.argv[1]))
    with suppress(EOFError):
        _follow(line.recv(), line)


def _follow(order: Order, line: Connection) -> None:
    stop = Event()
    Thread(target=_wait_to_be_told, args=(line, stop), daemon=True).start()
    log_to_stderr(order.settings.log_level)
    try:
        _work(order, line, stop=stop)
    except Exception as error:
        if order.settings.debug:
            traceback.print_exception(error)
        _tell(line, Failed(exit_code_of(error), said_of(error)))
        sys.exit(1)


def _work(order: Order, line: Connection, *, stop: Event) -> None:
    """Follow the log until `stop` is set, by ourselves where something fails."""
    registry = CollectorRegistry()
    with (
        installation(order.settings) as parts,
        _follows(order, parts, registry=registry) as follows,
        ExitStack() as running,
    ):
        for name, follow in follows.items():
            running.enter_context(following(follow, name=name, on_failure=stop.set))
        _tell(line, Started())
        while not stop.wait(TELL_S):
            _tell(line, Measured(list(registry.collect())))


@contextmanager
def _follows(
    order: Order, parts: Installation, *, registry: CollectorRegistry
) -> Iterator[Mapping[str, Follow]]:
    """Give what is to run, by its name; what comes last is stopped first."""
    match order.role:
        case "projector":
            yield _projecting(parts)
        case "consumer":
            with _consuming(order, parts, registry=registry) as follow:
                yield {"consumer": follow}


def _projecting(parts: Installation) -> Mapping[str, Follow]:
    from cli.clock import clock_beside
    from cli.signing import signing_beside

    return {
        "projector": parts.runner.run_forever,
        "clock": clock_beside(parts).run_forever,
        "signer": signing_beside(parts),
    }


@contextmanager
def _consuming(
    order: Order, parts: Installation, *, registry: CollectorRegistry
) -> Iterator[Follow]:
    # Its client alone takes a good part of a second to load: nobody else waits for it.
    from cli.consuming import consuming
    from consumers.topics.figures import Figures

    figures = Figures(registry)
    with consuming(parts, begin=order.begin, actor=order.actor, figures=figures) as stream:
        yield stream.run


def _tell(line: Connection, said: Said) -> None:
    # Whoever started us may be gone at any moment; then we are about to be told to end.
    with suppress(BrokenPipeError):
        line.send(said)


def _wait_to_be_told(line: Connection, stop: Event) -> None:
    with suppress(EOFError, OSError):
        line.recv()
    stop.set()
    # As a daemon it is not waited for: it goes on only if something else does not end.
    Event().wait(END_TIMEOUT_S)
    os._exit(1)


if __name__ == "__main__":
    main()
