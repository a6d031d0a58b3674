"""S13: terms that nobody disclosed, and a promise in business days over Easter."""

from typing import Any

from tests.given import banner, codes, given, the

CLAIM = """
    2026-01-05 policy.issued PO-1 account_no:13 valid_to=2026-12-31
    2026-02-01T09:00 encounter.completed EN-1 account_no:13 condition_code=J01
    2026-02-02T09:00 claim.submitted CL-1 encounter:EN-1 policy:PO-1
    2026-02-10T09:00 claim.decided CL-1 outcome=reduced adjustments={no_preauthorization: -20}
"""
DISCLOSED = "policy.terms_disclosed PO-1 terms=[no_preauthorization] channel=letter"
EASTER = "2026-01-01 calendar.defined office closed_dates=[2026-04-03, 2026-04-06]"
NO_HOLIDAYS = "2026-01-01 calendar.defined office closed_dates=[]"
REVIEW = """
    2026-02-01T09:00 encounter.completed EN-1 account_no:13 condition_code=J01
    2026-03-01T09:00 encounter.completed EN-2 account_no:13 condition_code=J01
    2026-04-01T09:00 encounter.completed EN-3 account_no:13 condition_code=J01
    2026-04-02T15:00-04:00 claim.review_opened CL-3 encounter:EN-3 occurrence_no=3
    2026-04-02T15:00-04:00 promise.made P-13 what="The result of the review" claim:CL-3 \
        due_business_days=2 calendar_id=office
"""


def promise(calendar: str, as_of: str) -> dict[str, Any]:
    """Return the promise of the review as counted by a calendar."""
    return the(given(calendar, REVIEW).then(as_of), "promises", promise_id="P-13")


def test_an_adjustment_for_undisclosed_terms_is_critical() -> None:
    """The banner names the reason and the percentage, and cites the decision and the encounter."""
    brief = given(CLAIM).then("2026-02-11")
    assert codes(brief) == ["TERMS_NOT_DISCLOSED"]
    undisclosed = banner(brief, "TERMS_NOT_DISCLOSED")
    assert undisclosed["severity"] == "critical"
    assert "no preauthorization (-20 %)" in undisclosed["text"]
    assert [cited["id"] for cited in undisclosed["evidence"]] == ["e2", "e4"]


def test_terms_disclosed_before_the_encounter_are_disclosed() -> None:
    """With the disclosure before it there is no banner, after it there is."""
    before = given(CLAIM, f"2026-01-06 {DISCLOSED}")
    assert codes(before.then("2026-02-11")) == []
    after = given(CLAIM, f"2026-02-03 {DISCLOSED}")
    assert codes(after.then("2026-02-11")) == ["TERMS_NOT_DISCLOSED"]


def test_two_business_days_over_easter_end_on_wednesday_at_closing_time() -> None:
    """Good Friday and Easter Monday are closed, so Thursday plus two is Wednesday 17:00."""
    assert promise(EASTER, "2026-04-03")["due_at"] == "2026-04-08T21:00:00Z"


def test_with_no_closed_dates_they_end_on_monday() -> None:
    """The same promise without holidays is due on 2026-04-06 at 17:00."""
    assert promise(NO_HOLIDAYS, "2026-04-03")["due_at"] == "2026-04-06T21:00:00Z"


def test_the_morning_after_it_is_sixteen_hours_overdue() -> None:
    """At 09:00 the next day the promise is broken by 57,600 seconds."""
    broken = promise(EASTER, "2026-04-09T09:00-04:00")
    assert (broken["state"], broken["overdue_s"]) == ("broken", 57_600)


def test_a_calendar_is_nobodys_event() -> None:
    """Defining a calendar is not counted, and a late definition still gives the due time."""
    story = given(REVIEW, "2026-04-03 calendar.defined office closed_dates=[2026-04-03]")
    brief = story.then("2026-04-04")
    assert brief["events_considered"] == len(story.events) - 1
    assert the(brief, "promises", promise_id="P-13")["due_at"] == "2026-04-07T21:00:00Z"
    undefined = the(given(REVIEW).then("2026-04-04"), "promises", promise_id="P-13")
    assert (undefined["due_at"], undefined["state"], undefined["overdue_s"]) == (None, "open", 0)


def test_a_later_calendar_does_not_move_what_was_promised() -> None:
    """Next year's closed dates serve next year's promises."""
    later = given(EASTER, REVIEW, "2026-04-07 calendar.defined office closed_dates=[2027-01-01]")
    (again,) = later.then("2026-04-07")["promises"]
    assert again["due_at"] == "2026-04-08T21:00:00Z"
