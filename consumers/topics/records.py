"""Records of Kafka read as CloudEvents: structured or binary mode; all else is a refusal.

Promise: bytes are handed on as they came; nothing in a record can make this fail.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from consumers.topics.batches import Header, Record
from consumers.verdicts import Received
from domain.problems import Problem, pointer_to
from eventlog.keyring import Keyring

PREFIX = "ce_"
CONTENT_TYPE = "content-type"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
TOMBSTONE = Problem("", "has no value: a tombstone deletes, and nothing that happened is deleted")
EMPTY = Problem("", "is empty")
# What stands in a name where its bytes are no UTF-8.
REPLACED = "\ufffd"
NAME_NOT_TEXT = Problem("", "has a header of binary mode whose name is not UTF-8")
NOT_ALONE = Problem("", "is a batch: one record holds one event")


def received_from(record: Record) -> Received:
    """Return a record as received, in structured mode unless it has headers of binary mode."""
    origin = f"{record.topic}/{record.partition}@{record.offset}"
    if record.refusal is not None:
        return Received(record.value or b"", origin, None, record.refusal)
    if not record.headers:
        return Received(record.value, origin) if record.value else _without_value(record, origin)
    attributes, refusal = _attributes(record.headers)
    content_type = attributes.pop(CONTENT_TYPE, "")
    media_type = content_type.partition(";")[0].strip().lower()
    if not record.value:
        return _without_value(record, origin, attributes=attributes)
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


def _without_value(
    record: Record, origin: str, *, attributes: dict[str, str] | None = None
) -> Received:
    refusal = TOMBSTONE if record.value is None else EMPTY
    return Received(b"", origin, attributes or None, refusal)


def _attributes(headers: Iterable[Header]) -> tuple[dict[str, str], Problem | None]:
    """Return the attributes in `ce_` headers and the content type, and what is wrong with one."""
    attributes: dict[str, str] = {}
    refusal = None
    for header, value in headers:
        name = header.decode(errors="replace").lower()
        if name != CONTENT_TYPE:
            if not name.startswith(PREFIX):
                continue
            name = name.removeprefix(PREFIX)
        text = _text(value)
        if name == "datacontenttype":
            refusal = Problem("/datacontenttype", "is said by content-type in binary mode")
        elif REPLACED in name:
            refusal = NAME_NOT_TEXT
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
