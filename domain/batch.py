"""A batch of events (`application/cloudevents-batch+json`) taken apart.

Promise: every element comes out with everything that was in it, wrong or not, so that each event
gets a verdict of its own.
"""

import json
from typing import Any

from pydantic_core import to_json

from domain.canonical import is_surely_unrepeated, parse
from domain.problems import Invalid

BATCH_EVENTS_MAX = 1_000
BATCH_BYTES_MAX = 4 * 1024 * 1024

_BETWEEN = " \t\r\n,"


def split_batch(raw: bytes) -> list[bytes] | Invalid:
    """Return the bytes of each element of a JSON array; nothing is said of the elements yet."""
    if len(raw) > BATCH_BYTES_MAX:
        return Invalid.because(f"is larger than {BATCH_BYTES_MAX // 1024 // 1024} MiB")
    elements = parse(raw)
    if isinstance(elements, Invalid):
        return elements
    if type(elements) is not list:
        return Invalid.because("must be a JSON array of events")
    if len(elements) > BATCH_EVENTS_MAX:
        return Invalid.because(f"has more than {BATCH_EVENTS_MAX} events")
    whole = to_json(elements)
    # infinite is what the parser makes of 1e400
    if not is_surely_unrepeated(raw, whole) or b"Infinity" in whole:
        return _slices(raw.decode())
    return [to_json(element) for element in elements]


def _slices(text: str) -> list[bytes]:
    # parsing loses repeated members, so the text of each element is handed on as it came
    decoder = json.JSONDecoder(parse_int=_unread, parse_float=_unread)
    slices = []
    at = _next(text, text.index("[") + 1)
    while text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        slices.append(text[at:end].encode())
        at = _next(text, end)
    return slices


def _next(text: str, at: int) -> int:
    while text[at] in _BETWEEN:
        at += 1
    return at


def _unread(_: str) -> Any:
    return None
