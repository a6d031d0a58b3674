"""`toldonce projections rebuild` and what belongs to it: compare, change places, go back."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands.options import AsJson

if TYPE_CHECKING:
    from cli.wiring import Installation
    from projections.rebuild.difference import Difference

Workers = Annotated[
    int, typer.Option("--workers", min=1, max=64, help="Processes that fold customers.")
]
NoSwap = Annotated[
    bool, typer.Option("--no-swap", help="Stop before the rebuilt views take the live ones' place.")
]
InPlace = Annotated[
    bool,
    typer.Option(
        "--in-place", help="Empty the views and read again: readers wait, but it needs less disk."
    ),
]
OfNext = Annotated[bool, typer.Option("--next", help="Of the rebuilt views, before they are live.")]


def rebuild(
    workers: Workers = 2,
    no_swap: NoSwap = False,
    in_place: InPlace = False,
    as_json: AsJson = False,
) -> None:
    """Build all views anew beside the live ones, tell what would change, and have them swapped.

    Nothing is lost: views hold only what follows from the log. Whoever reads sees the old views
    until the new ones are whole. Killed at any moment, the same command goes on.
    """
    from cli.render.rebuilding import difference_sheet
    from cli.render.sheet import show
    from cli.render.waiting import progress_shown
    from cli.wiring import installation

    with installation() as parts:
        if in_place:
            parts.runner.recreate()
            parts.current_views()
            found = None
        else:
            rebuilding = parts.rebuilding(workers)
            with progress_shown() as report:
                rebuilding.build(report)
                found = rebuilding.difference(parts.runner.catch_up, report)
            if not as_json:
                show(difference_sheet(found))
            if not no_swap:
                with progress_shown() as report:
                    rebuilding.swap(report)
        _tell(parts, found, as_json=as_json)


def diff(as_json: AsJson = False) -> None:
    """Tell what would change if the rebuilt views became the live ones: whose rows, and how."""
    from cli.render.output import print_json
    from cli.render.rebuilding import difference_json, difference_sheet
    from cli.render.sheet import show
    from cli.render.waiting import progress_shown
    from cli.wiring import installation

    with installation() as parts:
        with progress_shown() as report:
            found = parts.rebuilding().difference(parts.runner.catch_up, report)
        if as_json:
            print_json(difference_json(found))
        else:
            show(difference_sheet(found))


def swap(as_json: AsJson = False) -> None:
    """Let the rebuilt views take the live ones' place; those are kept until `confirm`."""
    from cli.render.waiting import progress_shown
    from cli.wiring import installation

    with installation() as parts:
        with progress_shown() as report:
            parts.rebuilding().swap(report)
        _tell(parts, None, as_json=as_json)


def rollback(as_json: AsJson = False) -> None:
    """Let the views that were live before the last swap be live again; once more undoes that."""
    from cli.render.waiting import progress_shown
    from cli.wiring import installation

    with installation() as parts:
        with progress_shown() as report:
            parts.rebuilding().rollback(report)
        _tell(parts, None, as_json=as_json)


def confirm() -> None:
    """Drop the views that were live before the last swap."""
    from cli.wiring import installation

    with installation() as parts:
        parts.rebuilding().confirm()


def abort() -> None:
    """Drop what was rebuilt and is not live."""
    from cli.wiring import installation

    with installation() as parts:
        parts.rebuilding().abort()


def digest(of_next: OfNext = False, as_json: AsJson = False) -> None:
    """Print a digest of what each view says; equal digests mean equal rows."""
    from cli.render.output import print_json
    from cli.render.rebuilding import digests_json, digests_sheet
    from cli.render.sheet import show
    from cli.wiring import installation
    from projections.slots import LIVE, NEXT

    with installation() as parts:
        if not of_next:
            parts.current_views()
        position, found = parts.rebuilding().digests(NEXT if of_next else LIVE)
    if as_json:
        print_json(digests_json(position, found))
    else:
        show(digests_sheet(position, found))


def _tell(parts: "Installation", difference: "Difference | None", *, as_json: bool) -> None:
    from cli.render.output import print_json
    from cli.render.projections import status_sheet
    from cli.render.rebuilding import difference_json
    from cli.render.sheet import show
    from readers.shapes.views import projections_json

    views, parked = parts.runner.progress.status(), parts.runner.progress.parked()
    if as_json:
        answer: dict[str, Any] = dict(projections_json(views, parked))
        if difference is not None:
            answer["difference"] = difference_json(difference)
        print_json(answer)
        return
    show(status_sheet(views, parked))
