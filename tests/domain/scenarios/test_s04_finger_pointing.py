"""S4: two vendors point at each other, nothing is tested, and the promise is refused."""

from tests.given import banner, codes, given, the

STORY = given(
    """
    2026-02-10T09:00 promise.made P-9 what="Installation" due_at=2026-02-20T17:00 account_no:9
    2026-02-24T09:00 issue.reported I-9 category=does_not_fit account_no:9
    2026-02-25T09:00 issue.responsibility_disputed I-9 by=vendor_a blames=vendor_b
    2026-02-26T09:00 issue.diagnosis_recorded I-9 hypothesis=faulty
    2026-02-26T09:01 issue.diagnosis_recorded I-9 hypothesis=misconfigured
    2026-02-26T09:02 issue.diagnosis_recorded I-9 hypothesis=poor_fit
    2026-02-27T09:00 issue.responsibility_disputed I-9 by=vendor_b blames=vendor_a
    2026-03-02T09:00 promise.refused P-9 issue:I-9 reason="not our fault"
    """
)


def test_the_dispute_shows_both_parties_and_what_nobody_tested() -> None:
    """Both vendors, three untested hypotheses and no owner stand side by side."""
    issue = the(STORY.then("2026-03-04"), "issues", issue_id="I-9")
    assert issue["parties"] == ["vendor_a", "vendor_b"]
    assert issue["hypotheses"] == [
        {"hypothesis": "faulty", "result": "untested"},
        {"hypothesis": "misconfigured", "result": "untested"},
        {"hypothesis": "poor_fit", "result": "untested"},
    ]
    assert issue["owner"] is None


def test_a_refused_promise_and_an_issue_without_owner_are_critical() -> None:
    """The refusal is the newest evidence and so the headline."""
    brief = STORY.then("2026-03-04")
    assert codes(brief) == ["PROMISE_REFUSED", "NO_OWNER"]
    assert the(brief, "promises", promise_id="P-9")["state"] == "refused"
    assert brief["headline"] == (
        "Promise refused on 2 March 2026, 09:00 UTC: Installation "
        "(due on 20 February 2026, 17:00 UTC)."
    )
    assert "vendor_a and vendor_b" in banner(brief, "NO_OWNER")["text"]


def test_an_owner_and_a_resolution_take_the_banners_away() -> None:
    """Assigning the issue names an owner; resolving it settles what was refused."""
    owned = STORY.also("2026-03-04T09:00 issue.assigned I-9 owner=vendor_a")
    assert codes(owned.then("2026-03-05")) == ["PROMISE_REFUSED"]
    settled = owned.also("2026-03-06T09:00 issue.resolved I-9")
    assert codes(settled.then("2026-03-07")) == []
