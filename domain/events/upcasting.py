"""Facts published in a former version of their type, read as the newest version states them.

Promise: what was published stays as it is, byte for byte, and is checked by the version it names;
whoever reads it sees the newest version only.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from domain.events.event import EVENT_TYPES, EventData

Former = TypeVar("Former", bound=EventData)
Newer = TypeVar("Newer", bound=EventData)

_steps: dict[type[EventData], Callable[[Any], EventData]] = {}

UPCASTERS: Mapping[type[EventData], Callable[[Any], EventData]] = MappingProxyType(_steps)
"""What makes the next version of a fact, by the class of the version that it was published in."""


class UpcasterInvalid(TypeError):
    """An upcaster does not lead from a version to a newer one of the same type, or is a second."""


def upcasts(
    former: type[Former], newer: type[Newer]
) -> Callable[[Callable[[Former], Newer]], Callable[[Former], Newer]]:
    """Register the decorated function as what makes `newer` of the version before it.

    Raises:
        UpcasterInvalid: the classes are not two versions of one type in this order, or `former`
            has its upcaster already.
    """
    if former.NAME != newer.NAME or version(former) >= version(newer) or former in _steps:
        raise UpcasterInvalid(f"{former.TOPIC} to {newer.TOPIC}")

    def register(step: Callable[[Former], Newer]) -> Callable[[Former], Newer]:
        _steps[former] = step
        return step

    return register


def upcast(data: EventData) -> EventData:
    """Return the fact as the newest version of its type states it."""
    while (step := _steps.get(type(data))) is not None:
        data = step(data)
    return data


def version(shape: type[EventData]) -> int:
    """Return the version of a type, the number at the end of its topic."""
    return int(shape.TOPIC.rpartition(".v")[2])


def topic_of(text: str) -> str | None:
    """Return the topic that a full topic or a name such as `contact.started` means, if any.

    A name means the newest version of its type.
    """
    if text in EVENT_TYPES:
        return text
    versions = [shape for shape in EVENT_TYPES.values() if text == shape.NAME]
    return max(versions, key=version).TOPIC if versions else None
