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

from consumers.answers import KINDS, PROBLEM, failure_answer
from consumers.held import PAGE_MAX, HeldQuery, Refusal, State
from consumers.openapi import COMPONENT, JSON, ProblemDetails, Reason
from consumers.quarantine import Quarantine

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


class DecidedAnswer(_Answer):
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
    decided: DecidedAnswer | None


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


def _problem(description: str) -> dict[str, Any]:
    # What it refers to is listed with the answers.
    schema = ProblemDetails.model_json_schema(ref_template=COMPONENT)
    schema.pop("$defs")
    return {"description": description, "content": {PROBLEM: {"schema": schema}}}


RESPONSES: dict[int | str, dict[str, Any]] = {
    404: _problem("There is no such event."),
    422: _problem("A part of the request is not valid."),
    503: _problem("The database cannot be asked now."),
}


def quarantine_router(quarantine: Quarantine) -> APIRouter:
    """Make the routes by which quarantine is looked at."""
    router = APIRouter(prefix="/v1", tags=["quarantine"], responses=RESPONSES)

    @router.get("/quarantine", responses={200: {"model": HeldPageAnswer}})
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

    @router.get("/quarantine/{quarantine_id}", responses={200: {"model": HeldInFull}})
    def one(quarantine_id: UUID) -> Response:
        """Return one of them with what was sent, byte for byte."""
        return _answered(lambda: quarantine.existing(quarantine_id).to_json_with_bytes())

    return router


def _answered(ask: Callable[[], dict[str, Any]]) -> Response:
    try:
        return Response(to_json(ask()), media_type=JSON)
    except tuple(KINDS) as error:
        return failure_answer(error)
