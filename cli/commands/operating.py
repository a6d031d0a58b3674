"""`toldonce migrate` and `toldonce settings`: what an operator needs before anything else."""

import typer

from cli.commands.options import AsJson


def migrate(as_json: AsJson = False) -> None:
    """Bring the log's tables in the database to this version.

    The embedded database is migrated by itself, one of your own by this command alone.
    """
    from cli.render.output import print_json
    from cli.wiring import installation

    with installation() as parts:
        applied = parts.migrate()
    if as_json:
        print_json({"applied": applied})
    else:
        typer.echo(f"applied {', '.join(applied)}" if applied else "nothing to do")


def settings(as_json: AsJson = False) -> None:
    """Print every setting with its value and what it is for; secrets are masked."""
    from cli.render.output import print_json
    from cli.render.settings import settings_sheet
    from cli.render.sheet import show
    from cli.settings import load_settings

    loaded = load_settings()
    if as_json:
        print_json(loaded.masked(), indent=2)
    else:
        show(settings_sheet(loaded))
