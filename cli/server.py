"""The process behind `serve`: HTTP in the main thread, the projector in another.

Promise: when one of them ends, so does the other; requests under way are answered first.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import uvicorn
from fastapi import FastAPI

from cli.wiring import Installation, now
from consumers.over_http import events_router
from eventlog.errors import EventLogError
from projections.runner import Runner
from readers.app import create_app
from readers.sources import Sources

GRACE_S = 10
"""How long requests under way may take once we were told to stop."""


def application(parts: Installation) -> FastAPI:
    """Return the HTTP interface: what is asked of the views, and the way in for events."""
    app = create_app(Sources(parts.views, now, unavailable=(EventLogError,)))
    app.include_router(events_router(parts.intake))
    return app


def run(app: FastAPI, runner: Runner, *, listens: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, with the projections following the log.

    Raises whatever ended the projector.
    """
    config = uvicorn.Config(
        app,
        access_log=False,  # identifiers stand in the query strings
        log_config=None,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = uvicorn.Server(config)

    def stop_serving() -> None:
        server.should_exit = True

    # uvicorn ends gracefully, then raises the signal again for whoever else listens.
    with projecting(runner, on_failure=stop_serving), suppress(KeyboardInterrupt, SystemExit):
        server.run(sockets=[listens])


def log_to_stderr(level: str) -> None:
    """Tell on standard error what happens at this level and above."""
    logging.basicConfig(level=level.upper(), format="%(levelname)s %(name)s: %(message)s")
    # What it tells of its starting and stopping, the command itself says better.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


@contextmanager
def projecting(runner: Runner, *, on_failure: Callable[[], None]) -> Iterator[None]:
    """Keep the projections at the head of the log in a thread, for the time of a block.

    Raises whatever ended it, at the end of the block.
    """
    stop = Event()
    failures: list[Exception] = []

    def follow() -> None:
        try:
            runner.run_forever(stop)
        except Exception as error:
            failures.append(error)
            on_failure()

    thread = Thread(target=follow, name="projector")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]
