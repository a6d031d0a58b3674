"""`toldonce projections`: how far the views have read the log, reading it again, who is parked."""

from typing import TYPE_CHECKING
from uuid import UUID

import typer

from cli.commands import rebuilding
from cli.commands.options import AsJson, Identifier, read
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from cli.wiring import Installation

app = typer.Typer(
    help="See how far the views have read the log, rebuild them, release customers.",
    no_args_is_help=True,
)
app.command()(rebuilding.rebuild)
app.command()(rebuilding.diff)
app.command()(rebuilding.swap)
app.command()(rebuilding.confirm)
app.command()(rebuilding.rollback)
app.command()(rebuilding.abort)
app.command()(rebuilding.digest)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Print where each view stands and which customers are parked, without moving anything."""
    from cli.wiring import installation

    with installation() as parts:
        _print(parts, as_json)


@app.command()
def release(customer: Identifier, as_json: AsJson = False) -> None:
    """Fold a parked customer anew, once what made it fail is mended.

    If it fails again the customer stays parked, and is shown as far as it goes.
    """
    from cli.render.output import print_json
    from cli.render.projections import released_line
    from cli.render.sheet import show
    from cli.wiring import installation
    from readers.asked import identifier_in

    whom = read(identifier_in, customer, "CUSTOMER")
    with installation() as parts:
        named = parts.current_views().look_up(whom).customer_id
        customer_id = named or (whom if isinstance(whom, UUID) else None)
        is_released = customer_id is not None and parts.runner.release(customer_id)
    if as_json:
        print_json({"customer_id": customer_id, "is_released": is_released})
    else:
        show(released_line(customer_id, is_released=is_released))
    if not is_released:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _print(parts: "Installation", as_json: bool) -> None:
    from cli.render.output import print_json
    from cli.render.projections import status_sheet
    from cli.render.sheet import show
    from readers.shapes.views import projections_json

    progress = parts.runner.progress
    views, parked = progress.status(), progress.parked()
    if as_json:
        print_json(projections_json(views, parked))
    else:
        show(status_sheet(views, parked))
