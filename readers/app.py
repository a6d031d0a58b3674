"""The HTTP interface: every answer names its position, every failure is problem details."""

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from projections.errors import ProjectionError
from readers.failing import answer_failures
from readers.own_site import MISDIRECTED, OwnSite
from readers.pages.routers import add_pages
from readers.problems import described
from readers.routes import (
    continuity,
    customers,
    docs,
    figures,
    health,
    identity,
    projections_state,
    promises,
    proofs,
    review,
    stream,
    tiles,
)
from readers.routes.figures import Measured, ViewFigures
from readers.sources import Sources

DESCRIPTION = """\
What customers said once, for everybody who answers them.

Every answer carries the header `Toldonce-Position`: the position of the log that it rests on. A
request with `wait_for=POSITION` is answered once that position is known, so whoever published an
event finds it in the next answer. Failures are problem details (RFC 9457).
"""


def create_app(sources: Sources) -> FastAPI:
    """Return the application that answers from `sources`."""
    app = FastAPI(
        title="ToldOnce",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        responses=described(MISDIRECTED),
    )
    app.state.sources = sources
    app.state.registry = CollectorRegistry()
    app.state.registry.register(
        ViewFigures(
            sources.views,
            sources.live,
            clock=sources.clock,
            unavailable=(*sources.unavailable, ProjectionError),
        )
    )
    app.include_router(customers.router)
    app.include_router(continuity.router)
    app.include_router(promises.router)
    app.include_router(stream.router)
    app.include_router(identity.router)
    app.include_router(review.router)
    app.include_router(projections_state.router)
    app.include_router(tiles.router)
    app.include_router(proofs.router)
    app.include_router(health.router)
    app.include_router(figures.router)
    app.include_router(docs.router)
    add_pages(app)
    answer_failures(app, unavailable=sources.unavailable)
    app.add_middleware(OwnSite, names=sources.names)
    app.add_middleware(Measured, registry=app.state.registry)
    return app
