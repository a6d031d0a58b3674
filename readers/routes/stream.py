"""The live stream: what comes into timelines, as server-sent events, from any position on."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from readers.asked import POSITION_MAX
from readers.listener import Listener
from readers.live import LISTENERS_MAX
from readers.problems import (
    INVALID,
    UNAVAILABLE,
    UNKNOWN,
    CustomerUnknown,
    ListenersTooMany,
    described,
)
from readers.sources import Sources, sources_of

MEDIA_TYPE = "text/event-stream"
# Whatever stands between us and the listener is to keep nothing and to hold nothing back.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
EXAMPLE = """\
retry: 1000
id: 40

id: 41
event: entry
data: {"customer_id":"3f0c…","position":41,"type":"toldonce.contact.started.v1","sentence":"…"}

id: 57
event: reset
data: {"position":57,"customer_id":"3f0c…","reason":"refolded"}

: nothing new
id: 90

"""
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events, until either side ends it.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}},
    },
    **described(UNKNOWN, INVALID, UNAVAILABLE),
}

After = Annotated[
    int | None,
    Query(
        ge=0,
        le=POSITION_MAX,
        description="Tell what came after this position; without it, what comes from now on.",
        examples=[41],
    ),
]
LastEventId = Annotated[
    int | None,
    Header(
        alias="Last-Event-ID",
        ge=0,
        le=POSITION_MAX,
        description="The `id` that was told last, as browsers send it when they come back; it "
        "stands before `after`.",
        examples=[57],
    ),
]
Customer = Annotated[UUID | None, Query(description="Only this customer; without it, all of them.")]

router = APIRouter(prefix="/v1", tags=["customers"])


@router.get("/stream", responses=ANSWER, response_class=StreamingResponse)
async def stream(
    here: Annotated[Sources, Depends(sources_of)],
    after: After = None,
    customer: Customer = None,
    last_event_id: LastEventId = None,
) -> StreamingResponse:
    """Tell what comes into timelines, once each, in the order of the log.

    `entry` is an event of a timeline, once a reader finds it there; `others` are further customers
    it belongs to. `reset` says that the timeline is to be read again: what is read then includes
    all up to its position, and the stream goes on after it; the `reason` is `refolded` (customers
    were merged or parted, parked or released, are known by other identifiers, or the id leads
    elsewhere now), `behind` (too much was missed, or the id led elsewhere before) or `slow` (too
    much waited to be sent; the stream ends). It may come twice. To whoever listens to all,
    `refolded` names a customer to read again. Every `id` is a position to come back from; comments
    are heartbeats.
    """
    if here.live.number >= LISTENERS_MAX:
        raise ListenersTooMany(number=LISTENERS_MAX)
    if customer is not None:
        found = await run_in_threadpool(here.views.look_up, customer)
        if found.customer_id is None:
            raise CustomerUnknown
    listener = Listener(customer, after=after if last_event_id is None else last_event_id)
    return StreamingResponse(here.live.listen(listener), media_type=MEDIA_TYPE, headers=HEADERS)
