"""How well the company remembers: figures of a period, drawn by day, each with what it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Response

from projections.continuity.figures import DAYS_MAX, Figures, FiguresPage, Period
from projections.continuity.items import Figure, ItemsQuery
from readers.pages.charts import Chart, Stack, chart, days_of
from readers.pages.rendering import page
from readers.pages.routing import pages_router
from readers.parameters import TEXT_CHARS_MAX, Cursor, read_day, read_zone
from readers.sources import Sources, sources_of

USUAL = timedelta(days=27)
"""Four weeks, and every day of the week in it as often as any other."""
PAGE_ITEMS = 100

Here = Annotated[Sources, Depends(sources_of)]
Day = Annotated[str, Query(max_length=TEXT_CHARS_MAX)]

router = pages_router()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure to draw: its name, what it is of each day, and the names of what is stacked."""

    figure: str
    title: str
    of_day: Callable[[Figures], Stack]
    series: tuple[str, ...]
    tones: tuple[str, ...] = ("plain",)
    unit: str = "number"


DRAWINGS = (
    Drawing("contacts", "Contacts", lambda f: (f.contacts,), ("contacts",)),
    Drawing("repeat_contacts", "Told again", lambda f: (f.repeat_contacts,), ("repeats",)),
    Drawing(
        "first_contact_resolutions",
        "Settled at first",
        lambda f: (f.first_contact_resolution_rate,),
        ("of first contacts",),
        unit="share",
    ),
    Drawing("waits", "Median wait", lambda f: (f.wait_s_median,), ("waiting",), unit="seconds"),
    Drawing(
        "redundant_questions",
        "Asked what we knew",
        lambda f: (f.redundant_questions,),
        ("questions",),
    ),
    Drawing(
        "transfers_without_note",
        "Passed on without a note",
        lambda f: (f.transfers_without_note,),
        ("transfers",),
    ),
    Drawing(
        "promises_broken",
        "Promises",
        lambda f: (f.promises_broken, f.promises_kept_late, f.promises_kept),
        ("broken", "kept late", "kept"),
        tones=("bad", "late", "good"),
    ),
)


def asked(
    here: Here,
    *,
    from_: Annotated[Day, Query(alias="from")] = "",
    to: Day = "",
    timezone: Day = "UTC",
) -> Period:
    """Read which days are asked for; without any, the newest four weeks that have figures."""
    now, zone = here.clock(), read_zone(timezone or "UTC")
    until = read_day(to or None, name="to") or _newest(here, Period(now, zone=zone))
    since = read_day(from_ or None, name="from") or until - USUAL
    # What is drawn has a place for every day.
    first = until - timedelta(days=DAYS_MAX - 1)
    return Period(now, since=max(since, first), until=until, zone=zone)


Asked = Annotated[Period, Depends(asked)]


@router.get("/continuity")
def continuity(here: Here, period: Asked) -> Response:
    """Show the figures of a period, in total and by day."""
    found = here.views.continuity(period)
    return page(
        "continuity.html",
        found=found,
        period=period,
        drawings=[_drawn(one, found, period=period) for one in DRAWINGS],
        query=_query(period),
        position=found.position,
    )


@router.get("/continuity/{figure}")
def items(here: Here, figure: Figure, period: Asked, after: Cursor = None) -> Response:
    """Show what a figure counts, oldest first, with the events that each item rests on."""
    found = here.views.continuity_items(
        ItemsQuery(figure, period, after=after or None, limit=PAGE_ITEMS)
    )
    return page(
        "continuity_items.html",
        figure=figure,
        found=found,
        period=period,
        query=_query(period),
        is_first=not after,
        position=found.position,
    )


def _newest(here: Sources, period: Period) -> date:
    days = here.views.continuity(period, limit=1).days
    return days[0][0] if days else period.as_of.date()


def _drawn(drawing: Drawing, found: FiguresPage, *, period: Period) -> tuple[Drawing, Stack, Chart]:
    """Return what is drawn, its value of the whole period, and the drawing by day."""
    stacks = {day: drawing.of_day(figures) for day, figures in found.days}
    by_day = chart(stacks, days_of(period.since, period.until))
    return drawing, drawing.of_day(found.total), by_day


def _query(period: Period) -> str:
    named: dict[str, Any] = {"from": period.since, "to": period.until, "timezone": period.zone}
    return urlencode(named)
