"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from cli.brokers import Where
    from projections.queries import Views

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Identifier = Annotated[
    str,
    typer.Argument(
        metavar="IDENTIFIER",
        help="phone:+17175550142, account_no:7731, order:O-2, customer:UUID …",
        show_default=False,
    ),
]
Reason = Annotated[
    str,
    typer.Option("--reason", metavar="TEXT", help="Why; kept with the decision."),
]
Actor = Annotated[
    str | None,
    typer.Option("--actor", metavar="NAME", help="Who decides; default: TOLDONCE_ACTOR, or you."),
]
Begin = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="earliest|latest|TIME",
        help="Where partitions begin that were never read; without it they stand.",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="TIME", help="The world at this moment (RFC 3339; UTC if not said)."
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="POSITION|TIME",
        help="With what the log held at this position, or had recorded by this time.",
    ),
]

Value = TypeVar("Value")


def read(reader: Callable[[str], Value], text: str, name: str) -> Value:
    """Read the value of an option or argument; what cannot be read is a usage error."""
    from readers.asked import NotReadable

    try:
        return reader(text)
    except NotReadable as error:
        raise typer.BadParameter(str(error), param_hint=name) from None


def read_if(reader: Callable[[str], Value], text: str | None, name: str) -> Value | None:
    """Read the value of an option that may be absent."""
    return None if text is None else read(reader, text, name)


def read_begin(text: str | None) -> Where | None:
    """Read `--from`."""
    from cli.brokers import where_in

    start = read_if(where_in, text, "--from")
    if isinstance(start, int):
        raise typer.BadParameter("must be earliest, latest or a time", param_hint="--from")
    return start


def read_known_at(text: str | None) -> Callable[[Views], int | None]:
    """Read `--known-at`, and return what makes it a position once there are views to ask."""
    from readers.asked import position_or_moment_in

    asked = read_if(position_or_moment_in, text, "--known-at")

    def position(views: Views) -> int | None:
        return asked if asked is None or isinstance(asked, int) else views.position_at(asked)

    return position
