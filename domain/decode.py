"""Raw bytes in, a typed event or the reasons why not out; and stored bytes back into events.

Promise: no input raises, nothing is dropped or converted on the way, and an event states the same
however it was carried.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from domain.batch import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, split_batch
from domain.canonical import canonical, is_surely_unrepeated, parse, repeated_member
from domain.envelope import Attributes, Envelope, attributes_at_sight, attributes_of
from domain.event import Event
from domain.events import EVENT_TYPES, EventData
from domain.events.checks import TRUSTED, kept_moment
from domain.events.upcasting import upcast
from domain.problems import PROBLEMS_MAX, Invalid, Problem, problems_of

__all__ = [
    "BATCH_BYTES_MAX",
    "BATCH_EVENTS_MAX",
    "EVENT_BYTES_MAX",
    "FUTURE_MAX",
    "Accepted",
    "Invalid",
    "Problem",
    "TypeUnknown",
    "decode",
    "decode_binary",
    "encode",
    "restore",
    "same_content",
    "split_batch",
]

EVENT_BYTES_MAX = 65_536
FUTURE_MAX = timedelta(hours=24)  # clocks run ahead, but not by more than a time zone's mistake

_NAMED = frozenset(Envelope.model_fields)
_DATA = ("data",)


class TypeUnknown(LookupError):
    """The event is of a type or a version that this program does not know yet."""


class Accepted(NamedTuple):
    """The event can be kept; `body` is the whole of it as compact JSON, in the order published."""

    event: Event
    body: bytes


def decode(raw: bytes, *, now: datetime) -> Accepted | Invalid:
    """Read one event in structured mode (`application/cloudevents+json`)."""
    if len(raw) > EVENT_BYTES_MAX:
        return _too_large()
    members = parse(raw)
    if isinstance(members, Invalid):
        return members
    if type(members) is not dict:
        return Invalid.because("must be a JSON object")
    verdict = _judge(members, now)
    if isinstance(verdict, Accepted) and not is_surely_unrepeated(raw, verdict.body):
        return _unless_repeated(raw, verdict)
    return verdict


def decode_binary(
    attributes: Mapping[str, str], data: bytes, *, now: datetime
) -> Accepted | Invalid:
    """Read one event in binary mode: attributes without their `ce-` prefix, `data` as the body."""
    if len(data) > EVENT_BYTES_MAX:
        return _too_large()
    if "data" in attributes:
        return Invalid.because("is no attribute: data is the message itself", "/data")
    members = parse(data)
    if isinstance(members, Invalid):
        return Invalid(tuple(Problem("/data", problem.reason) for problem in members.problems))
    verdict = _judge({**attributes, "data": members}, now)
    if isinstance(verdict, Accepted) and not is_surely_unrepeated(data, to_json(members)):
        return _unless_repeated(data, verdict, prefix="/data")
    return verdict


def restore(body: bytes, *, position: int = 0, recorded_at: datetime | None = None) -> Event:
    """Read a body that was accepted once, trusting it; today's wider rules do not refuse it.

    Raises:
        TypeUnknown: a later version of this program accepted it.
    """
    members = from_json(body, cache_strings="keys")
    topic = members["type"]
    shape = EVENT_TYPES.get(topic)
    if shape is None:
        raise TypeUnknown(topic)
    data = _typed(shape, members["data"], context=TRUSTED)
    sequence = members.get("sequence")
    return Event(
        members["id"],
        members["source"],
        topic,
        kept_moment(members["time"]),
        upcast(data),
        members.get("subject"),
        None if sequence is None else str(sequence),
        {name: value for name, value in members.items() if name not in _NAMED},
        position,
        recorded_at,
    )


def same_content(one: bytes, other: bytes) -> bool:
    """Tell whether two bodies state the same, whatever the order of their members."""
    return one == other or canonical(from_json(one)) == canonical(from_json(other))


def encode(event: Event) -> bytes:
    """Write an event as the body that `decode` would make of it, in the newest version."""
    members: dict[str, Any] = {
        **event.extensions,
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.data.TOPIC,
        "time": event.time.isoformat().replace("+00:00", "Z"),
        "data": event.data.model_dump(
            mode="json", by_alias=True, exclude_unset=True, exclude_none=True
        ),
    }
    if event.subject is not None:
        members["subject"] = event.subject
    if event.sequence is not None:
        members["sequence"] = event.sequence
    return to_json(members)


def _judge(members: dict[str, Any], now: datetime) -> Accepted | Invalid:
    # CloudEvents: an attribute that is null is an attribute that is not there
    if None in members.values():
        members = {name: value for name, value in members.items() if value is not None}
    if "data_base64" in members:
        return Invalid.because("is not taken: send a JSON object in data", "/data_base64")
    try:
        envelope = attributes_at_sight(members) or attributes_of(members)
    except ValidationError as error:
        return _with_data(problems_of(error), members)
    data = _data(envelope.type, envelope.data)
    # asked this way round, because pydantic answers for its classes in Python
    if isinstance(data, list):
        return Invalid(tuple(data[:PROBLEMS_MAX]))
    if envelope.time > now + FUTURE_MAX:
        return Invalid.because("is more than 24 h in the future", "/time")
    if envelope.has_plain_media_type:
        # in binary mode every message names it, in structured mode few do
        members = {name: value for name, value in members.items() if name != "datacontenttype"}
    body = to_json(members)
    if len(body) > EVENT_BYTES_MAX:
        return _too_large()
    return Accepted(_event(envelope, upcast(data)), body)


def _data(topic: str, data: Any) -> EventData | list[Problem]:
    shape = EVENT_TYPES.get(topic)
    if shape is None:
        return [Problem("/type", "is not a known type of event")]
    if type(data) is not dict:
        return [Problem("/data", "must be an object")]
    try:
        return _typed(shape, data)
    except ValidationError as error:
        return problems_of(error, _DATA)


def _typed(shape: type[EventData], data: Any, *, context: str | None = None) -> EventData:
    # the validator itself: model_validate adds a tenth to the time of a small event
    typed: EventData = shape.__pydantic_validator__.validate_python(
        data, context=context, by_alias=True, by_name=False
    )
    return typed


def _with_data(problems: list[Problem], members: dict[str, Any]) -> Invalid:
    topic, data = members.get("type"), members.get("data")
    if isinstance(topic, str) and data is not None:
        found = _data(topic, data)
        if isinstance(found, list):
            problems = problems + found
    return Invalid(tuple(problems[:PROBLEMS_MAX]))


def _event(envelope: Attributes, data: EventData) -> Event:
    id_, source, type_, time, _, subject, sequence, extensions, _ = envelope
    return Event(id_, source, type_, time, data, subject, sequence, extensions)


def _unless_repeated(raw: bytes, verdict: Accepted, *, prefix: str = "") -> Accepted | Invalid:
    pointer = repeated_member(raw)
    if pointer is None:
        return verdict
    return Invalid.because("is given more than once", prefix + pointer)


def _too_large() -> Invalid:
    return Invalid.because(f"is larger than {EVENT_BYTES_MAX // 1024} KiB")
