"""`toldonce schema` and `asyncapi`: what upstream systems may publish, for people and tools."""

from typing import Annotated

import typer

from cli.commands.options import AsJson

Type = Annotated[
    str | None,
    typer.Argument(metavar="TYPE", help="Such as contact.started; without it, all types."),
]


OURS = " Said by ToldOnce alone: not to be published."


def schema(type_: Type = None, as_json: AsJson = False) -> None:
    """Print the types of events, or the JSON Schema of one of them.

    With --json and no TYPE: the schemas of all types in one object.
    """
    from cli.render.output import print_json
    from domain.schema import all_schemas, json_schema

    if type_ is not None:
        print_json(json_schema(_topic(type_)), indent=2)
    elif as_json:
        print_json(all_schemas(), indent=2)
    else:
        _list_types()


def asyncapi() -> None:
    """Print what may be published to the topic as an AsyncAPI 3 document, in JSON.

    JSON is YAML too: every tool that reads the one reads it.
    """
    from importlib.metadata import version

    from cli.render.output import print_json
    from cli.settings import load_settings
    from consumers.publishing.asyncapi import Topic, asyncapi_document

    settings = load_settings()
    server = (settings.kafka_bootstrap_servers or "localhost:9092").split(",")[0]
    is_secure = settings.kafka_security_protocol.endswith("SSL")
    topic = Topic(server, settings.kafka_topic, settings.kafka_group, is_secure)
    print_json(asyncapi_document(topic, version=version("toldonce")), indent=2)


def _list_types() -> None:
    from inspect import getdoc

    from cli.render.sheet import columns, show
    from domain.events import EVENT_TYPES

    rows = (
        (topic, f"{getdoc(data)}{OURS if data.IS_OURS else ''}")
        for topic, data in EVENT_TYPES.items()
    )
    for table in columns(rows):
        show(table)


def _topic(name: str) -> str:
    from domain.events.upcasting import topic_of

    topic = topic_of(name)
    if topic is None:
        raise typer.BadParameter("is not a type; `toldonce schema` lists them", param_hint="TYPE")
    return topic
