"""The one sequence of bytes for one JSON value, and what cannot become one.

Promise: values that mean the same have the same bytes whatever the order of their members, and a
member that is given twice is found.
"""

import json
from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json, to_json

from domain.problems import Invalid, pointer_to

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse(raw: bytes) -> Any | Invalid:
    """Read one JSON value; only numbers beyond all floats (1e400) can come out as infinite."""
    if not raw:
        return Invalid.because("is empty")
    if raw.startswith(_BYTE_ORDER_MARK):
        return Invalid.because("begins with a byte order mark")
    try:
        return from_json(raw, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        # the parser names what it expected and where, never what it found
        return Invalid.because(f"is not JSON: {error}")


def canonical(members: dict[str, Any]) -> bytes:
    """Write an object compactly, the members of every object in it sorted by name."""
    return to_json(_sorted(members))


def is_surely_unrepeated(raw: bytes, written: bytes) -> bool:
    """Tell quickly whether no member was lost when `raw` was parsed and `written` again.

    A member that is given twice takes its colon with it, and a colon can only be written in
    another way as an escape of the first 256 characters.
    """
    if raw.count(b":") != written.count(b":"):
        return False
    # looking for one byte first is the faster way to find that there are no escapes
    return b"\\" not in raw or b"\\u00" not in raw


def repeated_member(raw: bytes) -> str | None:
    """Return the pointer to a member that is given more than once, reading JSON once more."""
    value = json.loads(raw.decode(), object_pairs_hook=_object, parse_int=len, parse_float=len)
    return next(_repeated(value, ()), None)


class _Repeating(dict[str, Any]):
    """An object in which `name` is given more than once."""

    name: str


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(members)
    if len(plain) == len(members):
        return plain
    repeating = _Repeating(plain)
    names = [name for name, _ in members]
    repeating.name = next(name for name in names if names.count(name) > 1)
    return repeating


def _repeated(value: Any, path: tuple[str | int, ...]) -> Iterator[str]:
    if isinstance(value, _Repeating):
        yield pointer_to((*path, value.name))
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _repeated(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _repeated(item, (*path, index))


def _sorted(members: dict[str, Any]) -> dict[str, Any]:
    # most members are strings: a call for each would double the time
    written: dict[str, Any] = {}
    for name in sorted(members):
        item = members[name]
        kind = type(item)
        if kind is dict:
            item = _sorted(item)
        elif kind is list:
            item = _sorted_within(item)
        written[name] = item
    return written


def _sorted_within(items: list[Any]) -> list[Any]:
    return [
        _sorted(item)
        if type(item) is dict
        else _sorted_within(item)
        if type(item) is list
        else item
        for item in items
    ]
