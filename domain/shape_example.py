"""An example of any shape, made from what its members say of themselves."""

from __future__ import annotations

import types
from datetime import date
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo

SIMPLE: dict[Any, Any] = {
    str: "…",
    int: 1,
    float: 0.5,
    bool: False,
    date: "2026-03-02",
    UUID: "3f0c9f1e-6d0a-5b1f-9c55-2a4c6f1d0e77",
    Any: "…",
}


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return an example that fits the shape of a model."""
    return {member.alias or name: _of_member(member) for name, member in model.model_fields.items()}


def _of_member(member: FieldInfo) -> Any:
    return member.examples[0] if member.examples else _of(member.annotation)


def _of(kind: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (list, tuple):
        return [_of(inner[0])]
    if origin is dict:
        return {}
    if origin in (Union, types.UnionType):
        return _of(inner[0])
    if origin is Literal:
        return inner[0]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return example_of(kind)
    return SIMPLE.get(kind, "2026-03-02T10:00:00Z")
