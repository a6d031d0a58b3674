"""The identity view equals the rules applied from scratch, however the events come."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import EventData
from domain.events.values import Identifier
from domain.identity.observation import observations
from projections.identity.history import known_then
from projections.identity.queries import look_up
from tests.examples import share
from tests.projections.identity.graphs import (
    PEOPLE,
    Table,
    Tables,
    contact,
    corrected,
    events_of,
    from_scratch,
    histories,
    linked,
    merged,
    node_of,
    rejected,
    retracted,
    same,
    unlinked,
)


@given(
    told=histories(),
    chance=st.randoms(use_true_random=False),
    page=st.sampled_from([1, 2, 5, 50]),
    memory=st.tuples(st.sampled_from([0, 1, 4, 8, 50]), st.booleans()),
)
def test_the_view_equals_the_rules_from_scratch(
    tables: Tables,
    told: list[EventData],
    chance: object,
    page: int,
    memory: tuple[int, bool],
) -> None:
    """Any order of arrival, any page size, with no memory or a little: the same customers.

    So it is where the view begins with knowing that the tables are empty.
    """
    remembered, begins_empty = memory
    order = list(range(len(told)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    arriving = events_of(told, order)
    in_order = from_scratch(events_of(told))
    wanted = from_scratch(arriving)
    by_id = {
        event.id: owners
        for event, owners in zip(events_of(told), in_order.owners.values(), strict=True)
    }
    assert {e.id: frozenset(wanted.owners[e.position]) for e in arriving} == {
        name: frozenset(owners) for name, owners in by_id.items()
    }
    with tables.empty(remembered_max=remembered, begins_empty=begins_empty) as empty:
        empty.take(arriving, page, forgetful=not remembered)
        assert same(empty.owners(), wanted)
        found = empty.rows()
    with tables.empty() as anew:
        anew.take(arriving, len(arriving))
        assert found == anew.rows()


@given(told=histories(), chance=st.randoms(use_true_random=False))
@settings(max_examples=share(0.3))
def test_what_was_known_earlier_can_be_told_later(
    tables: Tables, told: list[EventData], chance: object
) -> None:
    """Whom any handle named at any earlier position is found again when more has become known."""
    order = list(range(len(told)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    arriving = events_of(told, order)
    asked = sorted({handle for one in observations(arriving) for handle in one.named})
    with tables.empty() as full:
        full.take(arriving, 4)
        for known_at in range(len(arriving) + 1):
            wanted = from_scratch(arriving[:known_at])
            for handle in asked:
                found, events, _ = known_then(
                    full.cursor, handle, node_of=node_of, known_at=known_at, load=full.load
                )
                customer = wanted.customer(handle)
                assert found.customer_id == customer, (known_at, handle)
                assert found.match == wanted.match(handle), (known_at, handle)
                owned = [at for at, owners in wanted.owners.items() if customer in owners]
                assert sorted(event.position for event in events) == owned, (known_at, handle)


@pytest.mark.parametrize("is_newest", [True, False])
def test_what_is_found_to_be_somebody_s_is_new_where_they_have_nothing_after_it(
    view: Table, is_newest: bool
) -> None:
    """Nobody is folded anew for it; whoever has something after it is."""
    one = PEOPLE[0]
    nobodys, theirs = contact([], "x", order_id="y"), contact([one], "z")
    before = [theirs, nobodys] if is_newest else [nobodys, theirs]
    view.take(events_of([*before, contact([one], "x", order_id="y")]), 1)
    owner = {node_of(one.handle)}
    assert set(view.owners().values()) == {tuple(owner)}
    assert (view.grown, view.refolded) == ((owner, set()) if is_newest else (set(), owner))


def test_a_correction_that_turns_out_to_name_others_joins_nobody(view: Table) -> None:
    """What unlinked two counts again once what took it back, naming both, was about another."""
    card, account = PEOPLE[2], PEOPLE[0]
    told = [
        unlinked(card, account),
        retracted(0, named=[card, account]),
        corrected(1, retracted(99, named=[account])),
        contact([card, PEOPLE[6]], "y"),
    ]
    arriving = events_of(told)
    view.take(arriving, 1, forgetful=True)
    wanted = from_scratch(arriving)
    assert same(view.owners(), wanted)
    assert wanted.customer(card.handle) != wanted.customer(account.handle)


def test_two_accounts_are_never_joined_by_way_of_a_third(view: Table) -> None:
    """A card seen with two accounts is shared; each account keeps what names it."""
    one, other, card = PEOPLE[0], PEOPLE[1], PEOPLE[2]
    told = [contact([one, card], "c1"), contact([other, card], "c2"), contact([card], "c3")]
    events = events_of(told)
    view.take(events, 1)
    owners = view.owners()
    assert owners[1] == (node_of(one.handle),)
    assert owners[2] == (node_of(other.handle),)
    assert owners[3] == ()
    match = look_up(view.cursor, node_of(card.handle), asked=card.handle).match
    assert (match.level, match.candidates) == ("maybe", 2)


def test_an_address_linked_to_somebody_s_telephone_is_theirs(view: Table) -> None:
    """Who says that a mail address goes with a telephone says it of whose telephone it is."""
    account, email, phone = PEOPLE[0], PEOPLE[4], PEOPLE[6]
    told = [contact([email], "c1"), contact([account, phone], "c2"), linked(email, phone)]
    view.take(events_of([*told, contact([phone], "c3")]), 1)
    assert set(view.owners().values()) == {(node_of(account.handle),)}


def test_an_address_linked_to_a_telephone_that_several_claim_is_a_customer_of_its_own(
    view: Table,
) -> None:
    """The telephone is shared, and who else claims it still counts when nothing is in memory."""
    account, member, email, phone = PEOPLE[0], PEOPLE[3], PEOPLE[4], PEOPLE[6]
    told = [
        contact([account, phone, email], "c1"),
        linked(member, phone),
        linked(email, phone),
        rejected(email, account),
    ]
    view.take(events_of(told), 1, forgetful=True)
    assert view.owners()[3] == (node_of(email.handle),)


def test_merged_customers_who_turn_out_to_be_one_person_share_nothing_any_more(
    view: Table,
) -> None:
    """An address seen with both was nobody's: a merge by their telephone came too late for it."""
    account, card, email, phone = PEOPLE[0], PEOPLE[2], PEOPLE[4], PEOPLE[6]
    told = [
        contact([email, card], "c1"),
        merged("m1", phone, account),
        linked(card, phone),
        contact([account, email], "c2"),
        contact([email], "c3"),
        contact([account, card], "c4"),
    ]
    view.take(events_of(told)[:5], 1)
    assert view.owners()[5] == ()
    view.take(events_of(told)[5:], 1)
    assert set(view.owners().values()) == {(node_of(card.handle),)}


def test_what_led_to_a_telephone_follows_it_with_nothing_in_memory(view: Table) -> None:
    """References and their owner, read in one query in any order, are one graph."""
    account, phone = PEOPLE[0], PEOPLE[6]
    told = [contact([], "c1"), contact([phone], "c1"), contact([account, phone], "c2")]
    events = events_of([*told, contact([], "c1")])
    view.take(events[:2], 1)
    view.take(events[2:], 2, forgetful=True)
    assert set(view.owners().values()) == {(node_of(account.handle),)}


def test_a_telephone_of_thousands_costs_no_more_than_its_row(view: Table) -> None:
    """3,000 customers share one telephone: it is nobody's, and a call from it waits."""
    phone = PEOPLE[6]
    told = [
        contact([Identifier(type="account_no", value=f"n{n}"), phone], f"c{n}") for n in range(3000)
    ]
    events = events_of([*told, contact([phone], "call")])
    view.take(events, 500, forgetful=True)
    owners = view.owners()
    assert owners[3001] == ()
    assert len({owner for owner in owners.values() if owner}) == 3000
    assert view.refolded | view.grown == set(), (
        "only the first customer could have been told to fold anew"
    )


def test_who_is_named_again_stays_in_memory_and_others_are_let_go(tables: Tables) -> None:
    """Of 60 customers, one calls all the time: memory holds that one, and a bounded few."""
    often = PEOPLE[0]
    once = [Identifier(type="account_no", value=f"n{n}") for n in range(60)]
    told = [fact for n, one in enumerate(once) for fact in _two_calls(often, one, number=n)]
    with tables.empty(remembered_max=20) as bounded:
        bounded.take(events_of(told), 2)
        graph = bounded.view._rows.graph
        assert often.handle in graph.nodes
        assert len(graph.nodes) + len(graph.references) <= 24, "the limit and a page"


def _two_calls(often: Identifier, once: Identifier, *, number: int) -> list[EventData]:
    return [contact([often], f"a{number}"), contact([once, PEOPLE[6]], f"b{number}")]
