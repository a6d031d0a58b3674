"""S2: software within 24 hours, and the vendor rings to ask how they enjoy it."""

from tests.given import banner, codes, given, the

STORY = given(
    """
    2026-03-02T10:00 order.placed O-2 account_no:88 items=[]
    2026-03-02T10:00 promise.made P-2 what="Software within 24 hours" due_within=PT24H \
        fulfilled_when="delivery.completed order:O-2"
    2026-03-05T15:00 contact.started c1 account_no:88 direction=outbound purpose=satisfaction
    """
)
PUT_RIGHT = STORY.also(
    """
    2026-03-05T15:05 apology.given order:O-2
    2026-03-05T15:10 order.replacement_sent order:O-2 delivery:D-2 attempt_no=2 charge=0.00USD
    2026-03-05T15:11 promise.made P-3 what="The replacement" due_at=2026-03-06T17:00 \
        fulfilled_when="delivery.completed order:O-2"
    2026-03-06T11:00 delivery.completed delivery:D-2
    """
)


def test_before_the_vendor_says_hello_the_broken_promise_is_the_headline() -> None:
    """The outbound call starts below the promise that was never kept."""
    brief = STORY.then("2026-03-05T15:00")
    promise = the(brief, "promises", promise_id="P-2")
    assert promise["state"] == "broken"
    assert promise["overdue_s"] == 190_800
    assert promise["due_at"] == "2026-03-03T10:00:00Z"
    assert promise["refs"] == {"order_id": "O-2"}
    assert the(brief, "orders", order_id="O-2")["attempts"] == []
    assert codes(brief) == ["PROMISE_BROKEN", "DELIVERY_MISSING"]
    assert brief["headline"] == (
        "Promise broken: Software within 24 hours was due on 3 March 2026, 10:00 UTC, "
        "2 days 5 hours ago."
    )
    assert brief["headline_evidence"] == banner(brief, "PROMISE_BROKEN")["evidence"]


def test_a_replacement_on_its_way_is_no_longer_missing_but_still_late() -> None:
    """DELIVERY_MISSING goes with the dispatch; the promise stays broken until it is fulfilled."""
    brief = PUT_RIGHT.then("2026-03-05T16:00")
    assert codes(brief) == ["PROMISE_BROKEN"]
    (attempt,) = the(brief, "orders", order_id="O-2")["attempts"]
    assert attempt == {"attempt_no": 2, "delivery_id": "D-2", "state": "in_transit"}
    assert the(brief, "promises", promise_id="P-3")["state"] == "open"
    assert the(PUT_RIGHT.then("2026-03-05T17:00"), "promises", promise_id="P-3")["state"] == (
        "due_soon"
    )


def test_the_delivery_keeps_the_second_promise_and_the_first_too_late() -> None:
    """The replacement leads to its order, so it fulfils both; the first stays on record as late."""
    brief = PUT_RIGHT.then("2026-03-06T12:00")
    assert the(brief, "promises", promise_id="P-3")["state"] == "kept"
    late = the(brief, "promises", promise_id="P-2")
    assert late["state"] == "kept_late"
    assert late["overdue_s"] == 73 * 3600
    assert the(brief, "orders", order_id="O-2")["delivered"] is True
    assert brief["banners"] == []
