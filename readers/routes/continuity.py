"""How well the company remembers: figures by day and in total, and what each of them counts."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic_core import to_json

from projections.continuity.figures import DAYS_MAX, Period
from projections.continuity.items import LIMIT_MAX, Figure, ItemsQuery
from readers.parameters import (
    AsOf,
    Cursor,
    From,
    To,
    Zone,
    read_as_of,
    read_day,
    read_zone,
)
from readers.positions import answer, reached
from readers.problems import ALWAYS, described
from readers.shapes.answers import ContinuityAnswer, ItemsAnswer, shaped
from readers.shapes.continuity import figures_json, items_json
from readers.sources import Sources, sources_of

PAGE_DAYS = 50
PAGE_ITEMS = 50

Here = Annotated[Sources, Depends(sources_of)]

router = APIRouter(
    prefix="/v1/continuity",
    tags=["continuity"],
    dependencies=[Depends(reached)],
    responses=described(*ALWAYS),
)


def period(
    here: Here,
    from_: From = None,
    *,
    to: To = None,
    timezone: Zone = "UTC",
    as_of: AsOf = None,
) -> Period:
    """Read which days are asked for, and as of when."""
    return Period(
        read_as_of(as_of, here),
        since=read_day(from_, name="from") or date.min,
        until=read_day(to, name="to") or date.max,
        zone=read_zone(timezone),
    )


Asked = Annotated[Period, Depends(period)]


@router.get("", responses=shaped(ContinuityAnswer))
def continuity(
    here: Here,
    asked: Asked,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=DAYS_MAX)] = PAGE_DAYS,
) -> Response:
    """Return the figures of each day that has any, newest first, and of the whole period.

    A rate or a wait is null where there is nothing to take it of. What each figure counts is
    listed by its own path.
    """
    before = read_day(cursor, name="cursor")
    page = here.views.continuity(asked, before=before, limit=limit)
    return answer(to_json(figures_json(asked, page)), page.position)


@router.get("/{figure}", responses=shaped(ItemsAnswer))
def items(
    here: Here,
    figure: Figure,
    asked: Asked,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = PAGE_ITEMS,
) -> Response:
    """Return a page of what a figure counts in a period, oldest first, with its evidence.

    There are as many items as the figure says; each names the events that it rests on.
    """
    query = ItemsQuery(figure, asked, after=cursor, limit=limit)
    page = here.views.continuity_items(query)
    return answer(to_json(items_json(figure, page)), page.position)
