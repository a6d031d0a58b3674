"""How the events' endpoints are described in OpenAPI: shapes of answers, and one example of each.

Promise: every example is what the endpoint takes or answers; the tests hold them against it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from consumers.errors import MediaTypeRefused, MessageIncomplete, MessageTooLarge
from consumers.over_http.answers import (
    CONFLICT,
    INVALID,
    KINDS,
    PROBLEM,
    RETRY_AFTER_S,
    SEND_AGAIN,
    UNAVAILABLE,
    Kind,
    batch_content,
    problem,
)
from consumers.over_http.messages import BATCH, BINARY, BODY_TIMEOUT_S, COMPRESSED, STRUCTURED
from consumers.verdicts import DIFFERS, Verdict
from domain.decode import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX, FUTURE_MAX
from domain.example import example
from domain.problems import Problem

JSON = "application/json"
COMPONENT = "#/components/schemas/{model}"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(_Answer):
    """One thing that is wrong."""

    pointer: str = Field(description='JSON Pointer (RFC 6901); "" is the whole event')
    reason: str


class VerdictAnswer(_Answer):
    """What became of one event."""

    verdict: Literal["stored", "duplicate", "conflict", "invalid", "suppressed"]
    source: str | None = None
    id: str | None = None
    position: int | None = Field(None, description="Where its source and id stand in the log")
    problems: tuple[Reason, ...] = ()


class Counts(_Answer):
    """How many events of a batch got which verdict."""

    stored: int
    duplicate: int
    conflict: int
    invalid: int
    suppressed: int
    position: int = Field(description="The newest position of one of them; 0 for none")


class BatchAnswer(_Answer):
    """One verdict per event, in the order of the batch."""

    verdicts: tuple[VerdictAnswer, ...]
    counts: Counts


class ProblemDetails(_Answer):
    """RFC 9457 problem details, with the members of the verdict when there is one."""

    type: str
    title: str
    status: int
    detail: str | None = None
    verdict: Literal["conflict", "invalid"] | None = None
    source: str | None = None
    id: str | None = None
    position: int | None = None
    problems: tuple[Reason, ...] = ()


class Limits(_Answer):
    """What is taken at most, and in which forms."""

    event_bytes_max: int = EVENT_BYTES_MAX
    batch_events_max: int = BATCH_EVENTS_MAX
    batch_bytes_max: int = BATCH_BYTES_MAX
    future_s_max: int = int(FUTURE_MAX.total_seconds())
    content_types: tuple[str, ...] = (STRUCTURED, BATCH, BINARY)


EVENT = example("toldonce.contact.started.v1")
_NAMED = EVENT["source"], EVENT["id"]
_STORED = Verdict("stored", *_NAMED, 41)
_DUPLICATE = Verdict("duplicate", *_NAMED, 41)
_INVALID = Verdict("invalid", *_NAMED, problems=(Problem("/data/contact_id", "is required"),))
_CONFLICT = Verdict("conflict", *_NAMED, 41, (Problem("", DIFFERS.format(position=41)),))


# What stands before all routes refuses it; a publisher is told here.
FOREIGN = Kind(HTTPStatus.FORBIDDEN, "foreign", "A page of another site may change nothing")


def described(kind: Kind, description: str) -> dict[str, Any]:
    """Return how a problem is described that needs no words of its own."""
    return _problem(problem(kind, kind.title), description)


def _verdicts(description: str, **examples: dict[str, Any]) -> dict[str, Any]:
    named = {name: {"value": value} for name, value in examples.items()}
    return {
        "model": VerdictAnswer | BatchAnswer,
        "description": description,
        "content": {JSON: {"examples": named}},
    }


def _problem(example: dict[str, Any], description: str) -> dict[str, Any]:
    # Named as a model it would be listed as application/json; what it refers to is listed anyway.
    schema = ProblemDetails.model_json_schema(ref_template=COMPONENT)
    schema.pop("$defs")
    content = {PROBLEM: {"schema": schema, "example": example}}
    return {"description": description, "content": content}


def _failure(error: Exception, description: str) -> dict[str, Any]:
    return _problem(problem(KINDS[type(error)], str(error)), description)


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _verdicts(
        "Read the verdicts: nothing is new (duplicates), or an event of a batch was refused, or "
        "it is about an erased person (suppressed).",
        duplicate=_DUPLICATE.to_json(),
        batch_with_an_invalid_event=batch_content([_STORED, _INVALID]),
    ),
    201: _verdicts(
        "Everything that was sent is durable in the log, and some of it is new.",
        stored=_STORED.to_json(),
        batch=batch_content([_STORED, _DUPLICATE]),
    ),
    403: described(
        FOREIGN, "A browser says that a page of another site sends this. Nothing was stored."
    ),
    408: _failure(
        MessageIncomplete(timeout_s=BODY_TIMEOUT_S),
        "The body did not arrive in time. Nothing was stored.",
    ),
    409: _problem(
        problem(CONFLICT, _CONFLICT),
        "A single event whose source and id are kept with another content. Nothing was stored.",
    ),
    413: _failure(
        MessageTooLarge(bytes_max=EVENT_BYTES_MAX),
        "The event or the batch is over a limit; see `GET /v1/limits`. Nothing was stored.",
    ),
    415: _failure(
        MediaTypeRefused(reason=COMPRESSED),
        "None of the three modes of CloudEvents, or compressed. Nothing was stored.",
    ),
    422: _problem(
        problem(INVALID, _INVALID),
        "A single event that is invalid, or a batch that is no array. Nothing was stored.",
    ),
    503: _problem(
        problem(UNAVAILABLE, SEND_AGAIN),
        "The log cannot be written now; `Retry-After` says when to send the same again. What was "
        "stored nevertheless will be a duplicate.",
    )
    | {"headers": {"Retry-After": {"schema": {"type": "integer"}, "example": RETRY_AFTER_S}}},
}

_ATTRIBUTES = ("specversion", "id", "source", "type", "time")
REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"One event (at most {EVENT_BYTES_MAX} bytes) or a batch of at most "
        f"{BATCH_EVENTS_MAX} events and {BATCH_BYTES_MAX} bytes. The JSON Schema of each type of "
        "event is printed by `toldonce schema`.",
        "content": {
            STRUCTURED: {"schema": {"type": "object"}, "example": EVENT},
            BATCH: {
                "schema": {"type": "array", "items": {"type": "object"}},
                "example": [EVENT],
            },
            BINARY: {"schema": {"type": "object"}, "example": EVENT["data"]},
        },
    },
    "parameters": [
        {
            "name": f"ce-{name}",
            "in": "header",
            "required": False,
            "description": "Binary mode only, percent-encoded; extensions likewise.",
            "schema": {"type": "string"},
            "example": EVENT[name],
        }
        for name in _ATTRIBUTES
    ],
}
