"""What waits for a person is listed with why, who could be meant, and what can be decided."""

from __future__ import annotations

import pytest

from projections.identity.review import ReviewQuery
from projections.queries import Views
from readers.shapes.views import review_json
from tests.projections.world import World

PHONE = "phone:+17175550142"
TOLD = f"""
2026-01-01 order.placed O-1 account_no:1 {PHONE}
2026-01-02 order.placed O-2 account_no:2 {PHONE}
2026-01-03 contact.started c1 {PHONE}
2026-01-04 order.placed O-3 account_no:1 account_no:2
2026-01-05 delivery.completed D-9
2026-01-06 identity.match_rejected a=account_no:1 b=account_no:2 reason=wrong
2026-01-07 event.retracted corrects=#unheard-of
2026-01-08 identity.match_rejected a=account_no:1 b=loyalty_card:7 reason=wrong
2026-01-09 contact.started c2 account_no:1 loyalty_card:7
"""


@pytest.fixture
def told(world: World) -> World:
    """Give a log with one event for each reason, and with statements, which are decided."""
    world.show(TOLD)
    return world


def test_each_reason_is_listed_and_counted(told: World, views: Views) -> None:
    """Statements and corrections are not for review; what waits comes oldest first."""
    page = views.review(ReviewQuery())
    assert [(one.position, one.reason) for one in page.waiting] == [
        (3, "shared"),
        (4, "violation"),
        (5, "unknown"),
        (9, "disputed"),
    ]
    assert page.counts == {"shared": 1, "disputed": 1, "violation": 1, "unknown": 1}
    assert (page.position, page.next) == (9, None)


def test_a_shared_telephone_says_who_could_be_meant_and_how_to_say_so(
    told: World, views: Views
) -> None:
    """Each candidate by the identifier they are known by, and a link with each to choose from."""
    (one,) = views.review(ReviewQuery(reasons=("shared",))).waiting
    assert [str(who.known_by) for who in one.candidates] == ["account_no:1", "account_no:2"]
    assert one.candidate_count == 2
    assert [(c.decision, str(c.one), str(c.other)) for c in one.choices] == [
        ("link", PHONE, "account_no:1"),
        ("link", PHONE, "account_no:2"),
    ]
    assert (one.type, one.sentence) == ("contact.started", "Called")


def test_two_accounts_in_one_event_can_be_merged_or_kept_apart(told: World, views: Views) -> None:
    """A violation names both customers; an event of nobody has no candidates and no choices."""
    violation, unknown = views.review(ReviewQuery(reasons=("violation", "unknown"))).waiting
    assert [c.decision for c in violation.choices] == ["merge", "reject"]
    assert violation.candidate_count == 2
    assert (unknown.candidates, unknown.choices) == ((), ())
    assert [str(handle) for handle in unknown.named] == ["delivery:D-9"]


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_follow_each_other_without_gaps(
    told: World, views: Views, newest_first: bool
) -> None:
    """Each page begins where the one before ended, from either end."""
    found, after = [], None
    while True:
        page = views.review(ReviewQuery(newest_first=newest_first, after=after, limit=1))
        found += [one.position for one in page.waiting]
        after = page.next
        if after is None:
            break
    assert found == ([9, 5, 4, 3] if newest_first else [3, 4, 5, 9])


def test_why_something_waits_follows_what_becomes_known(world: World, views: Views) -> None:
    """What was seen beside a card of nobody is disputed once the card is another's."""
    world.show(
        "2026-01-01 identity.match_rejected a=account_no:1 b=loyalty_card:7 reason=wrong",
        f"2026-01-02 contact.started c1 {PHONE}",
        f"2026-01-03 order.placed O-1 account_no:1 {PHONE}",
        f"2026-01-04 order.placed O-2 account_no:2 {PHONE}",
    )
    assert [one.reason for one in views.review(ReviewQuery()).waiting] == ["shared"]
    world.show(f"2026-01-05 identity.identifier_linked a={PHONE} b=account_no:2")
    assert views.review(ReviewQuery()).waiting == ()


def test_the_json_holds_all_of_it(told: World, views: Views) -> None:
    """Identifiers apart in their members, and in the form that commands take."""
    shape = review_json(views.review(ReviewQuery(reasons=("shared",), limit=1)))
    assert shape["counts"]["violation"] == 1
    (one,) = shape["waiting"]
    assert one["choices"][0] == {"decision": "link", "a": PHONE, "b": "account_no:1"}
    assert one["candidates"][0]["known_by"]["type"] == "account_no"
    assert one["named"][0] == {"type": "phone", "value": "+17175550142", "issuer": None}
