"""When each banner is raised, at which severity, and in which order banners stand."""

import pytest

from tests.given import banner, codes, given

CALL = """
    {day} contact.started {id} account_no:1
    {day} contact.information_provided {id} issue:I-1
    {day}T01:00 contact.ended {id} ended_by=customer
"""


def calls(number: int) -> tuple[str, ...]:
    """Tell some calls about one issue, a day each."""
    return tuple(CALL.format(day=f"2026-01-{day:02}", id=f"c{day}") for day in range(1, 1 + number))


@pytest.mark.parametrize(
    ("told", "severities"), [(1, []), (2, ["warning"]), (3, ["critical"]), (4, ["critical"])]
)
def test_repeat_contact_is_a_warning_at_two_and_critical_at_three(
    told: int, severities: list[str]
) -> None:
    """Once told is no repetition."""
    brief = given("2026-01-01 issue.reported I-1 account_no:1", *calls(told)).then("2026-02-01")
    assert [b["severity"] for b in brief["banners"]] == severities


def test_a_resolved_issue_is_repeated_no_more() -> None:
    """The banner is about open issues."""
    story = given("2026-01-01 issue.reported I-1", *calls(3), "2026-01-09 issue.resolved I-1")
    assert codes(story.then("2026-02-01")) == []


@pytest.mark.parametrize(
    ("ended_by", "resolution", "is_cut_off"),
    [
        ("agent", "unresolved", True),
        ("system", "unresolved", True),
        ("agent", "escalated", True),
        ("agent", "resolved", False),
        ("customer", "unresolved", False),
    ],
)
def test_a_contact_is_cut_off_when_our_side_ended_it_unresolved(
    ended_by: str, resolution: str, is_cut_off: bool
) -> None:
    """The customer hanging up is no cut-off, and neither is a solution."""
    brief = given(
        "2026-01-01T10:00 contact.started c1 account_no:1",
        f"2026-01-01T10:10 contact.ended c1 ended_by={ended_by} resolution={resolution}",
    ).then("2026-01-02")
    assert codes(brief) == (["LAST_CONTACT_CUT_OFF"] if is_cut_off else [])


def test_only_the_last_inbound_contact_that_ended_is_looked_at() -> None:
    """A later call that ended well takes the banner away; one that rings or goes out does not."""
    cut = given(
        "2026-01-01T10:00 contact.started c1 account_no:1",
        "2026-01-01T10:10 contact.ended c1 ended_by=system",
    )
    ringing = cut.also("2026-01-02 contact.started c2 account_no:1")
    assert codes(ringing.then("2026-01-03")) == ["LAST_CONTACT_CUT_OFF"]
    called_back = cut.also(
        "2026-01-02 contact.started c3 direction=outbound account_no:1",
        "2026-01-02T01:00 contact.ended c3 resolution=resolved",
    )
    assert codes(called_back.then("2026-01-03")) == ["LAST_CONTACT_CUT_OFF"]
    well = ringing.also("2026-01-02T01:00 contact.ended c2 resolution=resolved")
    assert codes(well.then("2026-01-03")) == []


def test_a_refused_promise_is_shown_until_its_order_is_settled() -> None:
    """Cancelling, refunding or delivering the order settles it; without an order nothing does."""
    refused = given(
        "2026-01-01 order.placed O-1 account_no:1",
        "2026-01-01 promise.made P-1 order:O-1 due_at=2026-02-01",
        "2026-01-02 promise.refused P-1",
    )
    assert codes(refused.then("2026-01-03")) == ["PROMISE_REFUSED"]
    for settled in (
        "order.cancelled O-1",
        "order.refunded O-1 amount=1.00EUR",
        "delivery.completed D-1 order:O-1",
    ):
        assert codes(refused.also(f"2026-01-03 {settled}").then("2026-01-04")) == []
    alone = given("2026-01-01 promise.made P-1 due_at=2026-02-01", "2026-01-02 promise.refused P-1")
    assert codes(alone.then("2026-03-03")) == ["PROMISE_REFUSED"]


def test_a_deadline_is_at_risk_only_while_something_is_still_expected_too_late() -> None:
    """On time to the second is no risk; a finished job or a new time takes it away."""
    order = given(
        "2026-01-01 order.placed O-1 account_no:1",
        "2026-01-01 job.started J-1 order:O-1",
        "2026-01-01 deadline.recorded job:J-1 need_by=2026-01-10",
        "2026-01-02 job.eta_revised J-1 eta=2026-01-10T00:00:01",
    )
    assert codes(order.then("2026-01-03")) == ["DEADLINE_AT_RISK"]
    assert order.then("2026-01-03")["orders"][0]["deadline"]["late_by_s"] == 1
    sooner = order.also("2026-01-03 job.eta_revised J-1 eta=2026-01-10T00:00:00")
    assert codes(sooner.then("2026-01-03")) == []
    assert codes(order.also("2026-01-03 job.completed J-1").then("2026-01-03")) == []
    later = order.also("2026-01-03 deadline.recorded order:O-1 need_by=2026-01-11")
    assert codes(later.then("2026-01-03")) == []


def test_a_deadline_of_a_job_waits_until_its_order_is_known() -> None:
    """The newest one that named the job, unless a newer one named the order itself."""
    needed = given(
        "2026-01-01 order.placed O-1 account_no:7731",
        "2026-01-02 deadline.recorded job:J-1 need_by=2026-01-20 account_no:7731",
        "2026-01-03 deadline.recorded job:J-1 need_by=2026-01-10 account_no:7731",
        "2026-01-04 job.eta_revised J-1 eta=2026-01-11 account_no:7731",
    )
    assert needed.then("2026-01-05")["orders"][-1]["deadline"] is None
    assert all(job["job_id"] == "J-1" for job in needed.then("2026-01-05")["orders"][-1]["jobs"])
    known = needed.also("2026-01-05 job.started J-1 order:O-1")
    (order,) = known.then("2026-01-06")["orders"]
    assert order["deadline"] == {"need_by": "2026-01-10T00:00:00Z", "late_by_s": 86_400}
    assert "DEADLINE_AT_RISK" in {banner["code"] for banner in known.then("2026-01-06")["banners"]}
    newer = needed.also(
        "2026-01-04T12:00 deadline.recorded order:O-1 need_by=2026-01-12",
        "2026-01-05 job.started J-1 order:O-1",
    )
    assert newer.then("2026-01-06")["orders"][0]["deadline"]["late_by_s"] == 0


def test_a_deadline_of_a_job_that_nothing_else_names_shows_no_work() -> None:
    """It says by when, not that anything was begun."""
    needed = given("2026-01-02 deadline.recorded job:J-1 need_by=2026-01-20 account_no:7731")
    assert needed.then("2026-01-05")["orders"] == []


def test_a_parcel_expected_after_the_deadline_puts_it_at_risk() -> None:
    """The latest of jobs and deliveries counts; a replaced parcel is no longer expected."""
    order = given(
        "2026-01-01 order.placed O-1 account_no:1",
        "2026-01-01 deadline.recorded order:O-1 need_by=2026-01-10",
        "2026-01-02 delivery.dispatched D-1 order:O-1 expected_by=2026-01-12",
    )
    assert order.then("2026-01-03")["orders"][0]["deadline"]["late_by_s"] == 2 * 86_400
    replaced = order.also("2026-01-03 order.replacement_sent order:O-1 delivery:D-2 attempt_no=2")
    assert codes(replaced.then("2026-01-03")) == []


def test_a_delivery_is_missing_until_something_is_sent_after_it_was_due() -> None:
    """What was sent before the due time and did not arrive is missing all the same."""
    order = given(
        "2026-01-01 order.placed O-1 account_no:1",
        "2026-01-01 promise.made P-1 due_at=2026-01-05 "
        'fulfilled_when="delivery.completed order:O-1"',
        "2026-01-02 delivery.dispatched D-1 order:O-1",
    )
    assert codes(order.then("2026-01-04")) == []
    assert codes(order.then("2026-01-05")) == ["PROMISE_BROKEN", "DELIVERY_MISSING"]
    sent = order.also("2026-01-06 order.replacement_sent order:O-1 delivery:D-2 attempt_no=2")
    assert codes(sent.then("2026-01-06")) == ["PROMISE_BROKEN"]


def test_an_owner_ends_the_search_for_one() -> None:
    """Disputed responsibility without owner is critical, with an owner it is not."""
    disputed = given("2026-01-01 issue.responsibility_disputed I-1 by=a blames=b account_no:1")
    assert codes(disputed.then("2026-01-02")) == ["NO_OWNER"]
    owned = disputed.also("2026-01-02 issue.assigned I-1 owner=a")
    assert codes(owned.then("2026-01-03")) == []


def test_terms_count_for_the_policy_they_were_disclosed_for() -> None:
    """A disclosure for another policy, or at the moment of the encounter, is none."""
    claim = given(
        "2026-01-10 encounter.completed E-1 account_no:1",
        "2026-01-11 claim.submitted CL-1 encounter:E-1 policy:PO-1",
        "2026-01-12 claim.decided CL-1 adjustments={excess: 10, late: 5}",
    )
    terms = "policy.terms_disclosed {} terms=[excess, late]"
    assert codes(claim.then("2026-01-13")) == ["TERMS_NOT_DISCLOSED"]
    other = claim.also("2026-01-01 " + terms.format("PO-2"))
    assert codes(other.then("2026-01-13")) == ["TERMS_NOT_DISCLOSED"]
    at_once = claim.also("2026-01-10 " + terms.format("PO-1"))
    assert codes(at_once.then("2026-01-13")) == ["TERMS_NOT_DISCLOSED"]
    before = claim.also("2026-01-09 " + terms.format("PO-1"))
    assert codes(before.then("2026-01-13")) == []


def test_a_reversed_merge_is_shown_for_thirty_days() -> None:
    """It is information, and it passes."""
    story = given("2026-01-01 identity.customers_unmerged merge_id=m1 account_no:1")
    (reversed_merge,) = story.then("2026-01-31")["banners"]
    assert (reversed_merge["code"], reversed_merge["severity"]) == ("MERGE_REVERSED", "info")
    assert codes(story.then("2026-01-31T00:00:01")) == []


def test_banners_stand_by_severity_and_then_by_newest_evidence() -> None:
    """A newer warning stands below an older critical banner; newer critical ones come first."""
    story = given(
        """
        2026-01-01 promise.made P-1 due_at=2026-01-02 what=first account_no:1
        2026-01-03 promise.made P-2 due_at=2026-01-04 what=second
        2026-01-05 payment.captured payment:PAY-1
        2026-01-06 coverage.eligibility_checked member_id=M-1
        """
    )
    brief = story.then("2026-01-07")
    assert [b["severity"] for b in brief["banners"]] == ["critical", "critical", "warning"]
    assert [b["text"].split(" was ")[0] for b in brief["banners"]][:2] == [
        "Promise broken: second",
        "Promise broken: first",
    ]
    assert brief["headline"] == brief["banners"][0]["text"]


def test_a_tie_is_decided_by_the_order_of_the_contract() -> None:
    """At the same severity and evidence the broken promise stands before what follows from it."""
    story = given(
        "2026-01-01 order.placed O-1 account_no:1",
        "2026-01-01 promise.made P-1 due_at=2026-01-02 "
        'fulfilled_when="delivery.completed order:O-1"',
    )
    brief = story.then("2026-01-03")
    assert codes(brief) == ["PROMISE_BROKEN", "DELIVERY_MISSING"]
    assert banner(brief, "DELIVERY_MISSING")["text"] == (
        "Order O-1 has not arrived: it was due on 2 January 2026, 00:00 UTC and nothing has been "
        "sent since."
    )
