"""`toldonce projections`: how far the views have read the log."""

import typer

from cli.commands.options import AsJson

app = typer.Typer(help="See how far the views have read the log.", no_args_is_help=True)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Print where each view stands, without moving it."""
    from cli.render.output import print_json
    from cli.render.projections import status_sheet
    from cli.render.sheet import show
    from cli.wiring import installation

    with installation() as parts:
        views = parts.runner.progress.status()
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
