"""What the schemas promise: they describe what decode takes, and come from nowhere else."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic_core import to_json

from domain.decode import Accepted, decode
from domain.events import EVENT_TYPES
from domain.schema import DIALECT, all_schemas, json_schema

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
TOPICS = sorted(EVENT_TYPES)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_schema_describes_the_whole_event(topic: str) -> None:
    """Envelope and data are closed, and the type is the one it describes."""
    schema = json_schema(topic)
    assert schema["$schema"] == DIALECT
    assert schema["properties"]["type"] == {"const": topic}
    assert schema["required"] == ["specversion", "id", "source", "type", "time", "data"]
    assert schema["description"] == EVENT_TYPES[topic].__doc__
    data = schema["properties"]["data"]
    assert data["additionalProperties"] is False
    shape = EVENT_TYPES[topic]
    assert set(data["properties"]) == {f.alias or n for n, f in shape.model_fields.items()}


@pytest.mark.parametrize("topic", TOPICS)
def test_the_example_of_a_schema_is_accepted(topic: str) -> None:
    """What a publisher copies works, and shows every member that the type adds."""
    (shown,) = json_schema(topic)["examples"]
    verdict = decode(to_json(shown), now=NOW)
    assert isinstance(verdict, Accepted), verdict
    assert shown["type"] == topic


@pytest.mark.parametrize("topic", TOPICS)
def test_every_reference_in_a_schema_leads_somewhere(topic: str) -> None:
    """Definitions stand at the root of the schema that uses them."""
    schema = json_schema(topic)
    assert {f"#/$defs/{name}" for name in schema["$defs"]} == set(_references(schema))


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in _references(item)]
    if not isinstance(node, dict):
        return []
    here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return here + [found for item in node.values() for found in _references(item)]


def test_alternatives_stand_in_the_schema() -> None:
    """A validator refuses a parcel without a name and a promise without a time, as decode does."""
    parcel = json_schema("toldonce.delivery.completed.v1")["properties"]["data"]
    assert parcel["anyOf"] == [{"required": ["delivery_id"]}, {"required": ["tracking_number"]}]
    promise = json_schema("toldonce.promise.made.v1")["properties"]["data"]
    assert promise["oneOf"][2] == {"required": ["due_business_days", "calendar_id"]}


def test_all_schemas_are_given_once_and_as_json() -> None:
    """They can be written to files as they are."""
    schemas = all_schemas()
    assert list(schemas) == TOPICS
    assert json.loads(json.dumps(schemas)) == schemas
    assert len({schema["$id"] for schema in schemas.values()}) == len(schemas)


def test_an_unknown_type_has_no_schema() -> None:
    """There is nothing to say of it."""
    with pytest.raises(KeyError):
        json_schema("toldonce.contact.begun.v1")
