"""HTTP messages read as CloudEvents: structured, batch or binary mode, never more than the limits.

Promise: a body is not held beyond its limit nor waited for beyond its time, and what is ambiguous
(an attribute given twice, an unknown encoding) is refused, never guessed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from consumers.errors import MediaTypeRefused, MessageIncomplete, MessageTooLarge
from domain.decode import BATCH_BYTES_MAX, EVENT_BYTES_MAX
from domain.problems import Problem, pointer_to

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BINARY = "application/json"
PREFIX = "ce-"
COMPRESSED = "a Content-Encoding is not supported, send it uncompressed"
# A publisher that trickles must not hold a connection for ever.
BODY_TIMEOUT_S = 30
DIGITS_MAX = 20  # of a Content-Length: more would be work by themselves


@dataclass(frozen=True, slots=True)
class Message:
    """The body of one request; `attributes` only in binary mode, `refusal` if those are wrong."""

    raw: bytes
    is_batch: bool
    attributes: dict[str, str] | None = None
    refusal: Problem | None = None


async def read_message(request: Request) -> Message:
    """Read a request as one event or a batch.

    Raises:
        MediaTypeRefused, MessageTooLarge, MessageIncomplete: there is nothing to give a verdict on.
    """
    media_type = _media_type(request)
    if media_type == BATCH:
        return Message(await _body(request, BATCH_BYTES_MAX), is_batch=True)
    if media_type == STRUCTURED:
        return Message(await _body(request, EVENT_BYTES_MAX), is_batch=False)
    attributes, refusal = _attributes(request.headers.items())
    if media_type != BINARY or not attributes:
        raise MediaTypeRefused(
            reason=f"send {STRUCTURED}, {BATCH}, or {BINARY} with {PREFIX} headers"
        )
    raw = await _body(request, EVENT_BYTES_MAX)
    attributes["datacontenttype"] = request.headers["content-type"]
    return Message(raw, is_batch=False, attributes=attributes, refusal=refusal)


def _media_type(request: Request) -> str:
    """Return the media type of the body, which must be plain UTF-8."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeRefused(reason=COMPRESSED)
    media_type, *parameters = request.headers.get("content-type", "").split(";")
    for parameter in parameters:
        name, _, value = parameter.strip().lower().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            raise MediaTypeRefused(reason="the only character set is UTF-8")
    return media_type.strip().lower()


async def _body(request: Request, bytes_max: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:DIGITS_MAX]) > bytes_max:
        raise MessageTooLarge(bytes_max=bytes_max)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for piece in request.stream():
                body += piece
                if len(body) > bytes_max:
                    raise MessageTooLarge(bytes_max=bytes_max)
    except TimeoutError as error:
        raise MessageIncomplete(timeout_s=BODY_TIMEOUT_S) from error
    return bytes(body)


def _attributes(headers: Iterable[tuple[str, str]]) -> tuple[dict[str, str], Problem | None]:
    """Return the attributes in `ce-` headers, and what is wrong with one of them."""
    attributes: dict[str, str] = {}
    refusal = None
    for header, value in headers:
        if not header.startswith(PREFIX):
            continue
        name = header.removeprefix(PREFIX)
        decoded = _decoded(value)
        if name == "datacontenttype":
            refusal = Problem("/datacontenttype", "is said by Content-Type in binary mode")
        elif name in attributes:
            refusal = Problem(pointer_to([name]), "is given more than once")
        elif decoded is None:
            refusal = Problem(pointer_to([name]), "is not percent-encoded UTF-8")
        attributes[name] = decoded or ""
    return attributes, refusal


def _decoded(value: str) -> str | None:
    """Undo the quoting and one round of percent-encoding, as the HTTP binding says."""
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    try:
        return unquote_to_bytes(value.encode("latin-1")).decode()
    except UnicodeDecodeError:
        return None
