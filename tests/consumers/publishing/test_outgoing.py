"""What an event becomes on its way into Kafka."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consumers.publishing.outgoing import Outgoing, binary, structured
from domain.decode import Accepted, decode, decode_binary
from domain.events import EVENT_TYPES
from domain.example import example
from tests.consumers.published import NOW, published


def accepted(event: dict[str, Any]) -> Accepted:
    """Return an event as decoded."""
    decoded = decode(json.dumps(event).encode(), now=NOW)
    assert isinstance(decoded, Accepted), decoded
    return decoded


def read_back(record: Outgoing) -> Accepted:
    """Return what a consumer makes of a record in binary mode."""
    headers = {name: value.decode() for name, value in record.headers}
    attributes = {"datacontenttype": headers.pop("content-type")}
    attributes |= {name.removeprefix("ce_"): value for name, value in headers.items()}
    decoded = decode_binary(attributes, record.value, now=NOW)
    assert isinstance(decoded, Accepted), decoded
    return decoded


@pytest.mark.parametrize("topic", EVENT_TYPES)
def test_binary_mode_is_read_back_as_the_same_event(topic: str) -> None:
    """Headers and value together state what the structured event does."""
    before = accepted(example(topic))
    after = read_back(binary(before))
    assert json.loads(after.body) == json.loads(before.body)


def test_attributes_of_other_kinds_are_written_as_cloudevents_does() -> None:
    """Headers are text: true is not True, and nothing is percent-encoded."""
    event = published(1) | {"first": True, "count": 3, "subject": "Müller 100 %"}
    headers = dict(binary(accepted(event)).headers)
    assert (headers["ce_first"], headers["ce_count"]) == (b"true", b"3")
    assert headers["ce_subject"].decode() == "Müller 100 %"
    assert headers["content-type"] == b"application/json"
    assert "ce_datacontenttype" not in headers


def test_structured_mode_hands_on_the_bytes() -> None:
    """What was checked is what is sent, byte for byte."""
    raw = b' {"specversion" : "1.0"}'
    record = structured(raw, None)
    assert record == (None, raw, [("content-type", b"application/cloudevents+json; charset=UTF-8")])


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"partitionkey": "A"}, "A"),
        ({}, "account_no:7731"),
        ({"identifiers": [{"type": "phone", "value": "+1 (717) 555-0142"}]}, "phone:+17175550142"),
        ({"identifiers": [], "order_id": "O-1"}, "contact:c-1"),
    ],
)
def test_the_key_keeps_a_customer_s_events_in_order(changes: dict[str, Any], key: str) -> None:
    """It is chosen by the publisher, else the strongest identifier or most specific reference."""
    event = published(1)
    event["data"]["identifiers"] = [
        {"type": "phone", "value": "+17175550142"},
        {"type": "account_no", "value": "7731"},
    ]
    event["data"] |= {name: value for name, value in changes.items() if name != "partitionkey"}
    event |= {name: value for name, value in changes.items() if name == "partitionkey"}
    decoded = accepted(event)
    assert binary(decoded).key == structured(b"", decoded.event).key == key.encode()
