"""What every page has in common as a route: its failures are pages too."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from domain.decisions import DecisionRefused
from projections.errors import ProjectionError
from readers.pages.rendering import page
from readers.positions import reached
from readers.problems import (
    INVALID,
    KINDS,
    UNAVAILABLE,
    Kind,
    ParameterInvalid,
    ReaderError,
    of_status,
)
from readers.sources import sources_of

REFUSED = Kind(HTTPStatus.CONFLICT, "decision-refused", "The decision was refused")

_logger = logging.getLogger(__name__)


class PageRoute(APIRoute):
    """A route whose known failures are answered with a page that says what is wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await answer(request)
            except Exception as error:
                kind = _kind(error, (await sources_of(request)).unavailable)
                if kind is None:
                    raise
                return _failure(kind, error)

        return answered


def pages_router() -> APIRouter:
    """Make a router whose routes are pages."""
    return APIRouter(
        route_class=PageRoute, include_in_schema=False, dependencies=[Depends(reached)]
    )


def _kind(error: Exception, unavailable: tuple[type[Exception], ...]) -> Kind | None:
    match error:
        case RequestValidationError() | ParameterInvalid():
            return INVALID
        case HTTPException():
            return of_status(error.status_code)
        case DecisionRefused():
            return REFUSED
    if isinstance(error, unavailable):
        return UNAVAILABLE
    return next((KINDS[base] for base in type(error).__mro__ if base in KINDS), None)


def _failure(kind: Kind, error: Exception) -> Response:
    if kind is UNAVAILABLE:
        # What the database said may name hosts; whoever asked can do nothing with it.
        _logger.warning("%s", error)
    is_ours = isinstance(error, ReaderError | ProjectionError | DecisionRefused)
    detail = str(error) if is_ours and kind is not UNAVAILABLE else ""
    return page("failure.html", status=kind.status, kind=kind, detail=detail)
