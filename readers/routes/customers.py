"""Who is calling, and what happened to them: briefs, search, timelines."""

from dataclasses import replace
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic_core import to_json

from domain.brief import canonical_json
from domain.handles import Handle
from projections.timeline.pages import LIMIT_MAX, TimelineQuery
from readers.parameters import (
    TEXT_CHARS_MAX,
    AsOf,
    Channels,
    Cursor,
    Identifier,
    KnownAt,
    Reference,
    Since,
    Types,
    Until,
    read_as_of,
    read_identifier,
    read_known_at,
    read_moment,
    read_reference,
    read_types,
)
from readers.positions import (
    UNCHANGED,
    IfNoneMatch,
    answer,
    answer_if_changed,
    reached,
    tag_of,
)
from readers.problems import ALWAYS, UNKNOWN, CustomerUnknown, described
from readers.shapes.answers import HitsAnswer, TimelineAnswer, shaped
from readers.shapes.brief_answer import BriefAnswer
from readers.shapes.views import hits_json, timeline_json
from readers.sources import Sources, sources_of
from readers.threads import in_few_threads

PAGE_EVENTS = 50

Json = dict[str, Any]
Here = Annotated[Sources, Depends(sources_of)]
Text = Annotated[str, Query(min_length=1, max_length=TEXT_CHARS_MAX, pattern=r"^[^\x00]*$")]

router = APIRouter(
    prefix="/v1",
    tags=["customers"],
    dependencies=[Depends(reached)],
    responses=described(*ALWAYS),
)
BRIEF = shaped(BriefAnswer) | UNCHANGED
TIMELINE = shaped(TimelineAnswer) | UNCHANGED | described(UNKNOWN)


@router.get("/brief", responses=BRIEF)
@in_few_threads
def brief(
    here: Here,
    identifier: Identifier,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return the brief of whoever an identifier names, at a moment, as known at a position.

    Looking somebody up never creates anything: `who.match.level` is `unknown` for nobody, and
    `maybe`, without any personal fact, for an identifier that several customers share.
    """
    found = _brief(here, read_identifier(identifier), as_of=as_of, known_at=known_at)
    return _shown(found, if_none_match)


@router.get("/customers/{customer_id}/brief", responses=BRIEF | described(UNKNOWN))
@in_few_threads
def customer_brief(
    here: Here,
    customer_id: UUID,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return the brief of a customer."""
    # Who is known only later is somebody all the same, of whom nothing was known then.
    if known_at is not None and here.views.look_up(customer_id).customer_id is None:
        raise CustomerUnknown
    found = _brief(here, customer_id, as_of=as_of, known_at=known_at)
    if known_at is None and found["customer_id"] is None:
        raise CustomerUnknown
    return _shown(found, if_none_match)


class Moments(NamedTuple):
    """Which times of a timeline are asked for, and what was known of them when, as it was asked."""

    since: str | None
    until: str | None
    as_of: str | None
    known_at: str | None


# As coroutines they cost no change of threads: what may ask the database is read later.
async def moments(
    since: Since = None, *, until: Until = None, as_of: AsOf = None, known_at: KnownAt = None
) -> Moments:
    """Take which times are asked for."""
    return Moments(since, until, as_of, known_at)


async def chosen(
    customer_id: UUID,
    *,
    type: Types = (),
    channel: Channels = (),
    reference: Reference = None,
) -> TimelineQuery:
    """Read whose timeline is asked for, and which events of it."""
    return TimelineQuery(
        customer_id,
        types=read_types(type),
        channels=channel,
        reference=read_reference(reference),
    )


@router.get("/customers/{customer_id}/timeline", responses=TIMELINE)
@in_few_threads
def timeline(
    here: Here,
    asked: Annotated[TimelineQuery, Depends(chosen)],
    when: Annotated[Moments, Depends(moments)],
    order: Literal["newest_first", "oldest_first"] = "newest_first",
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = PAGE_EVENTS,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return a page of what happened to a customer.

    `next` is the cursor of the page that follows, or null; nothing is skipped or shown twice
    while the timeline grows.
    """
    asked = replace(
        asked,
        since=read_moment(when.since, name="since"),
        until=read_moment(when.until, name="until"),
        as_of=read_moment(when.as_of, name="as_of"),
        known_at=read_known_at(when.known_at, here),
        newest_first=order == "newest_first",
        after=cursor,
        limit=limit,
    )
    customer_id, page = here.views.timeline_now(asked)
    if customer_id is None:
        raise CustomerUnknown
    shown = timeline_json(page)
    tag = tag_of(shown, ignoring=("position",))
    return answer_if_changed(to_json(shown), page.position, tag=tag, known_tags=if_none_match)


@router.get("/find", responses=shaped(HitsAnswer))
def find(here: Here, q: Text) -> Response:
    """Return the customers that a text leads to: an identifier, a reference or a name."""
    hits = here.views.find(q)
    return answer(to_json(hits_json(hits)), hits.position)


def _brief(here: Sources, whom: Handle | UUID, *, as_of: str | None, known_at: str | None) -> Json:
    return here.views.brief(
        whom, as_of=read_as_of(as_of, here), known_at=read_known_at(known_at, here)
    )


def _shown(found: Json, known_tags: str | None) -> Response:
    tag = tag_of(found, ignoring=("as_of", "known_at"))
    body = canonical_json(found)
    return answer_if_changed(body, found["known_at"], tag=tag, known_tags=known_tags)
