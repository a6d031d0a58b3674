"""What the events say once corrections and retractions are taken into account.

Promise: no event disappears; a retracted one has no effect, a corrected one keeps its id and time,
and the newest statement about an event is the one that holds.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from domain.event import Event, order_key
from domain.events import EVENT_TYPES, EventCorrected, EventData, EventRetracted
from domain.events.upcasting import upcast

EventName = tuple[str, str]
"""Source and id of an event."""
Statement = EventCorrected | EventRetracted

STATEMENTS: frozenset[type[EventData]] = frozenset({EventCorrected, EventRetracted})
"""To ask whether an event is an instance of one costs more: pydantic answers it in Python."""
# By publishers' clocks a statement may be older than what takes it back; that far it is followed.
ROUNDS_MAX = 8


def with_corrections(events: Iterable[Event]) -> list[tuple[Event, bool]]:
    """Return the events in order, each as it now reads and whether it still has an effect."""
    ordered = sorted(events, key=order_key)
    statements = _in_force(ordered)
    return [_as_stated(event, statements.get(name_of(event))) for event in ordered]


def claims(statement: Statement) -> Iterator[tuple[EventName, Mapping[str, Any] | None]]:
    """Yield each event that a statement is about or can make another about, and how it reads then.

    A corrected correction is about what its corrected data names.
    """
    corrects: Any = {"source": statement.corrects.source, "id": statement.corrects.id}
    data: Any = statement.data if isinstance(statement, EventCorrected) else None
    while isinstance(corrects, Mapping):
        named = corrects.get("source"), corrects.get("id")
        if isinstance(named[0], str) and isinstance(named[1], str):
            yield (named[0], named[1]), data if isinstance(data, Mapping) else None
        members = data if isinstance(data, Mapping) else {}
        corrects, data = members.get("corrects"), members.get("data")


def as_corrected(event: Event, data: Mapping[str, Any]) -> Event:
    """Return an event with other data, or as it was where that is not valid data of its type.

    A correction may state it in the version of the event or in the newest one.
    """
    # a correction does not say the type that it is about, so its data is checked only here
    for shape in dict.fromkeys((EVENT_TYPES[event.type], type(event.data))):
        read = _valid(shape, data)
        if read is not None:
            return event._replace(data=upcast(read))
    return event


def name_of(event: Event) -> EventName:
    """Return source and id of an event: what corrections name it by."""
    return event.source, event.id


def _valid(shape: type[EventData], data: Mapping[str, Any]) -> EventData | None:
    try:
        return shape.model_validate(data, by_alias=True, by_name=False)
    except ValidationError:
        return None


def _in_force(ordered: list[Event]) -> dict[EventName, Statement]:
    said = [event for event in reversed(ordered) if type(event.data) in STATEMENTS]
    statements: dict[EventName, Statement] = {}
    for _ in range(ROUNDS_MAX):
        before, statements = statements, _newest(said, before=statements)
        if statements == before:
            break
    return statements


def _newest(
    said: list[Event], *, before: Mapping[EventName, Statement]
) -> dict[EventName, Statement]:
    statements: dict[EventName, Statement] = {}
    # from the newest back: a statement that was itself retracted says nothing
    for event in said:
        about = statements.get(name_of(event)) or before.get(name_of(event))
        stated, has_effect = _as_stated(event, about)
        if has_effect and isinstance(stated.data, EventCorrected | EventRetracted):
            corrects = stated.data.corrects
            statements.setdefault((corrects.source, corrects.id), stated.data)
    return statements


def _as_stated(event: Event, statement: Statement | None) -> tuple[Event, bool]:
    match statement:
        case None:
            return event, True
        case EventRetracted():
            return event, False
        case EventCorrected():
            return as_corrected(event, statement.data), True
