"""The process behind `serve` and `up`: HTTP, with companions that follow the log beside it.

Promise: when one of them ends, so do the others; requests under way are answered first.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from cli.companions import Companions
from cli.decider import Decider
from cli.deciding import acting
from cli.holding import held_by
from cli.wiring import Installation, now
from consumers.over_http.events import events_router
from consumers.over_http.figures import QuarantineFigures, Taken
from consumers.over_http.quarantine import quarantine_router
from decisions.errors import DecidingError
from eventlog.errors import EventLogError
from readers.app import create_app
from readers.live import Live
from readers.sources import Sources

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


def run(app: FastAPI, beside: Companions, *, listens: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, or until one of the companions ends.

    What they measure is among the figures of the application.
    """
    app.state.registry.register(beside)
    server = server_of(app, is_over=beside.has_one_ended.is_set)
    # uvicorn ends gracefully, then raises the signal again for whoever else listens.
    with suppress(KeyboardInterrupt, SystemExit):
        server.run(sockets=[listens])


def server_of(app: FastAPI, *, is_over: Callable[[], bool] = lambda: False) -> uvicorn.Server:
    """Return the server of an application; it runs until `should_exit` is set, or `is_over`."""
    config = uvicorn.Config(
        app,
        access_log=False,  # identifiers stand in the query strings
        log_config=None,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    return _Server(config, app.state.sources.live, is_over=is_over)


class _Server(uvicorn.Server):
    """Ends live streams when it is told to stop: they would hold up the end until it is forced."""

    def __init__(self, config: uvicorn.Config, live: Live, *, is_over: Callable[[], bool]) -> None:
        super().__init__(config)
        self._live = live
        self._is_over = is_over

    async def on_tick(self, counter: int) -> bool:
        """Say, ten times a second, whether to end."""
        return await super().on_tick(counter) or self._is_over()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would go on for ever, then all that is under way."""
        self._live.end()
        await super().shutdown(sockets)
