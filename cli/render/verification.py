"""What a verification looked at and found, and a bar while it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from audit.findings import Finding, Report
from cli.render.sheet import BAD, DIM, GOOD, columns, dotted
from domain.sentences.phrases import count
from domain.sentences.words import plain, spaced


def report_sheet(report: Report) -> RenderableType:
    """Return whether the log is intact, what was looked at, and each finding."""
    looked = dotted(*(f"{number:,} {spaced(name)}" for name, number in report.checked.items()))
    left = [(Text(f"not checked: {name}", DIM), why) for name, why in report.unchecked.items()]
    return Group(_verdict(report), looked, *columns(left), *_found(report))


@contextmanager
def watched(work: str = "reading entries") -> Iterator[Callable[[int, int], None]]:
    """Give what is told how many entries of how many are read; only a terminal gets the bar."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn(work),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _verdict(report: Report) -> Text:
    if report.is_intact:
        return Text(f"● intact up to position {report.position}, root {report.root}", GOOD)
    return Text(f"✖ DAMAGED: {count(report.findings.count, 'finding')}", BAD)


def _found(report: Report) -> list[RenderableType]:
    rows = [_row(finding) for finding in report.findings.first]
    kept = len(report.findings.first)
    rest = [Text(f"and {report.findings.count - kept} more")] * (report.findings.count > kept)
    return [*columns(rows), *rest]


def _row(finding: Finding) -> tuple[Text, str, str]:
    at = "" if finding.position is None else f"position {finding.position}"
    place = Text(f"{at or 'the log'}", BAD)
    return place, f"expected {plain(finding.expected)}", f"found {plain(finding.found)}"
