"""Each rule of who a customer is, by name, through the log and its views."""

from __future__ import annotations

import json
from collections.abc import Collection
from uuid import UUID

import pytest

from domain.handles import Handle
from projections.identity.review import REASONS
from projections.queries import Views
from tests.notation import cloud_event
from tests.projections.identity.graphs import (
    PEOPLE,
    Table,
    contact,
    events_of,
    linked,
    node_of,
    unlinked,
)
from tests.projections.world import World

PHONE = "phone:+17175550142"
ONE, OTHER = "account_no:1", "account_no:2"


def whose(world: World) -> dict[int, set[str]]:
    """Return the customers of each entry, by the identifiers that the tests speak of."""
    names = {
        str(world.keyring.stream_of(Handle.parse(name))): name
        for name in (ONE, OTHER, PHONE, "account_no:1@x", "email:a@x.example", "loyalty_card:7")
    }
    found: dict[int, set[str]] = {}
    for customer, at in world.rows("SELECT customer_id::text, position FROM identity_entries"):
        found.setdefault(at, set()).add(names.get(customer, customer))
    return found


def waiting(world: World) -> dict[int, str]:
    """Return why each entry waits that a person should look at."""
    asked = "SELECT position, reason FROM identity_waiting WHERE reason = ANY(%s)"
    return dict(world.rows(asked, list(REASONS)))


def all_of(world: World, owner: str, positions: Collection[int]) -> bool:
    """Tell whether all these entries are of this one customer."""
    return {at: owners for at, owners in whose(world).items() if at in positions} == dict.fromkeys(
        positions, {owner}
    )


def test_a_telephone_goes_with_the_account_it_was_seen_with(world: World) -> None:
    """A weak identifier attaches to the strong one beside it."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE} {PHONE}", f"2026-01-02 contact.started c1 {PHONE}"
    )
    assert all_of(world, ONE, [1, 2])


def test_a_telephone_alone_is_a_provisional_customer_until_an_account_is_seen(world: World) -> None:
    """A weak identifier by itself has a timeline, which joins that of its only account."""
    world.show(f"2026-01-01 contact.started c1 {PHONE}")
    assert all_of(world, PHONE, [1])
    world.show(f"2026-01-02 order.placed O-1 {ONE} {PHONE}")
    assert all_of(world, ONE, [1, 2])
    assert world.rows("SELECT count(*) FROM timeline") == [(2,)]


@pytest.mark.parametrize("other", ["loyalty_card:7", "account_no:1@x"])
def test_two_strong_identifiers_of_other_type_or_issuer_join(world: World, other: str) -> None:
    """An account and a card, or accounts of two issuers, seen in one event are one person."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE}",
        f"2026-01-02 order.placed O-2 {other}",
        f"2026-01-03 order.placed O-3 {ONE} {other}",
    )
    assert all_of(world, ONE, [1, 2, 3])


def test_two_values_of_one_kind_never_join_and_are_a_violation(world: World) -> None:
    """Two accounts in one event stay two people, and the event waits for a person."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE}",
        f"2026-01-02 order.placed O-2 {OTHER}",
        f"2026-01-03 order.placed O-3 {ONE} {OTHER}",
    )
    assert whose(world) == {1: {ONE}, 2: {OTHER}}
    assert waiting(world) == {3: "violation"}


def test_a_telephone_of_two_customers_is_nobodys(world: World, views: Views) -> None:
    """It joins nobody; what carries nothing else waits, what also names an order does not."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE} {PHONE}",
        f"2026-01-02 order.placed O-2 {OTHER} {PHONE}",
        f"2026-01-03 contact.started c1 {PHONE}",
        f"2026-01-04 contact.started c2 {PHONE} order:O-2",
    )
    assert whose(world) == {1: {ONE}, 2: {OTHER}, 4: {OTHER}}
    assert waiting(world) == {3: "shared"}
    match = views.look_up(Handle.parse(PHONE)).match
    assert (match.level, match.candidates) == ("maybe", 2)


def test_what_people_say_comes_before_what_was_seen(world: World) -> None:
    """A shared telephone that is linked with one account is that account's, and so is the call."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE} {PHONE}",
        f"2026-01-02 order.placed O-2 {OTHER} {PHONE}",
        f"2026-01-03 contact.started c1 {PHONE}",
        f"2026-01-04 identity.identifier_linked a={PHONE} b={ONE}",
    )
    assert whose(world) == {1: {ONE}, 2: {OTHER}, 3: {ONE}, 4: {ONE}}
    assert waiting(world) == {}


def test_what_was_unlinked_can_be_seen_together_again(world: World) -> None:
    """An unlinking holds for what was seen before it, not for what is seen later."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE} {PHONE}",
        f"2026-01-02 identity.identifier_unlinked a={PHONE} b={ONE}",
        f"2026-01-03 contact.started c1 {PHONE}",
    )
    assert all_of(world, PHONE, [3])
    world.show(f"2026-01-04 order.placed O-2 {ONE} {PHONE}")
    assert all_of(world, ONE, [1, 2, 3, 4])


def test_a_late_unlinking_does_not_undo_what_was_seen_after_it(view: Table) -> None:
    """They were seen together again before anybody told of it, and nothing of that is in memory."""
    account, phone = PEOPLE[0], PEOPLE[6]
    told = [
        contact([account, phone], "c1"),
        unlinked(account, phone),
        contact([account, phone], "c2"),
    ]
    view.take(events_of([*told, contact([phone], "c3")], [0, 2, 3, 1]), 1, forgetful=True)
    assert set(view.owners().values()) == {(node_of(account.handle),)}


def test_a_shared_card_that_is_somebody_s_at_last_takes_along_what_an_order_had_found(
    view: Table,
) -> None:
    """Of two shared cards in one event it may be the second that a person links with somebody."""
    one, two, card, member, three = *PEOPLE[:4], PEOPLE[8]
    seen = [(two, card), (two, member), (three, card), (three, member)]
    told = [contact(pair, f"c{at}") for at, pair in enumerate(seen)]
    told += [contact([one], "c", order_id="o1"), contact([card, member], "d", order_id="o1")]
    view.take(events_of(told), 1)
    assert view.owners()[6] == (node_of(one.handle),)
    view.take(events_of([*told, linked(member, two)])[6:], 1)
    assert view.owners()[6] == (node_of(two.handle),)


def test_a_rejected_match_keeps_two_apart(world: World) -> None:
    """However often they are seen together afterwards."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE} {PHONE}",
        f"2026-01-02 identity.match_rejected a={PHONE} b={ONE} reason=wrong",
        f"2026-01-03 order.placed O-2 {ONE} {PHONE}",
        f"2026-01-04 contact.started c1 {PHONE}",
    )
    assert whose(world) == {1: {ONE}, 2: {ONE, PHONE}, 3: {ONE}, 4: {PHONE}}


def test_a_reference_is_of_whoever_introduced_it_and_joins_nobody(world: World) -> None:
    """An order that two people speak of leads to the first; the other stays another person."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE}",
        f"2026-01-02 contact.started c1 {OTHER} order:O-1",
        "2026-01-03 delivery.dispatched D-1 order:O-1",
        "2026-01-04 delivery.completed D-1",
    )
    assert whose(world) == {1: {ONE}, 2: {OTHER}, 3: {ONE}, 4: {ONE}}


def test_what_names_an_order_as_well_goes_where_a_better_reference_leads(world: World) -> None:
    """A call from a shared telephone is of the order's customer until the call itself is known."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE} {PHONE}",
        f"2026-01-02 order.placed O-2 {OTHER} {PHONE}",
        f"2026-01-03 contact.started c1 {PHONE} order:O-1",
    )
    assert all_of(world, ONE, [1, 3])
    world.show(f"2026-01-04 contact.ended c1 {OTHER}")
    assert whose(world) == {1: {ONE}, 2: {OTHER}, 3: {OTHER}, 4: {OTHER}}


def test_late_linking_attaches_what_came_before(world: World) -> None:
    """Events that waited for their link are in the timeline and the story as soon as it comes."""
    world.show("2026-01-02 delivery.dispatched D-1 order:O-1", "2026-01-03 delivery.completed D-1")
    assert waiting(world) == {1: "unknown", 2: "unknown"}
    world.show(f"2026-01-01 order.placed O-1 {ONE}")
    assert all_of(world, ONE, [1, 2, 3])
    assert waiting(world) == {}
    assert world.rows("SELECT events_considered FROM story") == [(3,)]


def test_other_parties_never_identify(view: Table) -> None:
    """A patient or a payer of an event is not its customer, and is not known by it."""
    account, payer = PEOPLE[0], PEOPLE[1]
    party = {"role": "payer", "identifiers": [payer.model_dump(exclude_none=True)]}
    told = contact([account], "c1").model_copy(update={"parties": ()})
    named = type(told).model_validate({**told.model_dump(exclude_none=True), "parties": [party]})
    view.take(events_of([named, contact([], "c1")]), 1)
    assert set(view.owners().values()) == {(node_of(account.handle),)}
    view.cursor.execute("SELECT count(*) FROM identity_nodes WHERE value = '2'")
    assert view.cursor.fetchone() == (0,)


def test_looking_up_creates_nobody(world: World, views: Views) -> None:
    """Whatever is asked for, the tables stay as they are."""
    world.show(f"2026-01-01 order.placed O-1 {ONE}")
    before = world.tables()
    assert views.look_up(Handle.parse(PHONE)).match.level == "unknown"
    assert views.look_up(UUID(int=5)).match.level == "unknown"
    assert views.find("5550142").hits == ()
    assert world.tables() == before


def test_a_retracted_event_joins_nobody_and_stays_visible(world: World) -> None:
    """The telephone is not the account's any more; the event is still in the account's timeline."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE}",
        f"2026-01-02 contact.started c1 {ONE} {PHONE}",
        f"2026-01-03 contact.started c2 {PHONE}",
    )
    assert all_of(world, ONE, [1, 2, 3])
    world.show("2026-01-04 event.retracted corrects=#t2")
    assert whose(world) == {1: {ONE}, 2: {ONE}, 3: {PHONE}, 4: {ONE}}


def test_a_corrected_identifier_moves_the_event_and_its_correction(world: World) -> None:
    """The event, what it introduced and the correction are then of the other customer."""
    world.show(
        f"2026-01-01 order.placed O-1 {ONE}",
        f"2026-01-02 order.placed O-2 {OTHER}",
        f"2026-01-03 contact.started c1 {ONE}",
        "2026-01-04 contact.ended c1",
    )
    assert all_of(world, ONE, [1, 3, 4])
    right = {
        "contact_id": "c1",
        "channel": "voice",
        "direction": "inbound",
        "identifiers": [{"type": "account_no", "value": "2"}],
    }
    event = cloud_event("2026-01-05 event.corrected corrects=#t3", id="c")
    event["data"]["data"] = right
    world.append([json.dumps(event).encode()])
    world.runner().catch_up()
    assert whose(world) == {1: {ONE}, 2: {OTHER}, 3: {OTHER}, 4: {OTHER}, 5: {OTHER}}


def test_a_correction_may_come_before_what_it_corrects(world: World) -> None:
    """It waits for the event and then is of the event's customer, though it names nobody."""
    world.show(f"2026-01-01 order.placed O-1 {ONE}", "2026-01-03 event.retracted corrects=#t3")
    assert whose(world) == {1: {ONE}}
    world.show(f"2026-01-02 order.cancelled O-1 {PHONE}")
    assert whose(world) == {1: {ONE}, 2: {ONE}, 3: {ONE}}


def test_a_retracted_merge_has_no_effect(world: World) -> None:
    """Everything is whose it was, and the statement itself is of both."""
    world.show(f"2026-01-01 order.placed O-1 {ONE}", f"2026-01-02 order.placed O-2 {OTHER}")
    world.show(f"2026-01-03 identity.customers_merged merge_id=m survivor={ONE} absorbed={OTHER}")
    assert all_of(world, ONE, [1, 2, 3])
    world.show("2026-01-04 event.retracted corrects=#t3")
    assert whose(world) == {1: {ONE}, 2: {OTHER}, 3: {ONE, OTHER}, 4: {ONE, OTHER}}
    world.runner().recreate()
    world.runner().catch_up()
    assert whose(world) == {1: {ONE}, 2: {OTHER}, 3: {ONE, OTHER}, 4: {ONE, OTHER}}
