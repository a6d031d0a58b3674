"""`toldonce timeline`: everything that happened to a customer, page by page."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.commands.options import (
    AsJson,
    AsOf,
    Identifier,
    KnownAt,
    read,
    read_if,
    read_known_at,
)
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from projections.queries import Views
    from projections.timeline.pages import TimelinePage, TimelineQuery

PAGE_EVENTS = 50

Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Only this type of event; may be repeated."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="Events of one page.")]
Cursor = Annotated[
    str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on where a page ended.")
]
All = Annotated[bool, typer.Option("--all", help="All pages at once.")]


def timeline(
    identifier: Identifier,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    types: Types = None,
    limit: Limit = PAGE_EVENTS,
    cursor: Cursor = None,
    is_all: All = False,
    as_json: AsJson = False,
) -> None:
    """Print what happened to a customer, newest first."""
    from cli.render.output import print_json
    from cli.render.sheet import show
    from cli.render.timeline import timeline_sheet
    from cli.wiring import installation
    from projections.timeline.pages import TimelineQuery
    from readers.asked import identifier_in, moment_in, type_in
    from readers.shapes.views import timeline_json

    whom = read(identifier_in, identifier, "IDENTIFIER")
    query = TimelineQuery(
        None,
        types=tuple(read(type_in, name, "--type") for name in types or ()),
        as_of=read_if(moment_in, as_of, "--as-of"),
        newest_first=True,
        after=cursor,
        limit=limit,
    )
    until = read_known_at(known_at)
    with installation() as parts:
        views = parts.current_views()
        found = views.look_up(whom)
        asked = None if isinstance(whom, UUID) else whom
        query = replace(query, customer_id=found.customer_id, asked=asked, known_at=until(views))
        page = _whole(views, query) if is_all else views.timeline(query)
    if as_json:
        print_json(timeline_json(page))
    else:
        show(timeline_sheet(found, page))
    if page.customer_id is None:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _whole(views: "Views", query: "TimelineQuery") -> "TimelinePage":
    """Read page after page, all up to the position of the first."""
    page = views.timeline(query)
    rows = list(page.rows)
    while page.next:
        page = views.timeline(replace(query, upto=page.position, after=page.next))
        rows.extend(page.rows)
    return replace(page, rows=tuple(rows))
