"""`toldonce projections`: how far the views have read the log, and reading it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli.commands.options import AsJson

if TYPE_CHECKING:
    from projections.progress import ViewStatus

app = typer.Typer(
    help="See how far the views have read the log, or have them read it again.",
    no_args_is_help=True,
)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Print where each view stands, without moving it."""
    from cli.wiring import installation

    with installation() as parts:
        views = parts.runner.progress.status()
    _print(views, as_json)


@app.command()
def rebuild(as_json: AsJson = False) -> None:
    """Empty every view and read the log again from its start, also after an upgrade.

    Nothing is lost: views hold only what follows from the log. Until it is done, whoever reads
    waits or sees the views as far as they are.
    """
    from cli.wiring import installation

    with installation() as parts:
        parts.runner.recreate()
        parts.current_views()
        views = parts.runner.progress.status()
    _print(views, as_json)


def _print(views: list[ViewStatus], as_json: bool) -> None:
    from cli.render.output import print_json
    from cli.render.projections import status_sheet
    from cli.render.sheet import show

    if as_json:
        print_json(
            [
                {
                    "name": view.name,
                    "position": view.position,
                    "head": view.head,
                    "lag": view.lag,
                    "is_ready": view.is_ready,
                }
                for view in views
            ]
        )
    else:
        show(status_sheet(views))
