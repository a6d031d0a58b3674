"""The process behind `serve` and `up`: HTTP in the main thread, what follows the log beside it.

Promise: when one of them ends, so do the others; requests under way are answered first.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from threading import Event, Thread
from types import MappingProxyType

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from cli.decider import Decider
from cli.deciding import acting
from cli.holding import held_by
from cli.wiring import Installation, now
from consumers.figures import QuarantineFigures, Taken
from consumers.over_http import events_router
from consumers.quarantine_over_http import quarantine_router
from decisions.errors import DecidingError
from eventlog.errors import EventLogError
from projections.runner import Runner
from readers.app import create_app
from readers.live import Live
from readers.sources import Sources

Follow = Callable[[Event], None]
"""What runs until the event is set."""

NOTHING: Mapping[str, Follow] = MappingProxyType({})
GRACE_S = 10
"""How long requests under way may take once we were told to stop."""


def application(parts: Installation) -> FastAPI:
    """Return the HTTP interface: what is asked of the views, and the way in for events."""
    sources = Sources(
        parts.views,
        Live(parts.live_reader),
        now,
        decide=Decider(parts.views, parts.decisions).decide,
        rehearse=Decider(parts.views, parts.rehearsal).decide,
        actor=acting(parts, None),
        held=held_by(parts),
        unavailable=(EventLogError, DecidingError),
        tree=parts.tree,
        prover=parts.prover,
        names=parts.settings.names,
    )
    app = create_app(sources)
    registry: CollectorRegistry = app.state.registry
    registry.register(QuarantineFigures(parts.intake.quarantine))
    app.include_router(events_router(parts.intake, Taken(registry)))
    app.include_router(quarantine_router(parts.intake.quarantine))
    return app


def run(
    app: FastAPI, runner: Runner, *, listens: socket.socket, also: Mapping[str, Follow] = NOTHING
) -> None:
    """Serve until SIGINT or SIGTERM, with the projections following the log.

    `also` is what else runs meanwhile, by its name; what comes last is stopped first.
    Raises whatever ended the projector or one of those.
    """
    server = server_of(app)

    def stop_serving() -> None:
        server.should_exit = True

    # uvicorn ends gracefully, then raises the signal again for whoever else listens.
    with ExitStack() as running:
        running.enter_context(projecting(runner, on_failure=stop_serving))
        for name, follow in also.items():
            running.enter_context(beside(follow, name=name, on_failure=stop_serving))
        with suppress(KeyboardInterrupt, SystemExit):
            server.run(sockets=[listens])


def server_of(app: FastAPI) -> uvicorn.Server:
    """Return the server of an application; it runs until its `should_exit` is set."""
    config = uvicorn.Config(
        app,
        access_log=False,  # identifiers stand in the query strings
        log_config=None,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    return _Server(config, app.state.sources.live)


def log_to_stderr(level: str) -> None:
    """Tell on standard error what happens at this level and above."""
    logging.basicConfig(level=level.upper(), format="%(levelname)s %(name)s: %(message)s")
    # What it tells of its starting and stopping, the command itself says better.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    # What it tells at other levels repeats keys and values of records.
    logging.getLogger("kafka").setLevel(logging.ERROR)


def projecting(runner: Runner, *, on_failure: Callable[[], None]) -> AbstractContextManager[None]:
    """Keep the projections at the head of the log in a thread, for the time of a block."""
    return beside(runner.run_forever, name="projector", on_failure=on_failure)


@contextmanager
def beside(follow: Follow, *, name: str, on_failure: Callable[[], None]) -> Iterator[None]:
    """Let something run in a thread, until it is told to stop at the end of a block.

    Raises whatever ended it, at the end of the block.
    """
    stop = Event()
    failures: list[Exception] = []

    def run() -> None:
        try:
            follow(stop)
        except Exception as error:
            failures.append(error)
            on_failure()

    thread = Thread(target=run, name=name)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]


class _Server(uvicorn.Server):
    """Ends live streams when it is told to stop: they would hold up the end until it is forced."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would go on for ever, then all that is under way."""
        self._live.end()
        await super().shutdown(sockets)
