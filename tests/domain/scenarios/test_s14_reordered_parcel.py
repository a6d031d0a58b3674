"""S14: the parcel whose messages arrive out of order and twice."""

from tests.given import Given, given, the

ARRIVALS = (
    "2026-01-14T10:05 delivery.completed tracking_number:T-1 #done",
    "2026-01-14T10:10 delivery.scanned tracking_number:T-1 status=out_for_delivery #late",
    "2026-01-14T06:00 delivery.scanned tracking_number:T-1 status=in_transit #early",
    "2026-01-14T10:05 delivery.completed tracking_number:T-1 #done",
)
DISPATCHED = given(
    "2026-01-13T18:00 delivery.dispatched D-1 order:O-1 tracking_number:T-1 account_no:5"
)


def state(story: Given) -> str:
    """Return the state of the only delivery."""
    brief = story.then("2026-01-15")
    (attempt,) = brief["orders"][0]["attempts"]
    return str(attempt["state"])


def test_three_are_stored_and_the_state_is_delivered_at_every_step() -> None:
    """A delivered parcel stays delivered, whatever is scanned or arrives afterwards."""
    story = DISPATCHED
    for arrival in ARRIVALS:
        story = story.also(arrival)
        assert state(story) == "delivered"
    assert len(story.raw) - len(story.events) == 1
    brief = story.then("2026-01-15")
    assert brief["events_considered"] == 1 + 3
    assert the(brief, "orders", order_id="O-1")["delivered"] is True


def test_a_parcel_of_no_known_order_is_shown_all_the_same() -> None:
    """Scans under a tracking number alone are not hidden: they stand under no order."""
    brief = given(*ARRIVALS).then("2026-01-15")
    (order,) = brief["orders"]
    assert order["order_id"] is None
    assert order["attempts"] == [{"attempt_no": 1, "delivery_id": "T-1", "state": "delivered"}]


def test_scans_before_the_dispatch_is_known_belong_to_the_delivery() -> None:
    """When it turns out which delivery a number means, nothing that was scanned is lost."""
    brief = (
        given(*ARRIVALS)
        .also("2026-01-14T12:00 delivery.dispatched D-1 order:O-1 tracking_number:T-1")
        .then("2026-01-15")
    )
    (order,) = brief["orders"]
    assert order["attempts"] == [{"attempt_no": 1, "delivery_id": "D-1", "state": "delivered"}]
