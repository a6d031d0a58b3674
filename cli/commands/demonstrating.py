"""`toldonce demo`: five stories on a database of their own, and the briefs they come to."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cli.settings import Settings
    from cli.stories import Story
    from cli.wiring import Installation
    from projections.queries import Views

Home = Annotated[
    Path | None,
    typer.Option("--home", metavar="FOLDER", help="Where it lives; default: demo in your home."),
]
Serve = Annotated[bool, typer.Option("--serve/--no-serve", help="Serve it all over HTTP after.")]


def demo(home: Home = None, serve: Serve = True) -> None:
    """Tell five stories: import them, and print what was on the screen when it mattered.

    It has a database of its own and leaves yours alone; told again, it finds only duplicates.
    """
    from cli.render.sheet import show
    from cli.render.stories import summary_line
    from cli.stories import stories
    from cli.wiring import installation
    from consumers.files import import_files

    started = time.monotonic()
    told = stories()
    with installation(_settings(home)) as parts:
        tally = import_files([story.file for story in told], parts.intake, restart=True)
        _tell(told, parts)
        show(summary_line(len(told), tally.to_json(), took_s=time.monotonic() - started))
        if serve:
            _serve(told[0], parts)


def _settings(home: Path | None) -> "Settings":
    """Return the settings with nothing of yours in them but where things live."""
    from cli.settings import load_settings

    settings = load_settings()
    own = dict.fromkeys(("database_url", "keyring_file", "kek", "pepper"))
    return settings.model_copy(
        update={"home": (home or settings.home / "demo").expanduser().absolute(), **own}
    )


def _tell(told: "list[Story]", parts: "Installation") -> None:
    from cli.render.sheet import show
    from cli.render.stories import moment_sheet, story_sheet
    from readers.asked import identifier_in

    views = _current_views(parts)
    for number, story in enumerate(told, 1):
        show(story_sheet(number, story))
        for moment in story.moments:
            brief = views.brief(identifier_in(story.identifier), as_of=moment.as_of)
            show(moment_sheet(moment, brief))


def _current_views(parts: "Installation") -> "Views":
    """Return the views; what another version left here is made anew: nobody reads it."""
    from projections.errors import ViewsOutdated

    try:
        return parts.current_views()
    except ViewsOutdated:
        parts.runner.recreate()
        return parts.current_views()


def _serve(story: "Story", parts: "Installation") -> None:
    from cli.companions import Order, companions
    from cli.listening import listener_near, url_of
    from cli.logs import log_to_stderr
    from cli.render.sheet import show
    from cli.render.stories import invitation
    from cli.server import application, run

    settings = parts.shared_settings()
    with (
        listener_near(settings.http_host, settings.http_port) as listens,
        companions([Order("projector", settings)]) as beside,
    ):
        log_to_stderr(settings.log_level)
        app = application(parts)
        beside.wait_until_at_work()
        url = url_of(listens)
        show(invitation(story, url, home=settings.home))
        typer.echo(f"serving {url}, the desk is at {url}/desk, Ctrl-C stops", err=True)
        run(app, beside, listens=listens)
