"""`toldonce brief` and `toldonce find`: what is known, from views at the head of the log."""

from typing import Annotated

import typer

from cli.commands.options import (
    AsJson,
    AsOf,
    Identifier,
    KnownAt,
    read,
    read_if,
    read_known_at,
)
from cli.exit_codes import ExitCode


def brief(
    identifier: Identifier, as_of: AsOf = None, known_at: KnownAt = None, as_json: AsJson = False
) -> None:
    """Print what a person should see when this customer calls."""
    from cli.render.brief import brief_sheet
    from cli.render.output import print_bytes
    from cli.render.sheet import show
    from cli.wiring import installation, now
    from domain.brief import canonical_json
    from readers.asked import identifier_in, moment_in

    whom = read(identifier_in, identifier, "IDENTIFIER")
    moment = read_if(moment_in, as_of, "--as-of") or now()
    until = read_known_at(known_at)
    with installation() as parts:
        views = parts.current_views()
        found = views.brief(whom, as_of=moment, known_at=until(views))
    if as_json:
        print_bytes(canonical_json(found))
    else:
        show(brief_sheet(found))
    if found["who"]["match"]["level"] == "unknown":
        raise typer.Exit(ExitCode.INCOMPLETE)


def find(text: Annotated[str, typer.Argument(metavar="TEXT")], as_json: AsJson = False) -> None:
    """Print the customers that a text leads to: an identifier, a reference or a name."""
    from cli.render.output import print_json
    from cli.render.sheet import show
    from cli.render.timeline import hits_sheet
    from cli.wiring import installation
    from readers.asked import text_in
    from readers.shapes.views import hits_json

    wanted = read(text_in, text, "TEXT")
    with installation() as parts:
        hits = parts.current_views().find(wanted)
    if as_json:
        print_json(hits_json(hits))
    else:
        show(hits_sheet(hits))
    if not hits.hits:
        raise typer.Exit(ExitCode.INCOMPLETE)
