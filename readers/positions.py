"""Which state of the log an answer rests on, and waiting for one.

Every answer names its position, so that whoever published at a position can ask from it on.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated

from fastapi import Depends, Query, Response
from fastapi.concurrency import run_in_threadpool

from projections.progress import POLL_S
from readers.asked import POSITION_MAX
from readers.problems import Behind
from readers.sources import Sources, sources_of

HEADER = "Toldonce-Position"
WAIT_S_MAX = 5.0
"""Projections follow within milliseconds: who waits longer than this is better told so."""

WaitFor = Annotated[
    int | None,
    Query(
        ge=0,
        le=POSITION_MAX,
        description="Answer once the views have read this position; 504 if they do not in time.",
    ),
]


async def reached(
    sources: Annotated[Sources, Depends(sources_of)], wait_for: WaitFor = None
) -> None:
    """Hold the request until the views stand at `wait_for`.

    Raises:
        Behind: they did not come there in time.
    """
    if wait_for is None:
        return
    progress = sources.views.progress
    deadline = time.monotonic() + WAIT_S_MAX
    while (position := await run_in_threadpool(progress.position) or 0) < wait_for:
        if time.monotonic() >= deadline:
            raise Behind(position=position, wanted=wait_for)
        await asyncio.sleep(POLL_S)


def answer(body: bytes, position: int) -> Response:
    """Return JSON that names the position it rests on."""
    headers = {HEADER: str(position), "Cache-Control": "no-store"}
    return Response(body, media_type="application/json", headers=headers)
