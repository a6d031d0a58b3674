"""`toldonce promises`: what was promised to whom, the most pressing first."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.commands.options import AsJson, AsOf, read, read_if
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from domain.handles import Handle
    from projections.queries import Views

PAGE_PROMISES = 50

States = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help="Only this state, not what is owed (broken, due_soon, open); may be repeated.",
    ),
]
Customer = Annotated[
    str | None,
    typer.Option("--customer", metavar="IDENTIFIER", help="Only what was promised to this one."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="Promises of one page.")]
Cursor = Annotated[
    str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on where a page ended.")
]


def promises(
    states: States = None,
    as_of: AsOf = None,
    customer: Customer = None,
    limit: Limit = PAGE_PROMISES,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Print what is owed to customers: broken promises, those due within a day, open ones."""
    from cli.render.output import print_json
    from cli.render.promises import promises_sheet
    from cli.render.sheet import show
    from cli.wiring import installation, now
    from projections.promises.queries import PRESSING, PromiseQuery
    from readers.asked import identifier_in, moment_in, state_in
    from readers.shapes.views import promises_json

    wanted = tuple(read(state_in, state, "--state") for state in states or PRESSING)
    moment = read_if(moment_in, as_of, "--as-of") or now()
    whom = read_if(identifier_in, customer, "--customer")
    with installation() as parts:
        views = parts.current_views()
        customer_id = _customer(views, whom) if whom else None
        query = PromiseQuery(
            moment, states=wanted, customer_id=customer_id, after=cursor, limit=limit
        )
        document = promises_json(views.promises(query))
    if as_json:
        print_json(document)
    else:
        show(promises_sheet(document))


def _customer(views: "Views", whom: "Handle | UUID") -> UUID:
    found = views.look_up(whom)
    if found.customer_id is None:
        typer.echo("no customer, or more than one, is known by that", err=True)
        raise typer.Exit(ExitCode.INCOMPLETE)
    return found.customer_id
