"""The parameters that several questions share, as they are described in OpenAPI and read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, TypeVar, get_args
from uuid import UUID

from fastapi import Query

from domain.brief.promises import STATES
from domain.events import EVENT_TYPES
from domain.events.values import Channel
from domain.handles import Handle
from readers.asked import (
    NotReadable,
    day_in,
    identifier_in,
    moment_in,
    position_or_moment_in,
    reference_in,
    state_in,
    type_in,
    zone_in,
)
from readers.problems import ParameterInvalid
from readers.sources import Sources

TEXT_CHARS_MAX = 512

Identifier = Annotated[
    str,
    Query(
        max_length=TEXT_CHARS_MAX,
        description="Whom it is about, as type:value; customer:UUID works too.",
        examples=["phone:+17175550142", "order:O-2"],
    ),
]
AsOf = Annotated[
    str | None,
    Query(
        max_length=TEXT_CHARS_MAX,
        description="The world at this moment (RFC 3339); without it, now.",
        examples=["2026-03-05T15:00:00Z"],
    ),
]
KnownAt = Annotated[
    str | None,
    Query(
        max_length=TEXT_CHARS_MAX,
        description="With what the log held at this position, or had recorded by this time.",
        examples=["120", "2026-03-05T15:00:00Z"],
    ),
]
From = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=TEXT_CHARS_MAX,
        description="The first day; without it, the first there is.",
        examples=["2026-03-01"],
    ),
]
To = Annotated[
    str | None,
    Query(
        alias="to",
        max_length=TEXT_CHARS_MAX,
        description="The last day, included; without it, the newest there is.",
        examples=["2026-03-31"],
    ),
]
Zone = Annotated[
    str,
    Query(
        max_length=TEXT_CHARS_MAX,
        description="The IANA time zone whose days are meant.",
        examples=["Europe/Berlin"],
    ),
]
Types = Annotated[
    tuple[str, ...],
    Query(
        max_length=len(EVENT_TYPES),
        description="Only these types of events; may be given several times.",
        examples=["contact.started"],
    ),
]
Channels = Annotated[
    tuple[Channel, ...],
    Query(
        max_length=len(get_args(Channel)),
        description="Only what came by these channels; may be given several times.",
        examples=["voice"],
    ),
]
Since = Annotated[
    str | None,
    Query(
        max_length=TEXT_CHARS_MAX,
        description="Only what happened at this moment (RFC 3339) or later.",
        examples=["2026-03-01T00:00:00Z"],
    ),
]
Until = Annotated[
    str | None,
    Query(
        max_length=TEXT_CHARS_MAX,
        description="Only what happened before this moment (RFC 3339).",
        examples=["2026-04-01T00:00:00Z"],
    ),
]
Reference = Annotated[
    str | None,
    Query(
        max_length=TEXT_CHARS_MAX,
        description="Only what names this thing.",
        examples=["order:O-2"],
    ),
]
States = Annotated[
    tuple[str, ...],
    Query(
        max_length=len(STATES),
        description="Only promises in these states; without it, what is owed: broken, due_soon, "
        "open. May be given several times.",
        examples=["broken"],
    ),
]
Customer = Annotated[
    str | None,
    Query(
        max_length=TEXT_CHARS_MAX,
        description="Only what was promised to whoever this names, as type:value.",
        examples=["phone:+17175550142", "order:O-2"],
    ),
]
Cursor = Annotated[
    str | None, Query(max_length=TEXT_CHARS_MAX, description="`next` of the page before.")
]
Value = TypeVar("Value")


def read_identifier(text: str, *, name: str = "identifier") -> Handle | UUID:
    """Read whom a parameter names; a plus sign that a URL made a blank is taken as meant."""
    return _read(identifier_in, text.replace("phone: ", "phone:+", 1), name=name)


def read_as_of(text: str | None, sources: Sources) -> datetime:
    """Read the parameter `as_of`."""
    return sources.clock() if text is None else _read(moment_in, text, name="as_of")


def read_known_at(text: str | None, sources: Sources) -> int | None:
    """Read the parameter `known_at` as a position."""
    if text is None:
        return None
    known_at = _read(position_or_moment_in, text, name="known_at")
    return known_at if isinstance(known_at, int) else sources.views.position_at(known_at)


def read_types(names: Sequence[str]) -> tuple[str, ...]:
    """Read the parameter `type`: full types or names."""
    return tuple(_read(type_in, name, name="type") for name in names)


def read_states(names: Sequence[str]) -> tuple[str, ...]:
    """Read the parameter `state`."""
    return tuple(_read(state_in, name, name="state") for name in names)


def read_reference(text: str | None) -> Handle | None:
    """Read the parameter `reference`."""
    return None if text is None else _read(reference_in, text, name="reference")


def read_moment(text: str | None, *, name: str) -> datetime | None:
    """Read a parameter that is a moment."""
    return None if text is None else _read(moment_in, text, name=name)


def read_day(text: str | None, *, name: str) -> date | None:
    """Read a parameter that is a day."""
    return None if text is None else _read(day_in, text, name=name)


def read_zone(text: str) -> str:
    """Read the parameter `timezone`."""
    return _read(zone_in, text, name="timezone")


def _read(reader: Callable[[str], Value], text: str, *, name: str) -> Value:
    try:
        return reader(text)
    except NotReadable as error:
        raise ParameterInvalid(name, str(error)) from None
