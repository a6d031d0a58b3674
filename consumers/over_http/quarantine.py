"""Quarantine over HTTP: GET /v1/quarantine and GET /v1/quarantine/{id}. Deciding is for commands.

Promise: lists never hold what was sent; a single event, asked for by its id, comes with its bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from consumers.errors import NotQuarantined, QuarantineCursorInvalid
from consumers.held import PAGE_MAX, HeldQuery, Refusal, State
from consumers.over_http.answers import KINDS, PROBLEM, UNAVAILABLE, failure_answer, problem
from consumers.over_http.openapi import JSON, Reason, described
from consumers.quarantine import Quarantine
from domain.shape_example import example_of

PAGE_EVENTS = 50
ORIGIN_CHARS_MAX = 512

Origin = Annotated[
    str,
    Query(
        max_length=ORIGIN_CHARS_MAX,
        description="Only from places that begin like this.",
        examples=["toldonce.events/3@", "stories.ndjson"],
    ),
]
Cursor = Annotated[
    str | None, Query(max_length=ORIGIN_CHARS_MAX, description="`next` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HeldDecision(_Answer):
    """When, by whom and why it was decided what becomes of an event."""

    at: datetime
    by: str
    reason: str


class HeldAnswer(_Answer):
    """One event in quarantine, without what was sent."""

    id: UUID
    origin: str = Field(description="Where it came from: file and line, or topic and offset")
    verdict: Refusal
    problems: tuple[Reason, ...]
    state: State
    seen_count: int = Field(description="How many times the same bytes came from there")
    first_seen: datetime
    last_seen: datetime
    retried_count: int
    position: int | None = Field(description="Where it stands in the log, once it is stored")
    decided: HeldDecision | None


class SentAnswer(_Answer):
    """What was sent: the bytes, as text too where they are UTF-8."""

    attributes: dict[str, str] | None = Field(description="The envelope, in binary mode")
    text: str | None
    base64: str


class HeldInFull(HeldAnswer):
    """One event in quarantine with what was sent; null once its person was erased."""

    sent: SentAnswer | None


class HeldPageAnswer(_Answer):
    """One page, oldest first; `next` is the cursor of the page that follows, null for the last."""

    events: tuple[HeldAnswer, ...]
    next: str | None


def _shaped(model: type[_Answer]) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model, "content": {JSON: {"example": example_of(model)}}}}


_STRING = {"type": "string"}
_PART = {"type": "object", "properties": {"parameter": _STRING, "reason": _STRING}}
_INVALID = KINDS[QuarantineCursorInvalid]
_NOT_VALID = {
    "description": "A part of the request is not valid.",
    "content": {
        PROBLEM: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status"],
                "properties": {
                    **dict.fromkeys(("type", "title", "detail"), _STRING),
                    "status": {"type": "integer"},
                    "problems": {"type": "array", "items": _PART},
                },
            },
            "example": problem(_INVALID, "The cursor is none that was given out."),
        }
    },
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    404: described(KINDS[NotQuarantined], "There is no such event."),
    422: _NOT_VALID,
    503: described(UNAVAILABLE, "The database cannot be asked now."),
}


def quarantine_router(quarantine: Quarantine) -> APIRouter:
    """Make the routes by which quarantine is looked at."""
    router = APIRouter(prefix="/v1", tags=["quarantine"], responses=RESPONSES)

    @router.get("/quarantine", responses=_shaped(HeldPageAnswer))
    def held(
        state: State = "held",
        verdict: Refusal | None = None,
        origin: Origin = "",
        cursor: Cursor = None,
        limit: Limit = PAGE_EVENTS,
    ) -> Response:
        """Return a page of the events that were refused where nobody waited, oldest first."""
        query = HeldQuery(state, verdict, origin, cursor, limit)
        return _answered(lambda: quarantine.page(query).to_json())

    @router.get("/quarantine/{quarantine_id}", responses=_shaped(HeldInFull))
    def one(quarantine_id: UUID) -> Response:
        """Return one of them with what was sent, byte for byte."""
        return _answered(lambda: quarantine.existing(quarantine_id).to_json_with_bytes())

    return router


def _answered(ask: Callable[[], dict[str, Any]]) -> Response:
    try:
        return Response(to_json(ask()), media_type=JSON)
    except tuple(KINDS) as error:
        return failure_answer(error)
