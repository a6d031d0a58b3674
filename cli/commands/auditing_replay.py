"""`toldonce audit replay` and `audit diff`: how a brief came to be what it is."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.options import AsJson, AsOf, Identifier, KnownAt, read, read_if, read_known_at
from cli.exit_codes import ExitCode

STEPS = 100
STEPS_MAX = 1_000

After = Annotated[
    int,
    typer.Option("--after", metavar="POSITION", min=0, help="Begin after this position."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=STEPS_MAX, help="Events to replay.")]
From = Annotated[
    str,
    typer.Option("--from", metavar="POSITION|TIME", help="As known at this position, or by then."),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="POSITION|TIME", help="The later one; default: all there is."),
]


def replay(
    identifier: Identifier,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    after: After = 0,
    limit: Limit = STEPS,
    as_json: AsJson = False,
) -> None:
    """Print what each event changed in a customer's brief, one step after the other.

    The moment stays the same (--as-of), what was known grows, up to --known-at.
    """
    from cli.render.output import print_json
    from cli.render.replay import replay_sheet
    from cli.render.sheet import show
    from cli.replaying import replayed_of
    from cli.wiring import installation, now
    from readers.asked import identifier_in, moment_in

    whom = read(identifier_in, identifier, "IDENTIFIER")
    moment = read_if(moment_in, as_of, "--as-of") or now()
    until = read_known_at(known_at)
    with installation() as parts:
        views = parts.current_views()
        known = range(after + 1, (until(views) or views.progress.position() or 0) + 1)
        found = replayed_of(views, whom, as_of=moment, known=known, limit=limit)
    print_json(found.to_json()) if as_json else show(replay_sheet(found))
    if not found.steps:
        raise typer.Exit(ExitCode.INCOMPLETE)


def diff(
    identifier: Identifier,
    begin: From,
    end: To = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Print what differs in a customer's brief between two states of the log."""
    from cli.render.output import print_json
    from cli.render.replay import changes_sheet
    from cli.render.sheet import show
    from cli.replaying import differing
    from cli.wiring import installation, now
    from readers.asked import identifier_in, moment_in

    whom = read(identifier_in, identifier, "IDENTIFIER")
    moment = read_if(moment_in, as_of, "--as-of") or now()
    earlier, later = read_known_at(begin), read_known_at(end)
    with installation() as parts:
        views = parts.current_views()
        changes = differing(
            views, whom, as_of=moment, earlier=earlier(views) or 0, later=later(views)
        )
    if as_json:
        print_json([change.to_json() for change in changes])
    else:
        show(changes_sheet(changes))
