"""What was promised to whom, over all customers: what is owed, the most pressing first."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic_core import to_json

from projections.promises.queries import LIMIT_MAX, PRESSING, PromiseQuery
from readers.parameters import (
    AsOf,
    Cursor,
    Customer,
    States,
    read_as_of,
    read_identifier,
    read_states,
)
from readers.positions import answer, reached
from readers.problems import ALWAYS, UNKNOWN, CustomerUnknown, described
from readers.shapes.answers import PromisesAnswer, shaped
from readers.shapes.views import promises_json
from readers.sources import Sources, sources_of

PAGE_PROMISES = 50

router = APIRouter(
    prefix="/v1",
    tags=["promises"],
    dependencies=[Depends(reached)],
    responses=described(*ALWAYS, UNKNOWN),
)


@router.get("/promises", responses=shaped(PromisesAnswer))
def promises(
    here: Annotated[Sources, Depends(sources_of)],
    state: States = (),
    customer: Customer = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = PAGE_PROMISES,
) -> Response:
    """Return a page of promises at a moment: broken, due within a day, open.

    `next` is the cursor of the page that follows, or null; it holds the moment of the first page,
    so nothing is skipped or shown twice while promises are kept and made.
    """
    query = PromiseQuery(
        read_as_of(as_of, here),
        states=read_states(state) or PRESSING,
        customer_id=_customer(here, customer) if customer else None,
        after=cursor,
        limit=limit,
    )
    page = here.views.promises(query)
    return answer(to_json(promises_json(page)), page.position)


def _customer(here: Sources, identifier: str) -> UUID:
    found = here.views.look_up(read_identifier(identifier, name="customer")).customer_id
    if found is None:
        raise CustomerUnknown
    return found
