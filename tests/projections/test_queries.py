"""What the reading side promises: one answer to one question, from the views or from the log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.brief import brief, canonical_json
from domain.handles import Handle
from domain.identity.observation import observations
from domain.identity.resolution import resolve
from projections.errors import NotYetKnown, ViewsOutdated
from projections.queries import Views
from projections.story.calendars import read_definitions
from projections.story.moments import story_at
from projections.timeline.pages import TimelineQuery
from tests.projections.histories import KINDS, PEOPLE, histories, of_customer
from tests.projections.world import World

DAY = datetime(2026, 1, 2, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
PHONE = Handle("phone", "+17175550142")


def from_scratch(
    world: World, whom: list[Handle], *, as_of: datetime, above: int, known_at: int
) -> list[dict[str, Any]]:
    """Return the briefs by the rules alone, from every event above one position up to another."""
    events = [event for event in world.log.reader.events_at(range(above + 1, known_at + 1))]
    resolution = resolve(observations(events), world.keyring.stream_of)
    with world.database.transaction() as cursor:
        definitions = read_definitions(cursor, events, known_at=known_at)
    briefs = []
    for handle in whom:
        customer = resolution.customer(handle)
        owned = [event for event in events if customer in resolution.owners[event.position]]
        told = story_at(owned, definitions, as_of=as_of)
        match = resolution.match(handle)
        briefs.append(brief(told, as_of=as_of, known_at=known_at, who=match, customer_id=customer))
    return briefs


def test_a_timeline_is_that_of_whoever_an_older_id_leads_to(world: World, views: Views) -> None:
    """As a brief is, and as it is for a position: whoever found it may have asked before."""
    world.show(
        "2026-01-01 order.placed O-1 account_no:1", "2026-01-02 order.placed O-2 email:a@x.y"
    )
    found = views.look_up(Handle("email", "a@x.y")).customer_id
    pair = "survivor=account_no:1 absorbed=email:a@x.y"
    world.show(f"2026-01-03 identity.customers_merged merge_id=m-1 {pair}")
    for query in (
        TimelineQuery(found),
        TimelineQuery(found, upto=2),
        TimelineQuery(found, limit=1),
    ):
        page = views.timeline(query)
        assert page.customer_id == world.keyring.stream_of(Handle("account_no", "1"))
        assert len(page.rows) == min(query.limit, query.upto or 3)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_brief_is_the_one_from_scratch(
    world: World, views: Views, data: st.DataObject
) -> None:
    """For anybody, any moment and any position the answer is what the rules make of the log."""
    runner = world.paging(data.draw(st.integers(1, 9)))
    above = world.log.reader.head().position
    lines = of_customer(data.draw(histories(KINDS + PEOPLE)), above)
    head = world.show_in_pieces(runner, lines, is_end=partial(data.draw, st.booleans()))
    known_at = data.draw(st.sampled_from([head, head, *range(above, head)]))
    as_of = DAY + timedelta(minutes=data.draw(st.sampled_from([60, 60, *range(46)])))
    whom = [f"account_no:A-{above}", f"account_no:B-{above}", f"phone:+1717{2_000_000 + above}"]
    whom += [f"order:O-{above}", f"contact:d-{above}", f"email:n-{above}@x.example"]
    asked = [Handle.parse(one) for one in whom]
    scratch = from_scratch(world, asked, as_of=as_of, above=above, known_at=known_at)
    for handle, expected in zip(asked, scratch, strict=True):
        answer = views.brief(handle, as_of=as_of, known_at=known_at)
        assert canonical_json(answer) == canonical_json(expected)
        if known_at == head:
            assert views.brief(handle, as_of=as_of) == answer


def test_a_brief_stays_what_it_was_known_to_be(world: World, views: Views) -> None:
    """From the saved story today, from the log tomorrow: the same bytes for the same position."""
    runner = world.runner()
    world.tell(
        "2026-01-01T09:00 contact.started c1 account_no:7731 phone:+17175550142",
        "2026-01-01T09:02 issue.reported I-1 contact:c1",
    )
    runner.catch_up()
    today = views.brief(PHONE, as_of=LATER)
    assert (today["known_at"], today["events_considered"]) == (2, 2)
    world.tell(
        "2026-01-01T09:20 contact.ended c1",
        "2026-01-05 order.placed O-9 account_no:8842 phone:+17175550142",
    )
    runner.catch_up()
    assert views.brief(PHONE, as_of=LATER)["who"]["match"]["level"] == "maybe"
    assert json.dumps(views.brief(PHONE, as_of=LATER, known_at=2)) == json.dumps(today)


def test_an_earlier_moment_leaves_out_what_happened_since(world: World, views: Views) -> None:
    """Before the newest event of the story the brief is made from the log."""
    world.tell(
        "2026-01-01T09:00 contact.started c1 account_no:7731",
        "2026-01-01T09:20 contact.ended c1",
    )
    world.runner().catch_up()
    account = Handle("account_no", "7731")
    at_the_end = views.brief(account, as_of=datetime(2026, 1, 1, 9, 20, tzinfo=UTC))
    assert at_the_end["last_contacts"][0]["ended_by"] == "customer"
    before = views.brief(account, as_of=datetime(2026, 1, 1, 9, 19, 59, tzinfo=UTC))
    assert (before["events_considered"], before["known_at"]) == (1, 2)


def test_nobody_is_unknown_and_stays_nobody(world: World, views: Views) -> None:
    """Looking somebody up gives an empty brief and creates nothing."""
    world.tell("2026-01-01T09:00 contact.started c1 account_no:7731")
    world.runner().catch_up()
    before = world.tables()
    for whom in (PHONE, UUID(int=1), Handle("order", "O-404")):
        answer = views.brief(whom, as_of=LATER)
        assert answer["who"]["match"]["level"] == "unknown"
        assert (answer["customer_id"], answer["events_considered"]) == (None, 0)
        assert views.look_up(whom).customer_id is None
    assert world.tables() == before


def test_a_shared_telephone_gives_a_number_and_nothing_else(world: World, views: Views) -> None:
    """Eight customers behind one number: maybe, eight candidates and no personal fact."""
    for number in range(8):
        world.tell(
            f"2026-01-0{number + 1} registration.completed account_no:A{number}"
            f" phone:+17175550142 facts={{name: Person {number}}}"
        )
    world.runner().catch_up()
    answer = views.brief(PHONE, as_of=LATER)
    assert answer["who"]["match"] == {
        "level": "maybe",
        "by": [{"type": "phone", "value": "+17175550142"}],
        "candidates": 8,
    }
    assert (answer["customer_id"], answer["known"], answer["who"]["name"]) == (None, {}, None)
    assert "Person" not in json.dumps(answer)
    (hit,) = views.find("phone:+17175550142").hits
    assert (hit.customer_id, hit.name) == (None, None)


def test_a_customer_is_found_by_anything(world: World, views: Views) -> None:
    """By identifier, by the way people write it, by reference, by any word of the name."""
    world.tell(
        "2026-01-01 registration.completed account_no:LAB-48213 phone:+17175550142"
        ' email:Ann@X.example facts={name: "Ann van Lee"}',
        "2026-01-02 order.placed O-77 account_no:LAB-48213",
        '2026-01-03 registration.completed account_no:LAB-5 facts={name: "Bob Leeds"}',
    )
    world.runner().catch_up()
    ann = views.look_up(PHONE).customer_id
    assert ann is not None
    for text in (
        "LAB-48213",
        "lab-48213",
        "LAB-482",
        "+1 717 555 0142",
        "phone:+1 (717) 555-0142",
        "ann@x.EXAMPLE",
        "O-77",
        "order:O-77",
        "van lee",
        "lee ann",
    ):
        found = views.find(text)
        assert [(hit.customer_id, hit.name) for hit in found.hits] == [(ann, "Ann van Lee")], text
        assert found.position == 3
    assert {hit.name for hit in views.find("lee").hits} == {"Ann van Lee", "Bob Leeds"}
    assert views.find("nobody").hits == views.find("%%%").hits == views.find("a").hits == ()


def test_the_timeline_is_read_at_the_position_of_its_page(world: World, views: Views) -> None:
    """A page says what it rests on."""
    world.tell("2026-01-01T09:00 contact.started c1 account_no:7731")
    world.runner().catch_up()
    customer = views.look_up(Handle("account_no", "7731")).customer_id
    assert customer is not None
    page = views.timeline(TimelineQuery(customer))
    assert ([row.event_id for row in page.rows], page.position, page.next) == (["t1"], 1, None)


def test_what_was_said_of_others_by_then_is_no_hindrance(world: World, views: Views) -> None:
    """A correction became somebody's later; what it was about is neither theirs nor looked for."""
    world.show(
        "2026-01-01 event.retracted corrects=#t2 email:a@x.y",
        "2026-01-02 contact.started c1 account_no:1",
        "2026-01-03 contact.started c2 account_no:2 email:a@x.y",
    )
    brief = views.brief(Handle("account_no", "2"), as_of=LATER, known_at=2)
    assert (brief["customer_id"], brief["events_considered"]) == (None, 0)


def test_what_is_not_known_yet_is_not_answered(world: World, views: Views) -> None:
    """A position after the one where the views stand is refused, and so are missing views."""
    with pytest.raises(ViewsOutdated):
        views.brief(PHONE, as_of=LATER)
    world.runner().catch_up()
    with pytest.raises(NotYetKnown, match="1 is not known yet.*stand at 0"):
        views.brief(PHONE, as_of=LATER, known_at=1)


def test_a_time_leads_to_the_position_that_was_known_then(world: World, views: Views) -> None:
    """Recording times are turned into positions by the log."""
    world.tell("2026-01-01T09:00 contact.started c1 account_no:7731")
    ((recorded_at,),) = world.rows("SELECT recorded_at FROM log.entries")
    assert views.position_at(recorded_at) == 1
    assert views.position_at(recorded_at - timedelta(seconds=1)) == 0
