"""Bringing the projections to the head of the log, with bars when somebody has to wait for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from projections.errors import ProjectionPaused
from projections.rebuild.building import Report, Step
from projections.runner import Runner

SHOWN_ENTRIES_MIN = 20_000
"""A second or two of work: what is less needs no bar."""


def caught_up(runner: Runner) -> None:
    """Bring the projections to the head of the log as it is now, by our work or another's."""
    head = max(view.head for view in runner.progress.status())
    position = runner.progress.position() or 0
    try:
        if head - position > SHOWN_ENTRIES_MIN:
            with progress_shown() as report:
                runner.catch_up(report=report)
        else:
            runner.catch_up()
    except ProjectionPaused as paused:
        # What is known up to there can still be looked at, and every answer says its position.
        Console(stderr=True, highlight=False).print(f"toldonce: {paused}", soft_wrap=True)


@contextmanager
def progress_shown() -> Iterator[Report]:
    """Give what is told of each step: a bar on standard error, with the time that remains."""
    bars = bar_on_stderr("{task.description:<11}")
    tasks: dict[str, Any] = {}

    def report(step: Step) -> None:
        if step.name not in tasks:
            tasks[step.name] = bars.add_task(step.name)
        bars.update(tasks[step.name], total=step.total, completed=step.done)

    with bars:
        yield report


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
