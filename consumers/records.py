"""Records of Kafka read as CloudEvents: structured or binary mode; all else is a refusal.

Promise: bytes are handed on as they came; nothing in a record can make this fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Protocol

from consumers.verdicts import Received
from domain.problems import Problem, pointer_to
from eventlog.keyring import Keyring

PREFIX = "ce_"
CONTENT_TYPE = "content-type"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
TOMBSTONE = Problem("", "has no value: a tombstone deletes, and nothing that happened is deleted")
EMPTY = Problem("", "is empty")
NOT_ALONE = Problem("", "is a batch: one record holds one event")

Headers = Iterable[tuple[str, bytes | None]]


class Record(Protocol):
    """What is used of a record as the brokers' client gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


def received_from(record: Record) -> Received:
    """Return a record as received, in structured mode unless it has headers of binary mode."""
    origin = f"{record.topic}/{record.partition}@{record.offset}"
    attributes, refusal = _attributes(record.headers)
    content_type = attributes.pop(CONTENT_TYPE, "")
    media_type = content_type.partition(";")[0].strip().lower()
    if not record.value:
        return Received(
            b"", origin, attributes or None, TOMBSTONE if record.value is None else EMPTY
        )
    if media_type == BATCH:
        return Received(record.value, origin, None, NOT_ALONE)
    if not attributes or media_type == STRUCTURED:
        return Received(record.value, origin)
    if content_type:
        attributes["datacontenttype"] = content_type
    return Received(record.value, origin, attributes, refusal)


def fingerprint(record: Record, keyring: Keyring) -> bytes:
    """Return by what a record is told again; keyed, so that it says nothing about its content."""
    digest = sha256(f"{record.offset} {record.timestamp} ".encode())
    digest.update(b"-" if record.key is None else str(len(record.key)).encode() + record.key)
    digest.update(record.value or b"")
    # Not cached like the tokens of identifiers: it is asked for twice at most.
    return keyring.event_key("kafka", digest.hexdigest())


def _attributes(headers: Headers) -> tuple[dict[str, str], Problem | None]:
    """Return the attributes in `ce_` headers and the content type, and what is wrong with one."""
    attributes: dict[str, str] = {}
    refusal = None
    for header, value in headers:
        name = header.lower()
        if name != CONTENT_TYPE:
            if not name.startswith(PREFIX):
                continue
            name = name.removeprefix(PREFIX)
        text = _text(value)
        if name == "datacontenttype":
            refusal = Problem("/datacontenttype", "is said by content-type in binary mode")
        elif name in attributes:
            refusal = Problem(pointer_to([name]), "is given more than once")
        elif text is None:
            refusal = Problem(pointer_to([name]), "is not UTF-8")
        attributes[name] = text or ""
    return attributes, refusal


def _text(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None
