"""Merging and unmerging through the log and its views: undone exactly, however often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.event import Event
from domain.events import EventData
from domain.events.values import Identifier
from domain.handles import Handle
from domain.identity import observation
from domain.story import load
from eventlog.keyring import Keyring
from projections.identity.review import ReviewQuery
from projections.queries import Views
from tests.databases import Databases
from tests.examples import share
from tests.given import at, codes
from tests.projections.identity.graphs import (
    BEGIN,
    EVENTS_MAX,
    PEOPLE,
    contact,
    from_scratch,
    histories,
    merged,
    unmerged,
)
from tests.projections.world import World

A, B, PHONE = "email:a@x.example", "email:b@x.example", "phone:+17175550142"
STATEMENTS = ("identity.customers_merged", "identity.customers_unmerged")
SELECT_TIMELINE = """
SELECT customer_id::text, position, sentence FROM timeline
WHERE type NOT LIKE 'toldonce.identity.customers_%%' ORDER BY customer_id, occurred_at, position
"""
SELECT_ENTRIES = "SELECT customer_id::text, position FROM identity_entries ORDER BY 1, 2"
# Where the statements stand there, here stand events of nobody.
NOTHING = "delivery.scanned nobody-{}"
BOTH = (f"contact.started first-a {A}", f"contact.started first-b {B}")


def id_of(world: World, name: str) -> str:
    """Return the id of the customer whose first and best identifier this is."""
    return str(world.keyring.stream_of(Handle.parse(name)))


def timeline(world: World, name: str) -> list[str]:
    """Return what the timeline of a customer says, without merges and what undoes them."""
    rows = world.rows(SELECT_TIMELINE)
    return [sentence for customer, _, sentence in rows if customer == id_of(world, name)]


def test_s16_a_wrong_merge_is_undone_exactly_three_times(world: World, views: Views) -> None:
    """A's timeline is as before, B's as before plus the order; what the phone did alone waits."""
    world.show(
        f"2026-01-01T09:00 contact.started a1 {A} {PHONE}",
        "2026-01-01T09:10 contact.ended a1",
        f"2026-01-02T09:00 contact.started b1 {B} {PHONE}",
        "2026-01-02T09:10 contact.ended b1",
    )
    of_a, of_b = timeline(world, A), timeline(world, B)
    waits: list[int] = []
    for turn in (1, 2, 3):
        held = len(world.rows("SELECT FROM log.entries"))
        merged = f"identity.customers_merged merge_id=m{turn} survivor={A} absorbed={B}"
        world.show(f"2026-02-0{turn}T09:00 {merged}")
        assert timeline(world, B) == []
        world.show(
            f"2026-02-0{turn}T10:00 order.placed O-{turn} {B}",
            f"2026-02-0{turn}T11:00 contact.started p{turn} {PHONE}",
        )
        assert len(timeline(world, A)) == len(of_a) + len(of_b) + len(waits) + 2
        world.show(f"2026-02-0{turn}T12:00 identity.customers_unmerged merge_id=m{turn}")
        of_b = [*of_b, timeline(world, B)[-1]]
        waits.append(held + 3)
        assert timeline(world, A) == of_a
        assert timeline(world, B) == of_b
        assert of_b[-1].startswith("Ordered")
        page = views.review(ReviewQuery())
        assert [(one.position, one.reason) for one in page.waiting] == [
            (position, "shared") for position in waits
        ]
        for name in (A, B):
            brief = views.brief(Handle.parse(name), as_of=at(f"2026-02-0{turn}T13:00"))
            assert "MERGE_REVERSED" in codes(brief)
        assert len(world.rows("SELECT FROM log.entries")) == held + 4
    positions = [position for (position,) in world.rows("SELECT position FROM log.entries")]
    assert sorted(positions) == list(range(1, 4 + 3 * 4 + 1))


def test_s7_eight_customers_share_a_telephone_until_an_agent_confirms_one(
    world: World, views: Views
) -> None:
    """Maybe with eight candidates and nothing told; known as soon as it is linked."""
    phone = Handle.parse(PHONE)
    world.show(
        *(
            f"2026-01-0{n} registration.completed account_no:{n} {PHONE} facts={{name: Ann{n}}}"
            for n in range(1, 9)
        ),
        f"2026-01-09 contact.started c1 {PHONE}",
    )
    brief = views.brief(phone, as_of=at("2026-01-10"))
    assert (brief["who"]["match"]["level"], brief["who"]["match"]["candidates"]) == ("maybe", 8)
    assert (brief["known"], brief["who"]["name"]) == ({}, None)
    (waiting,) = views.review(ReviewQuery()).waiting
    assert waiting.candidate_count == 8
    (link,) = [one for one in waiting.choices if str(one.other) == "account_no:3"]
    assert (link.decision, str(link.one)) == ("link", PHONE)
    world.show(f"2026-01-10 identity.identifier_linked a={link.one} b={link.other}")
    brief = views.brief(phone, as_of=at("2026-01-10"))
    assert brief["who"]["match"]["level"] == "known"
    assert brief["known"]["name"]["value"] == "Ann3"
    assert views.review(ReviewQuery()).waiting == ()


@given(
    told=histories(),
    pair=st.permutations(PEOPLE).map(lambda drawn: drawn[:2]),
    cuts=st.tuples(st.integers(0, EVENTS_MAX), st.integers(0, EVENTS_MAX)),
)
def test_a_merge_that_is_undone_makes_nothing_anybody_elses(
    told: list[EventData], pair: list[Identifier], cuts: tuple[int, int]
) -> None:
    """Whatever came before, between and after: everything is whose it is where nobody merged."""
    one, other = pair
    # Whom a merge is the first to name, it names.
    known = [contact([one], "one"), contact([other], "other")]
    first, last = (len(known) + cut for cut in sorted(cuts))

    def owners(made: EventData, undone: EventData) -> list[tuple[UUID, ...]]:
        numbered = [(data, f"e{number}") for number, data in enumerate(told)]
        named = [(known[0], "one"), (known[1], "other"), *numbered]
        named[last:last] = [(undone, "undone")]
        named[first:first] = [(made, "made")]
        events = [
            Event.of(data, id=name, source="s", time=BEGIN + timedelta(hours=n))
            for n, (data, name) in enumerate(named)
        ]
        arriving = [event._replace(position=at) for at, event in enumerate(events, start=1)]
        whose = from_scratch(arriving).owners
        return [whose[e.position] for e in arriving if e.data not in (made, undone)]

    nothing = contact([], "nobodys")
    assert owners(merged("q", one, other), unmerged("q")) == owners(nothing, nothing)


told = st.lists(
    st.sampled_from(
        [
            f"contact.started c1 {A}",
            f"contact.started c2 {A} {PHONE}",
            f"order.placed O-1 {B} {PHONE}",
            f"issue.reported I-1 {B} order:O-1",
            f"order.placed O-2 account_no:1 {A}",
            f"order.placed O-3 account_no:2 {B}",
            f"contact.started c3 {PHONE}",
            "delivery.dispatched D-1 order:O-1",
            "contact.ended c1",
            f"contact.information_provided c1 {A} facts={{name: Ann}}",
            f"identity.identifier_linked a={A} b={PHONE}",
            f"contact.started c4 {A} order:O-1",
        ]
    ),
    min_size=2,
    max_size=8,
)


@given(
    told=told, cuts=st.tuples(st.integers(0, 8), st.integers(0, 8)), page=st.sampled_from([1, 3])
)
@settings(max_examples=share(0.03))
def test_a_merge_that_is_undone_leaves_no_trace_but_itself(
    migrated_databases: Databases,
    module_keyring: Keyring,
    told: list[str],
    cuts: tuple[int, int],
    page: int,
) -> None:
    """Entries, timelines and stories are those of the history in which it never happened."""
    first, last = sorted(cuts)
    merged = f"{STATEMENTS[0]} merge_id=m survivor={A} absorbed={B}"
    undone = f"{STATEMENTS[1]} merge_id=m"
    found = []
    for inserted in ((merged, undone), (NOTHING.format(1), NOTHING.format(2))):
        middle = [inserted[0], *told[first:last], inserted[1]]
        lines = [*BOTH, *told[:first], *middle, *told[last:]]
        with migrated_databases.migrated() as url:
            world = World(url, module_keyring)
            try:
                world.tell(*(f"2026-01-01T10:{n:02} {line}" for n, line in enumerate(lines)))
                world.runner(page_entries=page).catch_up()
                found.append(seen(world, lines.index(inserted[0]), lines.index(inserted[1])))
            finally:
                world.close()
    assert found[0] == found[1]


def seen(world: World, *left_out: int) -> list[Any]:
    """Return the tables of all customers without two lines and what only these leave."""
    stories = {}
    for customer, state in world.rows("SELECT customer_id::text, state FROM story"):
        story = load(bytes(state))
        story.events_considered -= len(story.unmerged) * 2
        story.unmerged, story.last_key = {}, None
        stories[customer] = story
    return [
        [row for row in world.rows(SELECT_ENTRIES) if row[1] - 1 not in left_out],
        world.rows(SELECT_TIMELINE),
        {customer: story for customer, story in stories.items() if story.events_considered},
    ]


def test_another_rule_gives_other_customers_from_the_same_log_and_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were an e-mail address as good as an account, two customers would be one; nothing is lost."""
    world.show(
        f"2026-01-01 order.placed O-1 account_no:1 {A}",
        f"2026-01-02 order.placed O-2 loyalty_card:7 {A}",
        f"2026-01-03 contact.started c1 {A}",
    )
    before = world.tables()
    ids = {UUID(customer) for (customer,) in world.rows("SELECT customer_id::text FROM story")}
    assert len(ids) == 2
    with monkeypatch.context() as changed:
        changed.setitem(observation._RANKS, "email", 0)
        world.runner().recreate()
        world.runner().catch_up()
        assert world.rows("SELECT events_considered FROM story") == [(3,)]
    world.runner().recreate()
    world.runner().catch_up()
    assert world.tables() == before
