"""Which state of the log an answer rests on, and waiting for one.

Every answer names its position, so that whoever published at a position can ask from it on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic_core import to_json

from projections.errors import NotYetKnown
from projections.progress import POLL_S
from readers.asked import POSITION_MAX
from readers.problems import Behind
from readers.sources import Sources, sources_of

HEADER = "Toldonce-Position"
WAIT_S_MAX = 5.0
"""Projections follow within milliseconds: who waits longer than this is better told so."""

TAG_CHARS = 32

IfNoneMatch = Annotated[
    str | None,
    Header(max_length=4_096, description="ETags of what is known already: 304 if it is the same."),
]
UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "What is asked for is what `If-None-Match` names."}
}
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
        NotYetKnown: the log does not have this position, so nobody can have been told of it.
        Behind: they did not come there in time.
    """
    if wait_for is not None:
        await _stands_at(sources, wait_for)


async def at_head(sources: Annotated[Sources, Depends(sources_of)]) -> None:
    """Hold the request until the views know all that the log held when it came.

    Raises:
        Behind: they did not come there in time.
    """
    await _stands_at(sources, await _head(sources))


def answer(body: bytes, position: int, *, status: int = 200) -> Response:
    """Return JSON that names the position it rests on."""
    headers = {HEADER: str(position), "Cache-Control": "no-store"}
    return Response(body, status, headers, media_type="application/json")


def answer_if_changed(body: bytes, position: int, *, tag: str, known_tags: str | None) -> Response:
    """Return JSON with its tag, or 304 without it to whoever has it already (`If-None-Match`)."""
    found = answer(body, position)
    if known_tags is not None and _is_known(tag, known_tags):
        found = Response(status_code=304, headers={HEADER: str(position)})
    found.headers["ETag"] = tag
    return found


def tag_of(document: Mapping[str, Any], *, ignoring: Collection[str]) -> str:
    """Return the tag of a document; it is weak, for members that only say when are ignored."""
    told = {name: value for name, value in document.items() if name not in ignoring}
    return f'W/"{sha256(to_json(told)).hexdigest()[:TAG_CHARS]}"'


def _is_known(tag: str, known_tags: str) -> bool:
    known = {one.strip() for one in known_tags.split(",")}
    # Weak comparison: whatever was taken for a strong tag on the way is the same.
    return "*" in known or bool({tag, tag.removeprefix("W/")} & known)


async def _head(sources: Sources) -> int:
    return max(view.head for view in await run_in_threadpool(sources.views.progress.status))


async def _stands_at(sources: Sources, wanted: int) -> None:
    progress = sources.views.progress
    deadline = time.monotonic() + WAIT_S_MAX
    is_checked = False
    while (position := await run_in_threadpool(progress.position) or 0) < wanted:
        if not is_checked and wanted > (head := await _head(sources)):
            raise NotYetKnown(wanted=wanted, position=head)
        is_checked = True
        if time.monotonic() >= deadline:
            raise Behind(position=position, wanted=wanted)
        await asyncio.sleep(POLL_S)
