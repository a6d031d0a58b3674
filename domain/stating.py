"""What an event states, as JSON with values in their normal form.

Promise: where the bytes that were stored say the same, they are taken as they are; which of the two
was written cannot be told from the JSON value.
"""

from collections.abc import Iterable
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Raw, Struct
from msgspec.json import Decoder
from pydantic import BaseModel

from domain.event import Event, Kept
from domain.events import EventData, checks
from domain.events.values import Item, ReadBy, Value

_SCALARS = (str, int, float, bool)
_LEFT_ALONE = (checks.number, checks.scalar, checks.fact_value)


class _Body(Struct, gc=False):
    """The member of a stored event that is its data, as it stands there."""

    data: Raw


_body = Decoder(_Body).decode


def stated_by(event: Event) -> bytes:
    """Return what an event states as JSON, values in their normal form."""
    data = event.data
    body = event.body if type(event) is Kept else None
    rewritten = _rewritten(type(data))
    if body is None or (rewritten and not rewritten.isdisjoint(data.__pydantic_fields_set__)):
        return stated(data)
    said = bytes(_body(body).data)
    # What is null was not stated: the normal form leaves it out.
    return stated(data) if b"null" in said else said


def stated(data: EventData) -> bytes:
    """Return what a fact states as JSON, values in their normal form."""
    return data.__pydantic_serializer__.to_json(
        data, by_alias=True, exclude_unset=True, exclude_none=True
    )


@cache
def _rewritten(shape: type[EventData]) -> frozenset[str]:
    """Return the members whose normal form can differ from what was stated.

    Whether the event's own identifiers do is known for each event.
    """
    return _changing(shape) - {"identifiers"}


def _changing(shape: type[BaseModel]) -> frozenset[str]:
    fields = shape.model_fields.items()
    return frozenset(name for name, info in fields if not _stays(info.annotation, info.metadata))


def _stays(kind: Any, marks: Iterable[Any]) -> bool:
    """Tell whether a value of this kind is written as it was stated."""
    reads = [mark.read for mark in marks if isinstance(mark, ReadBy)]
    if reads:
        return reads[0] in _LEFT_ALONE
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _stays(parts[0], parts[1:])
    if origin is Literal or kind in _SCALARS or kind in (NoneType, Ellipsis):
        return True
    if origin in (Union, UnionType, tuple):
        return all(_stays(part, ()) for part in parts)
    return isinstance(kind, type) and issubclass(kind, Value) and _is_plain(kind)


def _is_plain(shape: type[Value]) -> bool:
    # An item's own check only refuses.
    has_rules = bool(shape.__pydantic_decorators__.field_validators) and shape is not Item
    return not has_rules and not _changing(shape)
