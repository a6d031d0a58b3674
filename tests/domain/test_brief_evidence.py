"""Whatever a brief says rests on events that it names: all of them, and no others."""

from typing import Any

import pytest
from hypothesis import given as for_all

from domain.brief import brief, canonical_json
from domain.event import Event
from domain.story import fold
from tests.domain.arbitrary import TOPICS_AND_CORRECTIONS, events
from tests.domain.test_story_properties import END
from tests.given import CUSTOMER, banner, codes, given, known_customer


def cited(section: list[dict[str, Any]]) -> list[str]:
    """Return the ids of the events that something cites."""
    return [event["id"] for event in section]


def test_a_moved_appointment_cites_what_moved_it() -> None:
    """The time in the headline is that of the newest event about the appointment."""
    brief = given(
        "2026-01-01 appointment.booked A-1 start=2026-02-01T09:00 account_no:1 #booked",
        "2026-01-02 appointment.rescheduled A-1 start=2026-02-03T09:00 #moved",
    ).then("2026-01-03")
    assert brief["headline"] == "Service at main on 3 February 2026, 09:00 UTC."
    assert cited(brief["headline_evidence"]) == ["booked", "moved"]


def test_a_renewal_cites_the_offer_that_it_mentions() -> None:
    """The end of the policy and the offer are told by different events."""
    brief = given(
        "2025-10-01 policy.issued PO-1 account_no:4 valid_to=2026-09-30 #issued",
        "2026-09-01 policy.renewal_offered PO-1 #offered",
    ).then("2026-09-28")
    assert "renewal offered" in brief["headline"]
    assert cited(brief["headline_evidence"]) == ["issued", "offered"]


def test_a_deadline_cites_the_dispatch_that_says_when_the_parcel_comes() -> None:
    """Not the first scan, and nothing of a parcel that was replaced."""
    story = given(
        "2026-01-01 order.placed O-1 account_no:1",
        "2026-01-01 deadline.recorded order:O-1 need_by=2026-01-10 #needed",
        "2026-01-02 delivery.scanned D-1 status=info_received #label",
        "2026-01-03 delivery.dispatched D-1 order:O-1 expected_by=2026-01-12 #sent",
    )
    risk = banner(story.then("2026-01-04"), "DEADLINE_AT_RISK")
    assert cited(risk["evidence"]) == ["needed", "sent"]
    again = story.also(
        "2026-01-05 order.replacement_sent order:O-1 delivery:D-2 attempt_no=2",
        "2026-01-06 delivery.dispatched D-2 order:O-1 expected_by=2026-01-11 #again",
    )
    assert cited(banner(again.then("2026-01-07"), "DEADLINE_AT_RISK")["evidence"]) == [
        "needed",
        "again",
    ]


def test_two_broken_promises_of_one_order_are_one_missing_delivery() -> None:
    """Said once, with the time that was promised first; it cites both promises."""
    brief = given(
        "2026-01-01 order.placed O-1 account_no:1 #placed",
        "2026-01-01 promise.made P-1 due_at=2026-01-05 #one "
        'fulfilled_when="delivery.completed order:O-1"',
        "2026-01-06 promise.made P-2 due_at=2026-01-07 #two "
        'fulfilled_when="delivery.completed order:O-1"',
    ).then("2026-01-08")
    assert codes(brief).count("PROMISE_BROKEN") == 2
    missing = banner(brief, "DELIVERY_MISSING")
    assert "due on 5 January 2026" in missing["text"]
    assert cited(missing["evidence"]) == ["one", "placed", "two"]


def test_a_refused_promise_about_a_parcel_is_settled_with_the_order_of_the_parcel() -> None:
    """It need not name the order itself; by its number a parcel is as good."""
    for ref in ("delivery:D-1", "tracking_number:T-1"):
        refused = given(
            "2026-01-01 delivery.dispatched D-1 order:O-1 tracking_number:T-1 account_no:1",
            f"2026-01-01 promise.made P-1 {ref} due_at=2026-02-01",
            "2026-01-02 promise.refused P-1",
        )
        assert codes(refused.then("2026-01-03")) == ["PROMISE_REFUSED"]
        arrived = refused.also("2026-01-03 delivery.completed D-1")
        assert codes(arrived.then("2026-01-04")) == []


def test_a_parcel_that_arrives_as_it_is_reported_contradicts_nothing() -> None:
    """Only a delivery before the report is a conflict; a second earlier is before."""
    reported = given(
        "2026-01-01 delivery.dispatched D-1 order:O-1 account_no:1",
        "2026-01-05T10:00 issue.reported I-1 delivery:D-1 category=not_arrived",
    )
    at_once = reported.also("2026-01-05T10:00 delivery.completed D-1 #a")
    assert codes(at_once.then("2026-01-06")) == []
    before = reported.also("2026-01-05T09:59:59 delivery.completed D-1")
    assert codes(before.then("2026-01-06")) == ["EVIDENCE_CONFLICT"]


@pytest.mark.parametrize(
    ("lines", "headline", "evidence"),
    [
        (
            ["2026-01-01 order.placed O-1 account_no:1"],
            "Nothing is open, and there has been no contact yet.",
            [],
        ),
        (
            ["2026-01-01 contact.started c1 account_no:1 channel=chat"],
            "Nothing is open, and there has been no contact yet.",
            [],
        ),
        (
            [
                "2026-01-01 contact.started c1 account_no:1 channel=chat #start",
                "2026-01-01 contact.answered c1 agent_id=a1 #answer",
            ],
            "In progress: chat with a1, since 1 January 2026, 00:00 UTC.",
            ["answer", "start"],
        ),
        (
            [
                "2026-01-01 contact.started c1 account_no:1 #start",
                "2026-01-01T00:10 contact.ended c1 resolution=callback_promised #end",
            ],
            "Last contact: call on 1 January 2026, 00:00 UTC, callback promised.",
            ["start", "end"],
        ),
        (
            [
                "2026-01-01 contact.ended c1 account_no:1",
                "2026-01-01 promise.made P-1 what=Forms due_at=2026-02-01 #owed",
            ],
            "Promised by 1 February 2026, 00:00 UTC: Forms.",
            ["owed"],
        ),
    ],
)
def test_the_headline_falls_back_from_banner_to_what_comes_to_the_last_contact(
    lines: list[str], headline: str, evidence: list[str]
) -> None:
    """Each of the fallbacks has its sentence and cites its own events."""
    document = given(*lines).then("2026-01-05")
    assert document["headline"] == headline
    assert cited(document["headline_evidence"]) == evidence


@for_all(told=events(TOPICS_AND_CORRECTIONS))
def test_no_text_says_none(told: list[Event]) -> None:
    """What nobody has said is named by its id or left out, never printed as nothing."""
    document = brief(
        fold(told),
        as_of=END,
        known_at=len(told),
        who=known_customer(told),
        customer_id=CUSTOMER,
    )
    assert b"None" not in canonical_json(document)
