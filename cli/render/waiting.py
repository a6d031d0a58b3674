"""Bringing the projections to the head of the log, with a bar when somebody has to wait for it."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from projections.errors import ProjectionPaused
from projections.runner import Runner

STEP_ENTRIES = 20_000
"""A second or two of work: what is less needs no bar."""


def caught_up(runner: Runner) -> None:
    """Bring the projections to the head of the log as it is now, by our work or another's."""
    head = max(view.head for view in runner.progress.status())
    position = runner.progress.position() or 0
    try:
        if head - position > STEP_ENTRIES:
            _shown(runner, position=position, head=head)
        runner.catch_up()
    except ProjectionPaused as paused:
        # What is known up to there can still be looked at, and every answer says its position.
        Console(stderr=True, highlight=False).print(f"toldonce: {paused}", soft_wrap=True)


def bar_on_stderr(label: str) -> Progress:
    """Return a bar with the time that remains, shown where somebody is looking."""
    console = Console(stderr=True)
    return Progress(
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _shown(runner: Runner, *, position: int, head: int) -> None:
    bar = bar_on_stderr("reading the log")
    with bar:
        task = bar.add_task("", total=head, completed=position)
        while position < head:
            position = runner.catch_up(position + STEP_ENTRIES)
            bar.update(task, completed=position)
