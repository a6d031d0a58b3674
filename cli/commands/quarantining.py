"""`toldonce quarantine`: what was refused where nobody waited, and deciding what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.commands.options import Actor, AsJson, Reason
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from consumers.held import HeldQuery
    from consumers.intake import Intake
    from consumers.resolving import Retried

PAGE_EVENTS = 50

State = Annotated[
    str,
    typer.Option("--state", metavar="STATE", help="held, stored (after all) or discarded."),
]
OfVerdict = Annotated[
    str | None,
    typer.Option("--verdict", metavar="VERDICT", help="Only this verdict: invalid or conflict."),
]
Origin = Annotated[
    str,
    typer.Option(
        "--origin",
        metavar="PREFIX",
        help="Only from places that begin like this: stories.ndjson: or toldonce.events/3@.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="Events of one page.")]
Cursor = Annotated[
    str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on where a page ended.")
]
Id = Annotated[UUID, typer.Argument(metavar="ID", help="As `quarantine list` prints it.")]
Ids = Annotated[
    list[UUID] | None, typer.Argument(metavar="ID", help="As `quarantine list` prints them.")
]
All = Annotated[bool, typer.Option("--all", help="All that are held, or those of --origin.")]
Raw = Annotated[bool, typer.Option("--raw", help="Write exactly what was sent, nothing else.")]

app = typer.Typer(
    help="See what could not be stored, offer it again once its cause is mended, or discard it.",
    no_args_is_help=True,
)


@app.command("list")
def list_(
    state: State = "held",
    verdict: OfVerdict = None,
    origin: Origin = "",
    limit: Limit = PAGE_EVENTS,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Print the refused events with their reasons, oldest first, without what was sent."""
    from cli.render.output import print_json
    from cli.render.quarantine import held_sheet
    from cli.render.sheet import show
    from cli.wiring import installation

    query = _query(state, verdict, origin=origin, limit=limit, cursor=cursor)
    with installation() as parts:
        page = parts.intake.quarantine.page(query)
    if as_json:
        print_json(page.to_json())
    else:
        show(held_sheet(page))


@app.command()
def show(quarantine_id: Id, raw: Raw = False, as_json: AsJson = False) -> None:
    """Print one event with its reasons, its fate and what was sent."""
    from cli.render import sheet
    from cli.render.output import print_json, write_bytes
    from cli.render.quarantine import in_full
    from cli.wiring import installation

    with installation() as parts:
        held = parts.intake.quarantine.existing(quarantine_id)
    if raw:
        write_bytes(held.received.raw if held.received else b"")
    elif as_json:
        print_json(held.to_json_with_bytes())
    else:
        sheet.show(in_full(held))


@app.command()
def retry(
    ids: Ids = None,
    is_all: All = False,
    origin: Origin = "",
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Offer events again, with the bytes that were sent, once what refused them is mended.

    What is stored then, or was stored already, leaves the list; what is refused again stays, with
    its new reasons. A discarded event can still be offered by its ID.
    """
    from cli.deciding import acting
    from cli.render.output import print_json
    from cli.render.quarantine import refused_again
    from cli.render.sheet import show
    from cli.render.tallies import tally_line
    from cli.wiring import installation
    from consumers.verdicts import Tally

    _check_chosen(ids, is_all=is_all, origin=origin)
    tally = Tally()
    with installation() as parts:
        for retried in _retried(parts.intake, ids, origin=origin, by=acting(parts, actor)):
            tally.add(verdict for _, verdict in retried)
            for line in refused_again(retried):
                typer.echo(line, err=True)
    print_json(tally.to_json()) if as_json else show(tally_line(tally.to_json()))
    if tally.invalid or tally.conflict:
        raise typer.Exit(ExitCode.INCOMPLETE)


@app.command()
def discard(
    reason: Reason,
    ids: Ids = None,
    is_all: All = False,
    origin: Origin = "",
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Decide that held events shall not be stored; who, when and why is kept, and so are the bytes.

    The bytes stay sealed in quarantine and can still be shown and offered again by their ID.
    """
    from cli.deciding import acting
    from cli.render.output import print_json
    from cli.wiring import installation
    from consumers.held import HeldQuery
    from consumers.resolving import discard_all
    from domain.sentences.phrases import count

    _check_chosen(ids, is_all=is_all, origin=origin)
    with installation() as parts:
        quarantine, by = parts.intake.quarantine, acting(parts, actor)
        if ids:
            discarded = len(quarantine.discard(ids, by=by, reason=reason))
        else:
            discarded = discard_all(quarantine, HeldQuery(origin=origin), by=by, reason=reason)
    print_json({"discarded": discarded}) if as_json else typer.echo(
        f"{count(discarded, 'event')} discarded"
    )
    if discarded < len(set(ids or ())):
        typer.echo("the others are not held", err=True)
        raise typer.Exit(ExitCode.INCOMPLETE)


def _query(
    state: str, verdict: str | None, *, origin: str, limit: int, cursor: str | None
) -> HeldQuery:
    from consumers.held import REFUSALS, STATES, HeldQuery

    if state not in STATES:
        raise typer.BadParameter(f"must be one of {', '.join(STATES)}", param_hint="--state")
    if verdict is not None and verdict not in REFUSALS:
        raise typer.BadParameter(f"must be one of {', '.join(REFUSALS)}", param_hint="--verdict")
    return HeldQuery(state, verdict, origin, cursor, limit)  # type: ignore[arg-type]


def _check_chosen(ids: list[UUID] | None, *, is_all: bool, origin: str) -> None:
    if bool(ids) == is_all:
        raise typer.BadParameter("name events by ID, or all that are held with --all")
    if origin and ids:
        raise typer.BadParameter("goes with --all", param_hint="--origin")


def _retried(
    intake: Intake, ids: list[UUID] | None, *, origin: str, by: str
) -> Iterator[list[Retried]]:
    from consumers.held import HeldQuery
    from consumers.resolving import retry, retry_all

    if ids:
        yield retry(intake, [intake.quarantine.existing(one) for one in dict.fromkeys(ids)], by=by)
    else:
        yield from retry_all(intake, HeldQuery(origin=origin), by=by)
