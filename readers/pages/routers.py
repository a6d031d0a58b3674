"""All pages, and the few static files that they need, as parts of the application."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from readers.pages import (
    audit,
    continuity,
    customer,
    desk,
    projections,
    promises,
    quarantine,
    replay,
    review,
)
from readers.pages.rendering import HERE, SECURITY

ROUTERS = tuple(
    module.router
    for module in (
        desk,
        customer,
        promises,
        continuity,
        review,
        quarantine,
        projections,
        audit,
        replay,
    )
)


class Files(StaticFiles):
    """Files of the package, asked for again only where they changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file with the headers that a page has."""
        response = await super().get_response(path, scope)
        response.headers.update({**SECURITY, "Cache-Control": "no-cache"})
        return response


def add_pages(app: FastAPI) -> None:
    """Let an application answer people, too."""
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Files(directory=HERE / "static"))
