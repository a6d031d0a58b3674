"""The numbers of the brief: what is counted, over which time, and what the segments are."""

import pytest

from tests.given import given, the

CALL = """
    {at} contact.started {id} account_no:1
    {at} contact.answered {id} agent_id={id} wait_s=10
    {at} contact.ended {id}
"""


def call(at: str, id: str) -> str:
    """Tell a call that starts, is answered and ends at one moment."""
    return CALL.format(at=at, id=id)


def test_contacts_of_five_days_are_inbound_and_over() -> None:
    """120 hours to the second; running, outbound and older contacts do not count."""
    story = given(
        call("2026-01-05T12:00:00", "edge"),
        call("2026-01-05T11:59:59", "older"),
        "2026-01-09 contact.started out direction=outbound account_no:1",
        "2026-01-09 contact.ended out",
        "2026-01-10 contact.started running account_no:1",
    )
    assert story.then("2026-01-10T12:00:00")["metrics"]["contacts_5d"] == 1


def test_waits_and_agents_are_those_of_thirty_days() -> None:
    """A contact that started 30 days ago to the second still counts, an older one does not."""
    story = given(call("2026-01-01T12:00:00", "edge"), call("2026-01-01T11:59:59", "older"))
    metrics = story.then("2026-01-31T12:00:00")["metrics"]
    assert (metrics["distinct_agents"], metrics["wait_s_total"]) == (1, 10)


def test_the_wait_of_the_call_in_progress_has_already_happened() -> None:
    """It is added up although the contact does not count yet."""
    story = given(
        "2026-01-01T10:00 contact.started c1 account_no:1",
        "2026-01-01T10:20 contact.answered c1 agent_id=a1 wait_s=1200",
    )
    metrics = story.then("2026-01-01T10:21")["metrics"]
    assert (metrics["wait_s_total"], metrics["contacts_5d"]) == (1200, 0)


def test_an_issue_is_told_once_per_contact_and_only_in_contacts_that_ended() -> None:
    """Telling it twice in a call is once; an outbound or a running call is none."""
    story = given(
        """
        2026-01-01T10:00 contact.started c1 account_no:1
        2026-01-01T10:01 issue.reported I-1 contact:c1
        2026-01-01T10:02 contact.information_provided c1 issue:I-1
        2026-01-01T10:03 contact.ended c1
        2026-01-02T10:00 contact.started c2 direction=outbound account_no:1
        2026-01-02T10:02 contact.information_provided c2 issue:I-1
        2026-01-02T10:03 contact.ended c2
        2026-01-03T10:00 contact.started c3 issue:I-1 account_no:1
        2026-01-03T10:03 contact.ended c3
        2026-01-04T10:00 contact.started c4 account_no:1
        2026-01-04T10:02 contact.information_provided c4 issue:I-1
        """
    )
    issue = the(story.then("2026-01-04T10:02"), "issues", issue_id="I-1")
    assert (issue["told_count"], issue["contacts"]) == (1, 3)
    ended = story.also("2026-01-04T10:03 contact.ended c4").then("2026-01-05")
    assert the(ended, "issues", issue_id="I-1")["told_count"] == 2


def test_a_repeat_contact_is_inbound_after_the_first_while_the_issue_was_open() -> None:
    """Coming back to thank for the solution is no repetition."""
    story = given(
        *(
            f"""
            2026-01-0{day} contact.started c{day} issue:I-1 account_no:1
            2026-01-0{day}T01:00 contact.ended c{day}
            """
            for day in (1, 2, 4)
        ),
        "2026-01-03 issue.resolved I-1",
    )
    assert story.then("2026-01-05")["metrics"]["repeat_contacts"] == 1


@pytest.mark.parametrize(
    "action",
    [
        "issue.diagnosis_recorded I-1 hypothesis=cable",
        "issue.assigned I-1 owner=a",
        "remedy.offered R-1 issue:I-1",
        "remedy.offered R-1 order:O-1",
        "job.inspection_failed J-1",
        "order.replacement_sent order:O-1 delivery:D-2 attempt_no=2",
        "delivery.investigation_opened D-1",
        "delivery.dispatched D-3 order:O-1",
        "visit.service_performed V-1 issue:I-1",
    ],
)
def test_what_the_company_does_about_an_issue_is_counted(action: str) -> None:
    """On the issue itself, or on its order, delivery or job; not before it was reported."""
    story = given(
        "2026-01-01 delivery.dispatched D-1 order:O-1 account_no:1",
        "2026-01-01 job.started J-1 order:O-1",
        "2026-01-02 issue.reported I-1 delivery:D-1",
    )
    before = the(story.then("2026-01-04"), "issues", issue_id="I-1")
    after = the(story.also(f"2026-01-03 {action}").then("2026-01-04"), "issues", issue_id="I-1")
    assert (before["our_actions"], after["our_actions"]) == (0, 1)


@pytest.mark.parametrize(
    "other",
    [
        "apology.given issue:I-1",
        "issue.escalated I-1 to=manager reason=anger",
        "contact.message_sent issue:I-1",
        "job.started J-9 order:O-9",
        "promise.made P-1 issue:I-1 due_at=2026-02-01",
    ],
)
def test_words_are_no_actions(other: str) -> None:
    """Apologies, messages, promises, and work on something else change nothing for the issue."""
    story = given("2026-01-02 issue.reported I-1 account_no:1", f"2026-01-03 {other}")
    issue = the(story.then("2026-01-04"), "issues", issue_id="I-1")
    assert issue["our_actions"] == 0


def test_a_question_is_redundant_only_for_what_was_known_when_it_was_asked() -> None:
    """Each known field of a question counts; answers that come later do not."""
    story = given(
        """
        2026-01-01 contact.information_requested c1 fields=[size, colour] asked_by=form account_no:1
        2026-01-02 contact.information_provided c1 facts={size: M, colour: red}
        2026-01-03 contact.information_requested c2 fields=[size, colour, brand] asked_by=ivr
        2026-01-04 contact.information_requested c2 fields=[size] asked_by=customer
        """
    )
    brief = story.then("2026-01-05")
    assert brief["metrics"]["redundant_questions"] == 2
    assert brief["missing"] == ["brand"]


def test_a_strong_identifier_is_known_as_long_as_it_is_theirs() -> None:
    """A number that was unlinked from the customer is not shown as theirs."""
    story = given("2026-01-01 contact.started c1 phone:+17175550142 account_no:7@shop")
    brief = story.then("2026-01-02")
    assert brief["known"]["account_no"]["value"] == "7"
    assert brief["who"]["identifiers"][0] == {
        "type": "account_no",
        "value": "7",
        "issuer": "shop",
        "verified": False,
    }
    unlinked = given("2026-01-01 contact.started c2 phone:+17175550142")
    who = unlinked.match("2026-01-02")
    assert story.then("2026-01-02", who=who)["known"] == {}


def test_what_an_agent_confirmed_stays_verified_when_it_is_seen_again() -> None:
    """The newest observation is shown, and it is as sure as the surest of the same value."""
    confirmed = given(
        "2026-01-01 identity.identifier_linked a=phone:+17175550142 b=account_no:7",
        "2026-01-02 contact.started c1 phone:+17175550142 account_no:7",
    )
    known = confirmed.then("2026-01-03")["known"]["account_no"]
    assert (known["verified"], known["observed_at"]) == (True, "2026-01-02T00:00:00Z")
    other = confirmed.also("2026-01-03 contact.started c2 account_no:8")
    assert other.then("2026-01-03")["known"]["account_no"]["verified"] is False


@pytest.mark.parametrize(
    ("as_of", "segments", "years"),
    [
        ("2026-01-30T23:59:59", ["new"], 0),
        ("2026-01-31", [], 0),
        ("2026-12-31T23:59:59", [], 0),
        ("2027-01-01", [], 1),
        ("2030-12-31T23:59:59", [], 4),
        ("2031-01-01", ["permanent_client"], 5),
    ],
)
def test_tenure_counts_whole_years_and_makes_segments(
    as_of: str, segments: list[str], years: int
) -> None:
    """New for 30 days, permanent from five years on."""
    who = given("2026-01-01 service.activated S-1 account_no:1").then(as_of)["who"]
    assert (who["segments"], who["tenure_years"]) == (segments, years)


def test_five_completed_visits_and_orders_make_a_permanent_client() -> None:
    """Delivered orders, finished jobs and ended visits count together; open ones do not."""
    four = given(
        """
        2026-01-01 visit.checked_out V-1 account_no:1
        2026-01-01 visit.checked_out V-2
        2026-01-01 delivery.completed D-1 order:O-1
        2026-01-01 job.started J-1 order:O-2
        2026-01-01 job.completed J-1
        2026-01-01 visit.checked_in V-3
        2026-01-01 order.placed O-3
        """
    )
    assert four.then("2026-03-01")["who"]["segments"] == []
    five = four.also("2026-01-02 visit.checked_out V-3")
    assert five.then("2026-03-01")["who"]["segments"] == ["permanent_client"]


def test_an_order_of_two_parcels_is_delivered_with_the_second() -> None:
    """Parcels that were not sent in place of another all have to arrive."""
    story = given(
        "2026-01-01 delivery.dispatched D-1 order:O-1 account_no:1",
        "2026-01-01 delivery.dispatched D-2 order:O-1",
        "2026-01-02 delivery.completed D-1",
    )
    assert the(story.then("2026-01-03"), "orders", order_id="O-1")["delivered"] is False
    both = story.also("2026-01-03 delivery.completed D-2")
    assert the(both.then("2026-01-03"), "orders", order_id="O-1")["delivered"] is True
