"""S6: the customer pays, and sixteen minutes later the benefits are found."""

from tests.given import banner, codes, given

STORY = given(
    """
    2026-01-20T10:00 payment.captured payment:PAY-1 account_no:6 amount=250.00USD
    2026-01-20T10:01 contact.started c1 account_no:6 direction=outbound
    2026-01-20T10:07 contact.answered c1 agent_id=p1 wait_s=360
    2026-01-20T10:08 contact.transferred c1 to_queue=benefits
    2026-01-20T10:12 contact.answered c1 agent_id=p2 wait_s=240
    2026-01-20T10:15 contact.ended c1 ended_by=customer resolution=resolved
    2026-01-20T10:16 coverage.eligibility_checked purpose=discovery result=active member_id=M-88 \
        payer=Payer account_no:6
    """
)


def test_waits_and_agents_of_a_transferred_call_add_up() -> None:
    """Both waits and both agents count."""
    metrics = STORY.then("2026-01-20T10:20")["metrics"]
    assert metrics["wait_s_total"] == 600
    assert metrics["distinct_agents"] == 2
    assert metrics["contacts_5d"] == 0


def test_coverage_that_was_found_too_late_is_a_banner() -> None:
    """The banner cites the payment and the discovery."""
    brief = STORY.then("2026-01-20T10:20")
    assert codes(brief) == ["COVERAGE_FOUND_AFTER_PAYMENT"]
    found = banner(brief, "COVERAGE_FOUND_AFTER_PAYMENT")
    assert found["text"] == (
        "Coverage (Payer), member M-88, was found on 20 January 2026, 10:16 UTC, after the "
        "customer had paid 250.00 USD on 20 January 2026, 10:00 UTC."
    )
    assert [cited["id"] for cited in found["evidence"]] == ["e1", "e7"]


def test_a_discovery_long_after_the_payment_or_without_result_raises_nothing() -> None:
    """Thirty days after the payment the discovery is no news about it, and neither is a no."""
    paid = given("2026-01-20T10:00 payment.captured payment:PAY-1 account_no:6")
    late = paid.also("2026-02-19T10:01 coverage.eligibility_checked member_id=M-88 account_no:6")
    assert codes(late.then("2026-02-20")) == []
    no = paid.also("2026-01-21 coverage.eligibility_checked result=not_found account_no:6")
    assert codes(no.then("2026-02-20")) == []


def test_the_member_id_is_not_asked_two_days_later() -> None:
    """What the check found is known."""
    brief = STORY.then("2026-01-22T10:16")
    assert "member_id" in brief["do_not_ask"]
    assert brief["known"]["member_id"]["value"] == "M-88"
