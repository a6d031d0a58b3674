"""What goes wrong over HTTP, as problem details (RFC 9457); one table says which error is what.

Promise: no answer repeats a value of the request, and none shows the inside of a failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from domain.decisions import DecisionRefused
from projections.errors import CursorInvalid, NotYetKnown, ProjectionError

MEDIA_TYPE = "application/problem+json"
URN = "urn:toldonce:problem:"
RETRY_AFTER_S = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; `name` makes its type (none: the status says all there is)."""

    status: HTTPStatus
    name: str
    title: str
    is_passing: bool = False

    def response(self, detail: str = "", **members: object) -> JSONResponse:
        """Return the problem as a response; `detail` and `members` are about this one alone."""
        said = {"detail": detail} if detail else {}
        headers = {"Retry-After": str(RETRY_AFTER_S)} if self.is_passing else None
        return JSONResponse(self.shape() | said | members, self.status, headers, MEDIA_TYPE)

    def shape(self) -> dict[str, Any]:
        """Return what all problems of this kind have in common."""
        type_ = URN + self.name if self.name else "about:blank"
        return {"type": type_, "title": self.title, "status": self.status.value}


class ReaderError(Exception):
    """It cannot be answered."""

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__((type(self).__doc__ or "").strip().format(**values))


class ParameterInvalid(ReaderError):
    """The parameter {parameter} {reason}."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(parameter=parameter, reason=reason)
        self.parameter = parameter
        self.reason = reason


class CustomerUnknown(ReaderError):
    """No customer has this id."""


class Behind(ReaderError):
    """The projections stand at position {position} and did not reach {wanted} in time."""


class ListenersTooMany(ReaderError):
    """There are {number} live streams, which is all that this process serves."""


MALFORMED = Kind(HTTPStatus.BAD_REQUEST, "", HTTPStatus.BAD_REQUEST.phrase)
INVALID = Kind(
    HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", "A part of the request is not valid"
)
BEHIND = Kind(
    HTTPStatus.GATEWAY_TIMEOUT, "behind", "The position was not reached in time", is_passing=True
)
UNAVAILABLE = Kind(
    HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "It cannot be answered now", is_passing=True
)
REFUSED = Kind(HTTPStatus.CONFLICT, "decision-refused", "The decision is refused")
FAULT = Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", "This is a fault of ours")

UNKNOWN = Kind(HTTPStatus.NOT_FOUND, "customer-unknown", "There is no such customer")
NOT_YET_KNOWN = Kind(HTTPStatus.CONFLICT, "not-yet-known", "The log is not known that far yet")
KINDS: dict[type[Exception], Kind] = {
    CursorInvalid: INVALID,
    CustomerUnknown: UNKNOWN,
    NotYetKnown: NOT_YET_KNOWN,
    Behind: BEHIND,
    ListenersTooMany: UNAVAILABLE,
    DecisionRefused: REFUSED,
    ProjectionError: UNAVAILABLE,
}
"""What each error is answered with; an error that is not here is like its nearest base."""


SHAPE = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"parameter": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}
ALWAYS = (NOT_YET_KNOWN, INVALID, UNAVAILABLE, BEHIND)
"""What any question can be answered with."""


def described(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Return how OpenAPI describes these problems."""
    return {
        kind.status.value: {
            "description": kind.title,
            "content": {MEDIA_TYPE: {"schema": SHAPE, "example": kind.shape()}},
        }
        for kind in kinds
    }


def of_status(status: int) -> Kind:
    """Return the kind for a status that the framework itself chose, such as 404 or 405."""
    return Kind(HTTPStatus(status), "", HTTPStatus(status).phrase)
