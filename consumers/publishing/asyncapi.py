"""The topic as an AsyncAPI document: what may be published there, and how.

Promise: generated from the classes that decode the events, so it says what is taken and nothing
else; what only this system says is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from consumers.publishing.outgoing import BINARY, CONTENT_TYPE, PREFIX
from domain.decode import EVENT_BYTES_MAX
from domain.events import EVENT_TYPES
from domain.schema import json_schema

ASYNCAPI = "3.0.0"
BINDING = "0.5.0"
STRUCTURED = "application/cloudevents+json"
CHANNEL = "events"
SCHEMAS = "#/components/schemas/"
REQUIRED = ("specversion", "id", "source", "type", "time")
DESCRIPTION = f"""\
Events are CloudEvents 1.0, one a record, at most {EVENT_BYTES_MAX} bytes. In structured mode the
value is the whole event; in binary mode it is its `data` (the schema that ends in `.data`), and the
attributes stand in headers that begin with `{PREFIX}`. Source and id are unique for ever: the same
event published again is a duplicate and harms nothing. What is refused is kept in quarantine with
its reasons; nothing is dropped.
"""
KEY = (
    "The extension `partitionkey`, else the strongest identifier or most specific reference in the "
    "event, such as phone:+17175550142: the events of one key are taken in the order published."
)


@dataclass(frozen=True, slots=True)
class Topic:
    """Where events are published: a broker to begin with, whether over TLS, topic and readers."""

    server: str
    name: str
    group: str
    is_secure: bool = False


def asyncapi_document(topic: Topic, *, version: str) -> dict[str, Any]:
    """Return the document; `version` is that of this system."""
    kinds = [kind for kind in sorted(EVENT_TYPES) if not EVENT_TYPES[kind].IS_OURS]
    names = [_name(kind) for kind in kinds]
    return {
        "asyncapi": ASYNCAPI,
        "info": {"title": "ToldOnce", "version": version, "description": DESCRIPTION},
        "defaultContentType": STRUCTURED,
        "servers": {"kafka": _server(topic)},
        "channels": {CHANNEL: _channel(topic, names)},
        "operations": {"take": _operation(topic, names)},
        "components": {
            "messages": {_name(kind): _message(kind) for kind in kinds},
            "schemas": _schemas(kinds),
        },
    }


def _server(topic: Topic) -> dict[str, Any]:
    return {
        "host": topic.server,
        "protocol": "kafka-secure" if topic.is_secure else "kafka",
        "description": "A broker to begin with.",
    }


def _channel(topic: Topic, names: Iterable[str]) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": "Everything that upstream systems know to have happened.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": topic.name, "bindingVersion": BINDING}},
    }


def _operation(topic: Topic, names: Iterable[str]) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "summary": "Take an event into the log, once.",
        "messages": [{"$ref": f"#/channels/{CHANNEL}/messages/{name}"} for name in names],
        "bindings": {
            "kafka": {
                "groupId": {"type": "string", "enum": [topic.group]},
                "bindingVersion": BINDING,
            }
        },
    }


def _message(kind: str) -> dict[str, Any]:
    schema = json_schema(kind)
    (event,) = schema["examples"]
    return {
        "name": kind,
        "title": EVENT_TYPES[kind].NAME.replace(".", " ").replace("_", " "),
        "summary": schema["description"],
        "contentType": STRUCTURED,
        "headers": {"$ref": f"{SCHEMAS}headers"},
        "payload": {"$ref": SCHEMAS + _name(kind)},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": KEY}, "bindingVersion": BINDING}
        },
        "examples": [
            {"name": "structured", "headers": {CONTENT_TYPE: STRUCTURED}, "payload": event}
        ],
    }


def _schemas(kinds: Iterable[str]) -> dict[str, Any]:
    """Return the schema of each type, of its data, and of the values that they share."""
    shared: dict[str, Any] = {"headers": _headers()}
    events: dict[str, Any] = {}
    for kind in kinds:
        name, schema = _name(kind), _moved(json_schema(kind))
        shared |= schema.pop("$defs")
        # Each would change what the references below it mean.
        del schema["$schema"], schema["$id"]
        events[f"{name}.data"] = schema["properties"]["data"]
        properties = schema["properties"] | {"data": {"$ref": f"{SCHEMAS}{name}.data"}}
        events[name] = schema | {"properties": properties}
    return shared | events


def _headers() -> dict[str, Any]:
    attributes = {
        f"{PREFIX}{name}": {"type": "string", "description": f"The attribute `{name}`, as UTF-8."}
        for name in REQUIRED
    }
    modes = {
        "type": "string",
        "description": f"{STRUCTURED} in structured mode, {BINARY} in binary mode.",
    }
    return {
        "type": "object",
        "description": f"Headers beginning with {PREFIX} are for binary mode alone; there each of "
        "these is required, and extensions stand beside them.",
        "properties": {CONTENT_TYPE: modes, **attributes},
    }


def _moved(schema: Any) -> Any:
    """Return a schema whose references lead to the document's components."""
    if isinstance(schema, dict):
        return {
            name: value.replace("#/$defs/", SCHEMAS) if name == "$ref" else _moved(value)
            for name, value in schema.items()
        }
    return [_moved(part) for part in schema] if isinstance(schema, list) else schema


def _name(kind: str) -> str:
    return kind.removeprefix("toldonce.")
