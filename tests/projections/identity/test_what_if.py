"""A preview is what really happens: the same customers, the same events, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.decode import Accepted, decode
from domain.event import Event
from domain.handles import Handle
from projections.identity.what_if import Customer, WhatIf
from projections.queries import Views
from tests.notation import cloud_event
from tests.projections.histories import PEOPLE, histories, of_customer
from tests.projections.world import NOW, World

A = Handle("email", "a@x.example")
B = Handle("email", "b@x.example")
PHONE = Handle("phone", "+17175550142")
TWO_WITH_ONE_PHONE = """
2026-01-01T10:00 contact.started c-1 email:a@x.example phone:+17175550142
2026-01-01T11:00 contact.started c-2 email:b@x.example phone:+17175550142
2026-01-01T12:00 contact.started c-3 phone:+17175550142
"""
MERGE = (
    "2026-01-02T10:00 identity.customers_merged merge_id=m-1 survivor=email:a@x.example"
    " absorbed=email:b@x.example"
)
COUNT = "SELECT count(*) FROM identity_entries WHERE customer_id = %s::uuid AND position <= %s"
OWNED = """
SELECT customer_id, position FROM identity_entries WHERE position > %s AND position <= %s
"""
UNMERGE = "2026-01-03T10:00 identity.customers_unmerged merge_id=m-1"
LINK = "2026-01-02T10:00 identity.identifier_linked a=email:a@x.example b=phone:+17175550142"
ORDER = "2026-01-02T12:00 order.placed O-1 email:b@x.example"


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the views of a world."""
    opened = Views(world.url, world.keyring)
    yield opened
    opened.close()


def fact(line: str) -> Event:
    """Return the event of one line."""
    read = decode(json.dumps(cloud_event(line, id="asked")).encode(), now=NOW)
    assert isinstance(read, Accepted), read
    return read.event


def asked(world: World, views: Views, line: str) -> WhatIf:
    """Return what a statement would change, having made sure that asking changed nothing."""
    world.runner().catch_up()
    before = world.tables()
    found = views.what_if(fact(line))
    assert world.tables() == before
    return found


def as_it_is(
    world: World, views: Views, customers: tuple[Customer, ...], upto: int
) -> list[object]:
    """Return the same customers as the views have them, with their events up to a position."""
    return [
        (
            one.customer_id,
            [known.handle for known in views.look_up(one.customer_id).match.identifiers],
            world.rows(COUNT, str(one.customer_id), upto)[0][0],
        )
        for one in customers
    ]


def plain(customers: tuple[Customer, ...]) -> list[object]:
    """Return customers as `as_it_is` does."""
    return [
        (one.customer_id, [known.handle for known in one.identifiers], one.events)
        for one in customers
    ]


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ([TWO_WITH_ONE_PHONE], MERGE),
        ([TWO_WITH_ONE_PHONE], LINK),
        ([TWO_WITH_ONE_PHONE, ORDER], MERGE),
        (["2026-01-01T10:00 contact.started c-1 account_no:7"], LINK),
    ],
)
def test_a_preview_comes_true(world: World, views: Views, lines: list[str], line: str) -> None:
    """What would be after is what is after, identifiers and numbers of events alike."""
    world.tell(*lines)
    found = asked(world, views, line)
    assert plain(found.before) == as_it_is(world, views, found.before, found.position)
    world.tell(line)
    world.runner().catch_up()
    assert plain(found.after) == as_it_is(world, views, found.after, found.position)


STATEMENTS = (
    "identity.identifier_linked a=phone:PHONE b=account_no:A-N",
    "identity.identifier_unlinked a=phone:PHONE b=account_no:A-N",
    "identity.match_rejected a=phone:PHONE b=account_no:B-N reason=wrong",
    "identity.customers_merged merge_id=n-N survivor=account_no:A-N absorbed=account_no:B-N",
    "identity.customers_unmerged merge_id=m-N",
)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_preview_comes_true(world: World, views: Views, data: st.DataObject) -> None:
    """Whatever happened before, and whatever is said about whom."""
    number = world.log.reader.head().position
    drawn = data.draw(histories(kinds_drawn=PEOPLE))
    said = "2026-01-03T00:00 " + data.draw(st.sampled_from(STATEMENTS))
    *lines, line = of_customer([*drawn, said], number)
    world.tell(*lines)
    runner = world.paging(1000)
    runner.catch_up()
    found = views.what_if(fact(line))
    owned = set(world.rows(OWNED, number, found.position))
    assert plain(found.before) == as_it_is(world, views, found.before, found.position)
    world.tell(line)
    runner.catch_up()
    assert plain(found.after) == as_it_is(world, views, found.after, found.position)
    concerned = {str(one.customer_id) for one in (*found.before, *found.after)}
    moved = owned ^ set(world.rows(OWNED, number, found.position))
    assert {customer for customer, _ in moved} <= concerned
    assert {position for _, position in moved} == {one.position for one in found.evidence}


def test_a_merge_makes_a_shared_telephone_theirs(world: World, views: Views) -> None:
    """The survivor would have all three events, and what both shared would be nobody else's."""
    world.tell(TWO_WITH_ONE_PHONE)
    found = asked(world, views, MERGE)
    assert [one.events for one in found.before] == [1, 1]
    (after,) = found.after
    assert (after.customer_id, after.events) == (world.keyring.stream_of(A), 3)
    assert found.joining == (PHONE,)
    assert (found.shared, found.unattached) == ((), 0)
    assert [event.id for event in found.evidence] == ["t2", "t3"]
    assert found.position == 3


def test_an_unmerge_says_who_gets_what(world: World, views: Views) -> None:
    """Each gets their own events back; what only the shared telephone carried waits for review."""
    world.tell(TWO_WITH_ONE_PHONE, MERGE, ORDER)
    found = asked(world, views, UNMERGE)
    (before,) = found.before
    assert before.customer_id == world.keyring.stream_of(A)
    after = {one.identifiers[0].handle: one.events for one in found.after}
    assert after == {A: 2, B: 3}
    assert found.shared == (PHONE,)
    assert found.unattached == 1


def test_a_statement_about_strangers_changes_only_them(world: World, views: Views) -> None:
    """Nobody else is in the answer."""
    world.tell(TWO_WITH_ONE_PHONE, "2026-01-01T10:00 contact.started c-9 account_no:9")
    found = asked(world, views, LINK)
    accounts = {known.handle for one in found.after for known in one.identifiers}
    assert Handle("account_no", "9") not in accounts


def test_what_others_said_of_a_merge_is_found(world: World, views: Views) -> None:
    """By its id, with what undid it."""
    world.tell(TWO_WITH_ONE_PHONE, MERGE, UNMERGE)
    world.runner().catch_up()
    said = views.said_of_merge("m-1")
    assert [one.name for one in said] == [
        "identity.customers_merged",
        "identity.customers_unmerged",
    ]
    assert views.said_of_merge("m-2") == []


def test_what_others_said_of_a_pair_is_found(world: World, views: Views) -> None:
    """Whichever is named first, without what was said of others; and when they were together."""
    world.tell(TWO_WITH_ONE_PHONE, LINK)
    world.runner().catch_up()
    said = views.said_of_pair(PHONE, A)
    assert [one.name for one in said.published] == ["identity.identifier_linked"]
    assert said.last_seen_at is not None
    assert said.last_seen_at.isoformat() == "2026-01-01T10:00:00+00:00"
    nothing = views.said_of_pair(A, B)
    assert (list(nothing.published), nothing.last_seen_at) == ([], None)
