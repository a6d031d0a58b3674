"""S8: the lens that failed its inspection, and what was done about it."""

from tests.given import banner, codes, given, the

STORY = given(
    """
    2026-06-29T10:00 order.placed J-12 account_no:12
    2026-06-29T10:05 job.started W-12 order:J-12 description="Lenses"
    2026-06-29T10:10 promise.made P-12 what="Your lenses" order:J-12 due_at=2026-07-07T17:00
    2026-07-06T09:00 job.inspection_failed W-12 component=OD defect=scratched #failed
    2026-07-06T09:05 job.restarted W-12 #restarted
    2026-07-06T09:06 contact.message_sent account_no:12
    2026-07-06T13:54 contact.started c1 account_no:12
    2026-07-06T13:55 deadline.recorded order:J-12 need_by=2026-07-08T08:00 reason=journey #needed
    2026-07-06T13:58 job.eta_revised W-12 eta=2026-07-09T16:00 #revised
    2026-07-06T13:59 order.refund_requested J-12
    """
)
PUT_RIGHT = STORY.also(
    """
    2026-07-06T14:05 apology.given order:J-12
    2026-07-06T14:06 promise.made P-13 what="The final lenses" order:J-12 due_at=2026-07-20T17:00
    2026-07-06T14:06 promise.superseded P-12 by_promise_id=P-13
    2026-07-06T14:07 remedy.offered R-1 kind=interim what="A pair of interim lenses" order:J-12 \
        completion_promise_id=P-13
    2026-07-06T14:08 remedy.accepted R-1
    2026-07-06T14:10 contact.ended c1 resolution=resolved
    2026-07-07T15:00 remedy.delivered R-1 #interim
    """
)


def test_the_deadline_that_will_be_missed_is_the_headline_with_its_chain() -> None:
    """The banner says by how much and through which chain, and cites each link of it."""
    brief = STORY.then("2026-07-06T14:00:33")
    order = the(brief, "orders", order_id="J-12")
    assert order["deadline"] == {"need_by": "2026-07-08T08:00:00Z", "late_by_s": 115_200}
    assert order["jobs"] == [
        {"job_id": "W-12", "state": "restarted", "eta": "2026-07-09T16:00:00Z"}
    ]
    risk = banner(brief, "DEADLINE_AT_RISK")
    assert risk["severity"] == "critical"
    assert risk["text"] == (
        "Order J-12 is needed by 8 July 2026, 08:00 UTC (journey) but expected on 9 July 2026, "
        "16:00 UTC, 1 day 8 hours too late: inspection failed (OD: scratched), then restarted, "
        "then expected time revised."
    )
    cited = [c["id"] for c in risk["evidence"]]
    assert cited == ["failed", "restarted", "needed", "revised"]
    assert brief["headline"] == risk["text"]


def test_the_interim_lens_meets_the_deadline() -> None:
    """Once the interim is delivered nothing is at risk, and the new promise replaces the old."""
    assert "DEADLINE_AT_RISK" in codes(PUT_RIGHT.then("2026-07-06T15:00"))
    brief = PUT_RIGHT.then("2026-07-07T15:00")
    assert codes(brief) == []
    assert the(brief, "orders", order_id="J-12")["deadline"]["late_by_s"] == 0


def test_the_day_it_falls_due_the_headline_says_what_is_delivered_and_what_is_owed() -> None:
    """The superseded promise is not broken; the one that took its place is due soon."""
    brief = PUT_RIGHT.then("2026-07-20T09:00")
    assert the(brief, "promises", promise_id="P-12")["state"] == "superseded"
    assert the(brief, "promises", promise_id="P-13")["state"] == "due_soon"
    assert brief["headline"] == (
        "Delivered on 7 July 2026, 15:00 UTC: A pair of interim lenses (interim). "
        "Still owed by 20 July 2026, 17:00 UTC: The final lenses."
    )
    assert {"source": "test", "id": "interim"} in brief["headline_evidence"]
