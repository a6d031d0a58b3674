"""Events as records of Kafka: key, value and headers, by the Kafka binding of CloudEvents.

Promise: all events of one customer that name them alike have one key, so they stay in order; in
either mode a record is read back as the event that it was made of.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from domain.decode import Accepted
from domain.event import Event
from domain.handles import filing_handle

STRUCTURED = b"application/cloudevents+json; charset=UTF-8"
BINARY = "application/json"
CONTENT_TYPE = "content-type"
PREFIX = "ce_"
PARTITION_KEY = "partitionkey"


class Outgoing(NamedTuple):
    """One record, as the producer takes it."""

    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]

    @property
    def size(self) -> int:
        """Return about how many bytes it holds in memory."""
        return len(self.key or b"") + len(self.value) + sum(len(v) for _, v in self.headers)


def structured(raw: bytes, event: Event | None) -> Outgoing:
    """Return a record in structured mode: the bytes as they are; without an event, no key."""
    key = None if event is None else key_of(event)
    return Outgoing(key, raw, [(CONTENT_TYPE, STRUCTURED)])


def binary(accepted: Accepted) -> Outgoing:
    """Return a record in binary mode: attributes as headers, `data` as the value."""
    members: dict[str, Any] = from_json(accepted.body)
    data = members.pop("data")
    media_type = members.pop("datacontenttype", BINARY)
    headers = [(f"{PREFIX}{name}", _text(value).encode()) for name, value in members.items()]
    key = key_of(accepted.event)
    return Outgoing(key, to_json(data), [(CONTENT_TYPE, media_type.encode()), *headers])


def key_of(event: Event) -> bytes:
    """Return the key: the extension `partitionkey`, else what the event is filed under.

    That is the strongest identifier observed in it, else its most specific reference, as text such
    as `phone:+17175550142`. It is as personal as the event itself, and needs the same care.
    """
    given = event.extensions.get(PARTITION_KEY)
    return (str(filing_handle(event)) if given is None else _text(given)).encode()


def _text(value: str | int | bool) -> str:
    """Write an attribute as CloudEvents does."""
    return str(value).lower() if isinstance(value, bool) else str(value)
