"""The way in over HTTP: POST /v1/events and GET /v1/limits.

Promise: whoever posts an event is answered with its verdict once that is durable; since they wait
for it, nothing that they sent is put into quarantine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CollectorRegistry
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from consumers.intake import Batch, Intake
from consumers.over_http.answers import (
    KINDS,
    batch_answer,
    failure_answer,
    single_answer,
    unreadable_batch_answer,
)
from consumers.over_http.figures import Taken
from consumers.over_http.messages import Message, read_message
from consumers.over_http.openapi import JSON, REQUEST, RESPONSES, Limits
from consumers.verdicts import Received, Verdict
from domain.decode import BATCH_EVENTS_MAX, split_batch
from domain.problems import Invalid

ORIGIN = "http"


def events_router(intake: Intake, taken: Taken | None = None) -> APIRouter:
    """Make the routes by which events are published; verdicts are counted in `taken`."""
    taken = taken or Taken(CollectorRegistry())
    router = APIRouter(prefix="/v1", tags=["events"])

    def take(batch: Batch) -> list[Verdict]:
        verdicts = intake.take(batch)
        taken.count(verdicts)
        return verdicts

    async def post_events(request: Request) -> Response:
        """Publish one event (structured or binary mode) or a batch of events."""
        try:
            message = await read_message(request)
            return await run_in_threadpool(_answered, message, take)
        except tuple(KINDS) as error:
            return failure_answer(error)
        except ClientDisconnect:
            # Nobody is there to read it; nothing was taken.
            return Response(status_code=400)

    def limits() -> Limits:
        """Return what is taken at most."""
        return Limits()

    router.post("/events", status_code=201, responses=RESPONSES, openapi_extra=REQUEST)(post_events)
    limits_now = {"example": Limits().model_dump(mode="json")}
    router.get("/limits", responses={200: {"content": {JSON: limits_now}}})(limits)
    return router


def _answered(message: Message, take: Callable[[Batch], list[Verdict]]) -> Response:
    if not message.is_batch:
        received = Received(message.raw, ORIGIN, message.attributes, message.refusal)
        return single_answer(take(Batch([received]))[0])
    events = split_batch(message.raw)
    if isinstance(events, Invalid):
        return unreadable_batch_answer(events, is_over_limit=_is_over_limit(message.raw))
    return batch_answer(take(Batch([Received(raw, ORIGIN) for raw in events])))


def _is_over_limit(raw: bytes) -> bool:
    try:
        events: Any = from_json(raw)
    except ValueError:
        return False
    return isinstance(events, list) and len(events) > BATCH_EVENTS_MAX
