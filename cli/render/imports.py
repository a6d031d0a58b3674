"""What an import tells while it runs: a bar where somebody looks, and every refused line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from cli.render.sheet import BAD, dotted
from consumers.files import Watcher
from consumers.verdicts import Verdict
from domain.sentences.words import plain


class Reporter(Watcher):
    """Writes to standard error; the bar is only there when that is a terminal."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console = console
        self._progress = progress
        self._task = progress.add_task("", total=None, counts="")

    def refused(self, file: str, line: int, *, verdict: Verdict) -> None:
        """Name a refused line and every reason."""
        for problem in verdict.problems:
            at = f" {problem.pointer}" if problem.pointer else ""
            place = f"{plain(file)}:{line}: "
            said = Text(f"{place}{verdict.kind}{plain(at)}: {plain(problem.reason)}")
            said.stylize(BAD, len(place), len(place) + len(verdict.kind))
            self._say(said)

    def resumed(self, file: str, line: int) -> None:
        """Say that what an interrupted import stored is not read again."""
        self._say(Text(f"{plain(file)}: goes on at line {line}, where the last import stopped"))

    def started_again(self, file: str) -> None:
        """Say that a changed file is read from its beginning."""
        self._say(Text(f"{plain(file)}: changed since the last import, read from its beginning"))

    def advanced(self, done: int, total: int | None, *, counts: Mapping[str, int]) -> None:
        """Move the bar on."""
        given = (f"{number:,} {kind}" for kind, number in counts.items() if number)
        shown = dotted(*(text for text in given if not text.endswith(" position"))).plain
        self._progress.update(self._task, completed=done, total=total, counts=shown)

    def _say(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


@contextmanager
def watched() -> Iterator[Reporter]:
    """Give a reporter whose bar is removed at the end."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    bar = Progress(
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[counts]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        yield Reporter(console, bar)
