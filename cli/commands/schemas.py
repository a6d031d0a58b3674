"""`toldonce schema`: what upstream systems may publish, as JSON Schema."""

from typing import Annotated

import typer

from cli.commands.options import AsJson

Type = Annotated[
    str | None,
    typer.Argument(metavar="TYPE", help="Such as contact.started; without it, all types."),
]


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


def _list_types() -> None:
    from inspect import getdoc

    from cli.render.sheet import columns, show
    from domain.events import EVENT_TYPES

    for table in columns((topic, getdoc(data) or "") for topic, data in EVENT_TYPES.items()):
        show(table)


def _topic(name: str) -> str:
    from domain.events import EVENT_TYPES

    for topic, data in EVENT_TYPES.items():
        if name in (topic, data.NAME):
            return topic
    raise typer.BadParameter("is not a type; `toldonce schema` lists them", param_hint="TYPE")
