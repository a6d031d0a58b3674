"""`toldonce review`: the events of which a person has to say whose they are."""

from typing import Annotated

import typer

from cli.commands.options import AsJson, read

PAGE_EVENTS = 20

Reasons = Annotated[
    list[str] | None,
    typer.Option(
        "--reason",
        metavar="REASON",
        help="Only what waits for this: shared, disputed, violation or unknown; may be repeated.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="Events of one page.")]
Cursor = Annotated[
    int | None,
    typer.Option("--cursor", min=0, metavar="CURSOR", help="Go on where a page ended."),
]
IsNewest = Annotated[bool, typer.Option("--newest", help="Newest first instead of oldest first.")]


def review(
    reasons: Reasons = None,
    limit: Limit = PAGE_EVENTS,
    cursor: Cursor = None,
    is_newest: IsNewest = False,
    as_json: AsJson = False,
) -> None:
    """Print what waits for a person: who could be meant, and what can be decided."""
    from cli.render.output import print_json
    from cli.render.review import review_sheet
    from cli.render.sheet import show
    from cli.wiring import installation
    from projections.identity.review import REASONS, ReviewQuery
    from readers.asked import reason_in
    from readers.shapes.views import review_json

    chosen = tuple(read(reason_in, name, "--reason") for name in reasons or REASONS)
    query = ReviewQuery(chosen, newest_first=is_newest, after=cursor, limit=limit)
    with installation() as parts:
        page = parts.current_views().review(query)
    if as_json:
        print_json(review_json(page))
    else:
        show(review_sheet(page))
