"""A sheet of labelled sections, printed whole to a terminal or as plain text to anything else."""

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

COLUMNS_MAX = 100
"""Longer lines are hard to read; a narrower terminal gets its own width."""
LABEL_COLUMNS = 10

DIM = "dim"
BOLD = "bold"
GOOD = "green"
BAD = "bold red"
WARNING = "yellow"
DOT = " · "


class Flow:
    """Parts with dots between them; a line ends between two parts, so that none is torn."""

    def __init__(self, *parts: Text | str | None) -> None:
        self._parts = [part if isinstance(part, Text) else Text(part) for part in parts if part]

    def __bool__(self) -> bool:
        return bool(self._parts)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        widest = max((part.cell_len for part in self._parts), default=0)
        whole = dotted(*self._parts).cell_len
        return Measurement(widest, whole).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line: list[Text] = []
        for part in self._parts:
            if line and dotted(*line, part).cell_len > options.max_width:
                yield dotted(*line)
                line = []
            line.append(part)
        yield dotted(*line)


def show(renderable: RenderableType, *, stream: TextIO | None = None) -> None:
    """Print to standard output, with colour only where a person looks at it."""
    stream = stream or sys.stdout
    console = Console(file=stream, highlight=False, emoji=False, markup=False)
    width = min(console.width, COLUMNS_MAX) if console.is_terminal else COLUMNS_MAX
    console.width = width
    if console.is_terminal:
        console.print(renderable, crop=False)
        return
    with console.capture() as captured:
        console.print(renderable, crop=False)
    # Cells are padded to their column; what is piped carries no blanks at the ends of lines.
    stream.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))
    stream.flush()


def section(label: str, lines: Iterable[RenderableType], *, style: str = BOLD) -> list[Table]:
    """Return a labelled section, or nothing if there are no lines."""
    content = list(lines)
    if not content:
        return []
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(width=LABEL_COLUMNS, no_wrap=True, style=style)
    table.add_column(ratio=1, overflow="fold")
    table.add_row(label.upper(), Group(*content))
    return [table]


Cell = Text | Flow | str


def columns(rows: Iterable[Sequence[Cell]]) -> list[Table]:
    """Return rows as aligned columns, the last of which wraps; nothing if there are none."""
    cells = list(rows)
    if not cells:
        return []
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for cell in cells[0]:
        # What is to be copied whole says so, and the other columns give way.
        whole = isinstance(cell, Text) and bool(cell.no_wrap)
        table.add_column(overflow="fold", no_wrap=whole)
    for row in cells:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return [table]


def dotted(*parts: Text | str | None) -> Text:
    """Join the parts that are there with middle dots."""
    return Text(DOT).join(part if isinstance(part, Text) else Text(part) for part in parts if part)
