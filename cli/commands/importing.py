"""`toldonce import`: events from files into the log, each refused line named."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import AsJson
from cli.exit_codes import ExitCode

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE", help="Files of one JSON event a line; - is standard input."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Validate every line, store nothing.")]
Restart = Annotated[
    bool, typer.Option("--restart", help="Begin anew instead of going on where one stopped.")
]


def import_(
    files: Files, dry_run: DryRun = False, restart: Restart = False, as_json: AsJson = False
) -> None:
    """Store the events of files, with a verdict for every line.

    Refused lines are named on standard error and kept in quarantine; an import that was
    interrupted goes on where it stopped.
    """
    from cli.render.output import print_json
    from cli.render.sheet import show
    from cli.render.tallies import tally_line

    counts = _counts([Path(file) for file in files], is_dry_run=dry_run, restart=restart)
    if as_json:
        print_json(counts)
    else:
        show(tally_line(counts))
    if counts["invalid"] or counts.get("conflict"):
        raise typer.Exit(ExitCode.INCOMPLETE)


def _counts(paths: list[Path], *, is_dry_run: bool, restart: bool) -> dict[str, int]:
    from cli.render.imports import watched
    from cli.wiring import installation, now
    from consumers.files import check_files, import_files

    with watched() as watcher:
        if is_dry_run:
            return check_files(paths, now, watcher=watcher).to_json()
        try:
            with installation() as parts:
                return import_files(paths, parts.intake, restart=restart, watcher=watcher).to_json()
        except KeyboardInterrupt:
            typer.echo(
                "stopped; what is stored is kept, and the same command goes on from there", err=True
            )
            raise
