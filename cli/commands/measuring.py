"""`toldonce continuity`: how well the company remembers, and what each figure rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.options import AsJson, AsOf, read, read_if

if TYPE_CHECKING:
    from projections.continuity.figures import Period

PAGE_DAYS = 31
PAGE_ITEMS = 50

From = Annotated[
    str | None, typer.Option("--from", metavar="DAY", help="The first day, such as 2026-03-01.")
]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day, included.")]
Day = Annotated[str | None, typer.Option("--day", metavar="DAY", help="This day alone.")]
Zone = Annotated[
    str, typer.Option("--timezone", metavar="ZONE", help="Whose days are meant: Europe/Berlin …")
]
Show = Annotated[
    str | None,
    typer.Option("--show", metavar="FIGURE", help="List what a figure counts: contacts, waits …"),
]
Cursor = Annotated[
    str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on where a page ended.")
]


def continuity(
    from_: From = None,
    to: To = None,
    day: Day = None,
    timezone: Zone = "UTC",
    as_of: AsOf = None,
    show: Show = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Print how well the company remembers, by day and in total: repeats, waits, lost notes.

    With --show it lists what a figure counts, each with the events that it rests on.
    """
    if day and (from_ or to):
        raise typer.BadParameter("stands alone, without --from and --to", param_hint="--day")
    period = _period(day or from_, day or to, timezone=timezone, as_of=as_of)
    if show is None:
        _print_figures(period, cursor=cursor, as_json=as_json)
    else:
        _print_items(show, period, cursor=cursor, as_json=as_json)


def _period(since: str | None, until: str | None, *, timezone: str, as_of: str | None) -> Period:
    from datetime import date

    from cli.wiring import now
    from projections.continuity.figures import Period
    from readers.asked import day_in, moment_in, zone_in

    return Period(
        read_if(moment_in, as_of, "--as-of") or now(),
        since=read_if(day_in, since, "--from") or date.min,
        until=read_if(day_in, until, "--to") or date.max,
        zone=read(zone_in, timezone, "--timezone"),
    )


def _print_figures(period: Period, *, cursor: str | None, as_json: bool) -> None:
    from cli.render.continuity import figures_sheet
    from cli.render.output import print_json
    from cli.render.sheet import show
    from cli.wiring import installation
    from readers.asked import day_in
    from readers.shapes.continuity import figures_json

    before = read_if(day_in, cursor, "--cursor")
    with installation() as parts:
        page = parts.current_views().continuity(period, before=before, limit=PAGE_DAYS)
    if as_json:
        print_json(figures_json(period, page))
    else:
        show(figures_sheet(page))


def _print_items(figure: str, period: Period, *, cursor: str | None, as_json: bool) -> None:
    from cli.render.continuity import items_sheet
    from cli.render.output import print_json
    from cli.render.sheet import show
    from cli.wiring import installation
    from projections.continuity.items import ItemsQuery
    from readers.asked import figure_in
    from readers.shapes.continuity import items_json

    query = ItemsQuery(read(figure_in, figure, "--show"), period, after=cursor, limit=PAGE_ITEMS)
    with installation() as parts:
        page = parts.current_views().continuity_items(query)
    if as_json:
        print_json(items_json(query.figure, page))
    else:
        show(items_sheet(page))
