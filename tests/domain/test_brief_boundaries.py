"""Where the rules of the brief turn: the second before, the moment itself, the second after."""

from typing import Any

import pytest

from tests.given import codes, given, the


def issue(document: dict[str, Any]) -> dict[str, Any]:
    """Return the issue I-1 of a brief."""
    return the(document, "issues", issue_id="I-1")


@pytest.mark.parametrize(
    ("found", "raised"),
    [
        ("2026-01-20T09:59:59", False),
        ("2026-01-20T10:00:01", True),
        ("2026-02-19T10:00:00", True),
        ("2026-02-19T10:00:01", False),
    ],
)
def test_coverage_is_found_late_within_thirty_days_after_the_payment(
    found: str, raised: bool
) -> None:
    """Thirty days to the second still count; what was found before the payment does not."""
    story = given(
        "2026-01-20T10:00:00 payment.captured payment:PAY-1 account_no:6",
        f"{found} coverage.eligibility_checked member_id=M-88 account_no:6",
    )
    assert codes(story.then("2026-03-01")) == ["COVERAGE_FOUND_AFTER_PAYMENT"] * raised


@pytest.mark.parametrize(
    ("as_of", "years"),
    [
        ("2024-02-29T12:00:00", 0),
        ("2025-02-28T23:59:59", 0),
        ("2025-03-01T00:00:00", 1),
        ("2028-02-29T11:59:59", 3),
        ("2028-02-29T12:00:00", 4),
    ],
)
def test_who_came_on_a_leap_day_has_an_anniversary_every_year(as_of: str, years: int) -> None:
    """In other years the first of March, in leap years the day itself, to the second."""
    story = given("2024-02-29T12:00:00 service.activated S-1 account_no:1")
    assert story.then(as_of)["who"]["tenure_years"] == years


def test_tenure_is_counted_by_the_same_clock_on_both_ends() -> None:
    """An event told in another time zone is as old as the moment it names."""
    story = given("2025-12-31T20:00-05:00 service.activated S-1 account_no:1")
    assert story.then("2026-12-31T23:00")["who"]["tenure_years"] == 0
    assert story.then("2027-01-01T01:00")["who"]["tenure_years"] == 1


def test_the_newest_answer_is_measured_and_not_the_longest() -> None:
    """From its start to its answer, inbound or outbound; a transfer does not start it anew."""
    story = given(
        """
        2026-01-01T10:00 contact.started c1 account_no:1
        2026-01-01T10:09 contact.answered c1 wait_s=540
        2026-01-02T10:00:00 contact.started c2 direction=outbound account_no:1
        2026-01-02T10:00:07 contact.answered c2 wait_s=7
        2026-01-02T10:05 contact.transferred c2
        2026-01-02T10:06 contact.answered c2 agent_id=a2 wait_s=60
        2026-01-03T10:00 contact.started c3 account_no:1
        """
    )
    assert story.then("2026-01-03T10:01")["metrics"]["time_to_answer_s"] == 7


def test_a_contact_in_which_the_issue_is_reopened_is_a_repeat() -> None:
    """The issue was closed when the contact began and open when it was spoken about."""
    story = given(
        """
        2026-01-01 contact.started c1 issue:I-1 account_no:1
        2026-01-01T01:00 contact.ended c1
        2026-01-02 issue.resolved I-1
        2026-01-03 contact.started c2 issue:I-1 account_no:1
        2026-01-03T00:10 issue.reopened I-1 contact:c2
        2026-01-03T01:00 contact.ended c2
        2026-01-04 contact.started c3 issue:I-1 account_no:1
        2026-01-04T01:00 contact.ended c3
        """
    )
    assert story.then("2026-01-05")["metrics"]["repeat_contacts"] == 2


def test_a_contact_about_two_issues_is_one_repeat() -> None:
    """Contacts are counted, not issues; one that has not ended is not."""
    story = given(
        *(
            f"""
            2026-01-0{day} contact.started c{day} account_no:1
            2026-01-0{day}T00:01 contact.information_provided c{day} issue:I-1
            2026-01-0{day}T00:02 contact.information_provided c{day} issue:I-2
            """
            for day in (1, 2, 3)
        ),
        "2026-01-01T01:00 contact.ended c1",
        "2026-01-02T01:00 contact.ended c2",
    )
    assert story.then("2026-01-04")["metrics"]["repeat_contacts"] == 1


def test_a_field_that_is_asked_twice_in_one_question_is_one_question() -> None:
    """What counts is the field, and whether it was known when it was asked."""
    story = given(
        "2026-01-01 contact.information_provided c1 facts={size: M} account_no:1",
        "2026-01-02 contact.information_requested c2 fields=[size, size]",
    )
    assert story.then("2026-01-03")["metrics"]["redundant_questions"] == 1
    later = story.also("2026-01-01T12:00 contact.information_requested c0 fields=[colour]")
    told = later.also("2026-01-02T12:00 contact.information_provided c2 facts={colour: red}")
    assert told.then("2026-01-03")["metrics"]["redundant_questions"] == 1


def test_a_parcel_sent_before_the_report_is_no_answer_to_it() -> None:
    """Although the issue was mentioned earlier, dispatches count from its report on."""
    story = given(
        "2026-01-01 order.placed O-1 account_no:1",
        "2026-01-02T10:00 contact.started c1 issue:I-1 order:O-1 account_no:1",
        "2026-01-02T10:01 delivery.dispatched D-1 order:O-1",
        "2026-01-02T10:02 issue.reported I-1 order:O-1 contact:c1",
    )
    assert issue(story.then("2026-01-03"))["our_actions"] == 0
    sent = story.also("2026-01-02T10:03 delivery.dispatched D-2 order:O-1")
    assert issue(sent.then("2026-01-03"))["our_actions"] == 1


@pytest.mark.parametrize("told", ["c1", "c1 c1", "c1 c2"])
def test_an_issue_is_told_once_per_contact_whatever_repeats_it(told: str) -> None:
    """Reports and information of one contact are one telling, counted once it has ended."""
    ids = told.split()
    story = given(
        "2026-01-01 issue.reported I-1 contact:c1 account_no:1",
        *(f"2026-01-01T00:0{n} contact.started {c}" for n, c in enumerate(dict.fromkeys(ids))),
        *(f"2026-01-01T00:1{n} contact.information_provided {c} issue:I-1"
          for n, c in enumerate(ids)),
    )  # fmt: skip
    assert issue(story.then("2026-01-02"))["told_count"] == 0
    for number, contact in enumerate(dict.fromkeys(ids), 1):
        story = story.also(f"2026-01-01T02:0{number} contact.ended {contact}")
        assert issue(story.then("2026-01-02"))["told_count"] == number
    assert codes(story.then("2026-01-02")) == ["REPEAT_CONTACT"] * (len(set(ids)) > 1)


def test_internal_events_count_for_the_company_and_are_shown_to_it() -> None:
    """What customers do not see is considered like everything else, and nothing is hidden."""
    document = given(
        "2026-01-01 issue.reported I-1 account_no:1",
        "2026-01-02 issue.diagnosis_recorded I-1 hypothesis=cable",
        "2026-01-03 issue.assigned I-1 owner=team",
    ).then("2026-01-04")
    assert (document["events_considered"], document["events_hidden"]) == (3, 0)
    assert (issue(document)["our_actions"], issue(document)["owner"]) == (2, "team")


@pytest.mark.parametrize(
    ("field", "stale"),
    [
        *((name, True) for name in ("address", "service_address", "email", "phone", "insurer")),
        *((name, True) for name in ("member_id", "allergies", "medications")),
        *((name, False) for name in ("name", "date_of_birth", "modem_serial", "account_no")),
    ],
)
def test_what_changes_with_time_is_confirmed_after_exactly_a_year(field: str, stale: bool) -> None:
    """Volatile fields older than 365 days are confirmed, all others are never asked again."""
    story = given(f"2025-01-01 contact.information_provided c1 facts={{{field}: x}} account_no:1")
    on_the_day, after = story.then("2026-01-01"), story.then("2026-01-01T00:00:01")
    assert field in on_the_day["do_not_ask"]
    assert (field in after["confirm"], field in after["do_not_ask"]) == (stale, not stale)
