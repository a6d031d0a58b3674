"""Every failure of a request becomes problem details, and a fault is told without its data."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from readers.problems import FAULT, INVALID, KINDS, UNAVAILABLE, ParameterInvalid, of_status

# The framework's own words repeat what was asked.
REASONS = {
    "missing": "is required",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "may be given at most {max_length} times",
    "literal_error": "must be {expected}",
    "int_parsing": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "uuid_parsing": "must be a UUID",
}

_logger = logging.getLogger(__name__)


def answer_failures(app: FastAPI, *, unavailable: tuple[type[Exception], ...]) -> None:
    """Answer every failure with problem details; `unavailable` are infrastructure's errors."""
    for known in KINDS:
        app.add_exception_handler(known, _known)
    for missing in unavailable:
        app.add_exception_handler(missing, _unavailable)
    app.add_exception_handler(ParameterInvalid, _not_valid)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _chosen)
    app.add_middleware(Faults)


def place_of(error: Exception) -> str:
    """Return where an error was raised: that may be told, its words may not."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


class Faults:
    """Answers what nobody expected, and logs where it happened but not what it said."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            # The words of an error may repeat what a customer said; its place cannot.
            _logger.error("%s at %s", type(error).__name__, place_of(error))
            if scope["type"] == "http" and not has_begun:
                await FAULT.response()(scope, receive, send)


def _known(request: Request, error: Exception) -> JSONResponse:
    kind = next(KINDS[base] for base in type(error).__mro__ if base in KINDS)
    if kind is UNAVAILABLE:
        return _unavailable(request, error)
    return kind.response(str(error), **getattr(error, "values", {}))


def _unavailable(request: Request, error: Exception) -> JSONResponse:
    # What the database said may name hosts; whoever asked can do nothing with it.
    _logger.warning("%s", error)
    return UNAVAILABLE.response()


def _not_valid(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, RequestValidationError):
        found = [(str(one["loc"][-1]), _reason(one)) for one in error.errors()]
    else:
        found = [(error.parameter, error.reason)] if isinstance(error, ParameterInvalid) else []
    problems = [{"parameter": name, "reason": reason} for name, reason in found]
    return INVALID.response(problems=problems)


def _chosen(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    response = of_status(status).response()
    response.headers.update(getattr(error, "headers", None) or {})
    return response


def _reason(found: Mapping[str, Any]) -> str:
    return REASONS.get(found["type"], "is not valid").format_map(found.get("ctx", {}))
