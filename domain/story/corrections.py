"""What the events say once corrections and retractions are taken into account.

Promise: no event disappears; a retracted one has no effect, a corrected one keeps its id and time,
and the newest statement about an event is the one that holds.
"""

from collections.abc import Iterable

from pydantic import ValidationError

from domain.event import Event, order_key
from domain.events import EventCorrected, EventRetracted

Key = tuple[str, str]
Statement = EventCorrected | EventRetracted

# By publishers' clocks a statement may be older than what takes it back; that far it is followed.
ROUNDS_MAX = 8


def with_corrections(events: Iterable[Event]) -> list[tuple[Event, bool]]:
    """Return the events in order, each as it now reads and whether it still has an effect."""
    ordered = sorted(events, key=order_key)
    statements = _in_force(ordered)
    return [_as_stated(event, statements.get(_key(event))) for event in ordered]


def _in_force(ordered: list[Event]) -> dict[Key, Statement]:
    said = [e for e in reversed(ordered) if isinstance(e.data, EventCorrected | EventRetracted)]
    statements: dict[Key, Statement] = {}
    for _ in range(ROUNDS_MAX):
        before, statements = statements, _newest(said, before=statements)
        if statements == before:
            break
    return statements


def _newest(said: list[Event], *, before: dict[Key, Statement]) -> dict[Key, Statement]:
    statements: dict[Key, Statement] = {}
    # from the newest back: a statement that was itself retracted says nothing
    for event in said:
        about = statements.get(_key(event)) or before.get(_key(event))
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
            return _corrected(event, statement), True


def _corrected(event: Event, correction: EventCorrected) -> Event:
    try:
        # a correction does not say the type that it is about, so its data is checked only here
        data = type(event.data).model_validate(correction.data, by_alias=True, by_name=False)
    except ValidationError:
        return event
    return event._replace(data=data)


def _key(event: Event) -> Key:
    return event.source, event.id
