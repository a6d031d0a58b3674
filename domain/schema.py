"""JSON Schemas of the events, generated from the classes that decode them.

Promise: the schemas say nothing that the classes do not, so that they can never drift apart.
"""

from inspect import getdoc
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from domain.envelope import Envelope
from domain.events import EVENT_TYPES
from domain.example import example

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXTENSION = {"type": ["string", "integer", "boolean"]}
_EXTENSION_NAMES = {"pattern": "^[a-z0-9]{1,20}$"}


def json_schema(topic: str) -> dict[str, Any]:
    """Return the schema of the whole structured CloudEvent of one type.

    Raises KeyError for a type that is not in EVENT_TYPES.
    """
    shape = EVENT_TYPES[topic]
    data = shape.model_json_schema(schema_generator=_WithoutNoise)
    definitions = data.pop("$defs", {})
    envelope = Envelope.model_json_schema(schema_generator=_WithoutNoise)
    return {
        "$schema": DIALECT,
        "$id": f"urn:toldonce:event:{topic.removeprefix('toldonce.')}",
        "title": topic,
        "description": getdoc(shape),
        "type": "object",
        "required": envelope["required"],
        "properties": {**envelope["properties"], "type": {"const": topic}, "data": data},
        "propertyNames": _EXTENSION_NAMES,
        "additionalProperties": _EXTENSION,
        "$defs": definitions,
        "examples": [example(topic)],
    }


def all_schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of every type by its topic, sorted by topic."""
    return {topic: json_schema(topic) for topic in sorted(EVENT_TYPES)}


class _WithoutNoise(GenerateJsonSchema):
    # a title that repeats the member's name and a default that means "absent" tell nobody anything

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        written = super().default_schema(schema)
        written.pop("default", None)
        return written
