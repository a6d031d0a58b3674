"""S3: the gift sent three times, and a scan that arrives eleven days late."""

from domain.brief import canonical_json
from tests.given import banner, codes, given, the

STORY = given(
    """
    2026-05-05T09:00 order.placed O-5 loyalty_card:L-5
    2026-05-05T09:00 delivery.dispatched D-1 order:O-5
    2026-05-13T12:00 contact.started c1 loyalty_card:L-5
    2026-05-13T12:00 issue.reported I-5 contact:c1 delivery:D-1 category=not_arrived #missed
    2026-05-13T12:05 order.replacement_sent order:O-5 delivery:D-2 attempt_no=2
    2026-05-13T12:06 contact.ended c1 resolution=resolved
    2026-05-20T12:00 contact.started c2 loyalty_card:L-5
    2026-05-20T12:00 contact.information_provided c2 issue:I-5 facts={symptom: still not here}
    2026-05-20T12:05 delivery.investigation_opened D-2
    2026-05-20T12:10 order.replacement_sent order:O-5 delivery:D-3 attempt_no=3
    2026-05-20T12:15 contact.ended c2 resolution=unresolved
    """
)
LATE = STORY.also("2026-05-12T16:00 delivery.completed delivery:D-1 #scan")


def test_every_attempt_stands_with_what_became_of_it() -> None:
    """The first is presumed lost, the second under investigation, the third on its way."""
    brief = STORY.then("2026-05-22T10:00")
    order = the(brief, "orders", order_id="O-5")
    assert [(a["delivery_id"], a["state"]) for a in order["attempts"]] == [
        ("D-1", "presumed_lost"),
        ("D-2", "under_investigation"),
        ("D-3", "in_transit"),
    ]
    assert order["delivered"] is False
    issue = the(brief, "issues", issue_id="I-5")
    assert issue["told_count"] == 2
    assert issue["our_actions"] == 3


def test_the_late_scan_stands_before_the_report_and_conflicts_with_it() -> None:
    """The scan takes its place in the past; the banner cites the scan and the report."""
    brief = LATE.then("2026-05-23T09:00")
    conflict = banner(brief, "EVIDENCE_CONFLICT")
    assert conflict["severity"] == "warning"
    assert [cited["id"] for cited in conflict["evidence"]] == ["scan", "missed"]
    assert the(brief, "orders", order_id="O-5")["attempts"][0]["state"] == "delivered"


def test_the_brief_before_the_scan_was_known_stays_what_it_was() -> None:
    """With known_at before its position the brief is byte-identical to the earlier one."""
    earlier = STORY.then("2026-05-22T10:00")
    head = len(STORY.events)
    again = LATE.then("2026-05-22T10:00", known_at=head)
    assert canonical_json(again) == canonical_json(earlier)
    assert "EVIDENCE_CONFLICT" not in codes(again)


def test_a_damaged_parcel_is_no_conflict_with_its_delivery() -> None:
    """Only an issue that says the parcel did not arrive contradicts the delivery."""
    brief = given(
        """
        2026-05-05T09:00 delivery.dispatched D-1 order:O-5 loyalty_card:L-5
        2026-05-06T09:00 delivery.completed delivery:D-1
        2026-05-07T09:00 issue.reported I-6 delivery:D-1 category=damaged
        """
    ).then("2026-05-08")
    assert brief["banners"] == []
