"""Figures of continuity as a table of days with their total, and what a figure counts."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.render.sheet import BOLD, DIM, Cell, Flow, columns
from domain.sentences.phrases import count
from domain.sentences.words import plain, spaced, span
from projections.continuity.figures import Figures, FiguresPage
from projections.continuity.items import Evidence, Item, ItemsPage

HEADINGS = (
    "",
    "contacts",
    "repeats",
    "settled\nat first",
    "median\nwait",
    "9 in 10\nwithin",
    "transfers\nunnoted",
    "asked\nagain",
    "promises\nkept, late,\nbroken",
)
NOTHING = "–"


def figures_sheet(page: FiguresPage) -> RenderableType:
    """Return a table of days, newest first, above the total of the whole period."""
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for number in range(len(HEADINGS)):
        table.add_column(justify="right" if number else "left", no_wrap=True)
    table.add_row(*(Text(heading, DIM) for heading in HEADINGS))
    for at, figures in page.days:
        table.add_row(str(at), *_cells(figures))
    table.add_row(Text("total", BOLD), *(Text(cell, BOLD) for cell in _cells(page.total)))
    known = Text(f"known at position {page.position}", DIM)
    return Group(table, Text(), known, *_more(page.next))


def items_sheet(page: ItemsPage) -> RenderableType:
    """Return each of what a figure counts, the events it rests on below."""
    end = f"{count(len(page.items), 'item')} · known at position {page.position}"
    lines = (line for item in page.items for line in _lines(item))
    return Group(*lines, Text(), Text(end, DIM), *_more(page.next))


def _cells(figures: Figures) -> Iterator[str]:
    yield str(figures.contacts)
    yield str(figures.repeat_contacts)
    yield _settled(figures)
    yield _wait(figures.wait_s_median)
    yield _wait(figures.wait_s_p90)
    yield str(figures.transfers_without_note)
    yield str(figures.redundant_questions)
    yield f"{figures.promises_kept}, {figures.promises_kept_late}, {figures.promises_broken}"


def _settled(figures: Figures) -> str:
    rate = figures.first_contact_resolution_rate
    return NOTHING if rate is None else f"{rate:.0%} of {figures.first_contacts}"


def _wait(seconds: float | None) -> str:
    return NOTHING if seconds is None else span(round(seconds))


def _lines(item: Item) -> Iterator[RenderableType]:
    waited = f"waited {span(item.value)}" if item.value is not None else None
    asked = f"asked for {spaced(item.field)}" if item.field is not None else None
    named = ("contact", item.contact_id) if item.contact_id else ("promise", item.promise_id)
    what = Text(" ".join(map(plain, named)), BOLD)
    at = f"{item.at:%Y-%m-%d %H:%M:%S}"
    yield Flow(at, what, waited, asked, f"customer:{item.customer_id}")
    yield from columns(_cited(event) for event in item.evidence)


def _cited(event: Evidence) -> tuple[Cell, ...]:
    name = event.type.removeprefix("toldonce.").rpartition(".")[0]
    said = f"{name}, {plain(event.source)} {plain(event.id)}"
    return Text(f"  position {event.position}", DIM), Text(said, DIM)


def _more(cursor: object) -> list[Text]:
    # Whole on its line however long: it is there to be copied.
    if cursor is None:
        return []
    return [Text(f"more with --cursor {cursor}", DIM, no_wrap=True, overflow="ignore")]
