"""What publishers are answered over HTTP.

Promise: a status never says more than the log: 201 when all that was sent is kept and some of it is
new, 200 when the verdicts are to be read, 4xx and 5xx when nothing is known to be stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi.responses import JSONResponse

from consumers.errors import (
    MediaTypeRefused,
    MessageIncomplete,
    MessageTooLarge,
    NotQuarantined,
    QuarantineCursorInvalid,
)
from consumers.verdicts import Tally, Verdict
from domain.problems import Invalid
from eventlog.errors import LogUnavailable

PROBLEM = "application/problem+json"
URN = "urn:toldonce:problem:"
RETRY_AFTER_S = 2


class Kind(NamedTuple):
    """One kind of problem: its name makes its type, its title is the same for all of its kind."""

    status: HTTPStatus
    name: str
    title: str


INVALID = Kind(
    HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-event", "The event is invalid and was not stored"
)
INVALID_BATCH = Kind(
    HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-batch", "The batch is invalid, nothing was stored"
)
CONFLICT = Kind(
    HTTPStatus.CONFLICT, "conflicting-event", "Another event is kept under this source and id"
)
TOO_LARGE = Kind(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "The body is over a limit, see GET /v1/limits"
)
UNAVAILABLE = Kind(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "The log cannot be written now")
KINDS: dict[type[Exception], Kind] = {
    MessageIncomplete: Kind(
        HTTPStatus.REQUEST_TIMEOUT, "incomplete", "The body did not arrive in time"
    ),
    MessageTooLarge: TOO_LARGE,
    MediaTypeRefused: Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body cannot be read"
    ),
    NotQuarantined: Kind(HTTPStatus.NOT_FOUND, "not-quarantined", "There is no such event"),
    QuarantineCursorInvalid: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", "A part of the request is not valid"
    ),
    LogUnavailable: UNAVAILABLE,
}
"""What each error is answered with."""

# What the database said may name hosts, and the publisher can do nothing with it.
SEND_AGAIN = "Nothing is known to be stored. Send the same again: what is kept is a duplicate."


def single_answer(verdict: Verdict) -> JSONResponse:
    """Answer for one event."""
    if verdict.kind == "invalid":
        return _answer(problem(INVALID, verdict))
    if verdict.kind == "conflict":
        return _answer(problem(CONFLICT, verdict))
    return JSONResponse(verdict.to_json(), _status([verdict]))


def batch_answer(verdicts: Sequence[Verdict]) -> JSONResponse:
    """Answer for a batch."""
    return JSONResponse(batch_content(verdicts), _status(verdicts))


def unreadable_batch_answer(invalid: Invalid, *, is_over_limit: bool) -> JSONResponse:
    """Answer for a batch that is not taken apart into events."""
    kind = TOO_LARGE if is_over_limit else INVALID_BATCH
    return _answer(problem(kind, Verdict("invalid", problems=invalid.problems)))


def failure_answer(error: Exception) -> JSONResponse:
    """Answer for one of the errors in KINDS."""
    kind = KINDS[type(error)]
    if kind is not UNAVAILABLE:
        return _answer(problem(kind, str(error)))
    answer = _answer(problem(kind, SEND_AGAIN))
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def problem(kind: Kind, about: str | Verdict) -> dict[str, Any]:
    """Return problem details (RFC 9457), with a sentence or a verdict about this occurrence."""
    said = {"type": URN + kind.name, "title": kind.title, "status": int(kind.status)}
    return said | ({"detail": about} if isinstance(about, str) else about.to_json())


def batch_content(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return one verdict per event, in order, and how many there are of which."""
    tally = Tally()
    tally.add(verdicts)
    said = [verdict.to_json() for verdict in verdicts]
    return {"verdicts": said, "counts": tally.to_json()}


def _status(verdicts: Sequence[Verdict]) -> HTTPStatus:
    kinds = {verdict.kind for verdict in verdicts}
    is_created = "stored" in kinds and kinds <= {"stored", "duplicate"}
    return HTTPStatus.CREATED if is_created else HTTPStatus.OK


def _answer(content: dict[str, Any]) -> JSONResponse:
    return JSONResponse(content, content["status"], media_type=PROBLEM)
