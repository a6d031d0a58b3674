"""What the AsyncAPI document says, and that it is one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from consumers.publishing.asyncapi import Topic, asyncapi_document
from domain.events import EVENT_TYPES
from domain.example import example
from tests.cli.conftest import Here, here

__all__ = ["here"]
DOCUMENT = asyncapi_document(
    Topic("kafka.example:9092", "calls", "timeline", is_secure=True), version="1.2.3"
)
OURS = {"toldonce.promise.lapsed.v1", "toldonce.record.viewed.v1"}
KINDS = sorted(set(EVENT_TYPES) - OURS)
# What the specification asks of names of components and of messages.
NAME = re.compile(r"[A-Za-z0-9._-]+")
REGISTRY: Registry[Any] = Registry().with_resource("urn:document", Resource(DOCUMENT, DRAFT202012))


def validator(reference: str) -> Draft202012Validator:
    """Return what validates against a schema of the document."""
    return Draft202012Validator({"$ref": f"urn:document{reference}"}, registry=REGISTRY)


def references(part: Any) -> Iterator[str]:
    """Yield every reference in a part of the document, except in examples."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            elif name != "examples":
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def found(reference: str) -> Any:
    """Return what a reference leads to."""
    part: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        part = part[step]
    return part


def test_the_parts_are_those_of_the_specification() -> None:
    """AsyncAPI 3.0.0: what is required is there, and nothing has another name."""
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert set(DOCUMENT) <= {
        *("asyncapi", "id", "info", "servers", "defaultContentType"),
        *("channels", "operations", "components"),
    }
    assert (DOCUMENT["info"]["title"], DOCUMENT["info"]["version"]) == ("ToldOnce", "1.2.3")
    (server,) = DOCUMENT["servers"].values()
    assert (server["host"], server["protocol"]) == ("kafka.example:9092", "kafka-secure")
    (channel,) = DOCUMENT["channels"].values()
    assert (channel["address"], channel["bindings"]["kafka"]["topic"]) == ("calls", "calls")
    (operation,) = DOCUMENT["operations"].values()
    assert operation["action"] == "receive"
    assert operation["bindings"]["kafka"]["groupId"]["enum"] == ["timeline"]
    components = DOCUMENT["components"]
    names = (*channel["messages"], *components["messages"], *components["schemas"])
    assert [name for name in names if not NAME.fullmatch(name)] == []


def test_every_reference_leads_somewhere() -> None:
    """An operation names messages of its channel, as the specification asks."""
    every = set(references(DOCUMENT))
    assert all(found(reference) is not None for reference in every)
    (operation,) = DOCUMENT["operations"].values()
    named = [reference["$ref"] for reference in operation["messages"]]
    assert named == [
        f"#/channels/events/messages/{name}" for name in DOCUMENT["channels"]["events"]["messages"]
    ]


def test_every_type_that_may_be_published_is_a_message() -> None:
    """What only this system says is refused from outside, so it is not offered."""
    messages = DOCUMENT["components"]["messages"]
    assert [message["name"] for message in messages.values()] == KINDS
    for message in messages.values():
        assert message["title"]
        assert message["summary"]
        assert message["contentType"] == "application/cloudevents+json"
        assert message["bindings"]["kafka"]["key"]["type"] == "string"


def test_every_schema_is_one_in_both_dialects() -> None:
    """AsyncAPI reads them by draft 7, our own tools by the newest; they mean the same in both."""
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)
        Draft202012Validator.check_schema(schema)
        assert not {"$id", "$schema", "$defs"} & set(schema)


@pytest.mark.parametrize("kind", KINDS)
def test_examples_are_valid_whole_and_as_data(kind: str) -> None:
    """In structured mode the event, in binary mode its data."""
    message = DOCUMENT["components"]["messages"][kind.removeprefix("toldonce.")]
    (given,) = message["examples"]
    assert given["payload"] == example(kind)
    validator(message["payload"]["$ref"]).validate(given["payload"])
    validator(message["headers"]["$ref"]).validate(given["headers"])
    validator(f"{message['payload']['$ref']}.data").validate(given["payload"]["data"])


def test_what_is_malformed_is_invalid_by_the_document_too() -> None:
    """At least a missing and an unknown member, and a value of another type, are told."""
    schema = validator("#/components/schemas/contact.started.v1")
    event = example("toldonce.contact.started.v1")
    for data in (
        {name: value for name, value in event["data"].items() if name != "contact_id"},
        event["data"] | {"contact": "c-1"},
        event["data"] | {"channel": "smoke"},
    ):
        with pytest.raises(ValidationError):
            schema.validate(event | {"data": data})


def test_the_command_prints_the_document_of_the_settings(here: Here) -> None:
    """Brokers, topic and group are those that are read."""
    done = here("asyncapi", TOLDONCE_KAFKA_BOOTSTRAP_SERVERS="a:1,b:2", TOLDONCE_KAFKA_TOPIC="x")
    assert done.code == 0
    document = json.loads(done.out)
    assert document["servers"]["kafka"]["host"] == "a:1"
    assert document["channels"]["events"]["address"] == "x"
    assert document["info"]["version"]
