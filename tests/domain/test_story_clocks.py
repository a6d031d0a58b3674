"""Publishers' clocks differ: what is told in an odd order of time still comes to the same."""

from typing import Any

import pytest

from tests.given import Given, codes, given, the

AWAITED = """
    2026-03-01 order.placed O-1 account_no:1
    2026-03-01 promise.made P-1 due_at=2026-03-05 \
        fulfilled_when="{event} order:O-1"
"""


def promise(story: Given, as_of: str = "2026-03-09") -> dict[str, Any]:
    """Return the only promise of a story."""
    return the(story.then(as_of), "promises", promise_id="P-1")


@pytest.mark.parametrize(
    ("event", "done", "tied"),
    [
        ("delivery.completed", "delivery.completed D-1", "delivery.dispatched D-1 order:O-1"),
        (
            "delivery.completed",
            "delivery.completed tracking_number:T-1",
            "delivery.dispatched D-1 order:O-1 tracking_number:T-1",
        ),
        (
            "delivery.completed",
            "delivery.completed D-2",
            "order.replacement_sent order:O-1 delivery:D-2 attempt_no=2",
        ),
        ("job.completed", "job.completed J-1", "job.started J-1 order:O-1"),
    ],
)
def test_what_was_done_before_it_is_known_for_which_order_keeps_the_promise(
    event: str, done: str, tied: str
) -> None:
    """The promise was kept when the thing was done, not when somebody said what it belongs to."""
    story = given(AWAITED.format(event=event), f"2026-03-04 {done} #done", f"2026-03-06 {tied}")
    kept = promise(story)
    assert (kept["state"], kept["overdue_s"]) == ("kept", 0)
    assert "done" in [cited["id"] for cited in kept["evidence"]]
    assert codes(story.then("2026-03-09")) == []


def test_what_was_done_before_the_promise_was_made_never_keeps_it() -> None:
    """A parcel delivered last week fulfils nothing that is promised today."""
    story = given(
        "2026-02-27 delivery.completed D-1",
        AWAITED.format(event="delivery.completed"),
        "2026-03-02 delivery.dispatched D-1 order:O-1",
    )
    assert promise(story)["state"] == "broken"


def test_a_contact_that_starts_after_it_has_ended_is_still_the_last() -> None:
    """Its direction is known late; that we cut it off is not lost, and nobody waited for minutes
    less than none.
    """
    brief = given(
        "2026-01-01T10:00 contact.answered c1 agent_id=a1 account_no:1",
        "2026-01-01T10:05 contact.ended c1 ended_by=system",
        "2026-01-01T10:06 contact.started c1",
    ).then("2026-01-02")
    assert codes(brief) == ["LAST_CONTACT_CUT_OFF"]
    assert brief["metrics"]["time_to_answer_s"] == 0
    assert brief["metrics"]["contacts_5d"] == 1


def test_an_earlier_contact_whose_start_comes_late_is_not_the_last() -> None:
    """Of two that have ended, the one that ended later is looked at."""
    brief = given(
        "2026-01-01T10:05 contact.ended c1 ended_by=system account_no:1",
        "2026-01-01T10:10 contact.started c2",
        "2026-01-01T10:20 contact.ended c2 resolution=resolved",
        "2026-01-01T10:30 contact.started c1",
    ).then("2026-01-02")
    assert codes(brief) == []


def test_a_promise_that_was_kept_before_it_was_made_awaits_nothing() -> None:
    """Later events of the kind that it names are no evidence of it."""
    story = given(
        "2026-03-01 promise.kept P-1 account_no:1 #kept",
        "2026-03-02 promise.made P-1 due_at=2026-03-05 "
        'fulfilled_when="delivery.completed order:O-1" #made',
        "2026-03-03 delivery.completed D-1 order:O-1 #delivered",
    )
    assert [cited["id"] for cited in promise(story)["evidence"]] == ["kept", "made"]
    assert promise(story)["state"] == "kept"


def test_what_only_a_later_event_tells_of_is_named_by_its_id() -> None:
    """A promise of which nobody has said what was promised is called by its id."""
    story = given("2026-03-02 promise.rescheduled P-1 due_at=2026-03-05 account_no:1")
    assert story.then("2026-03-03")["headline"] == (
        "Promised by 5 March 2026, 00:00 UTC: promise P-1."
    )
    assert story.then("2026-03-06")["headline"] == (
        "Promise broken: promise P-1 was due on 5 March 2026, 00:00 UTC, 1 day ago."
    )
    refused = story.also("2026-03-03 promise.refused P-1").then("2026-03-06")
    assert "promise P-1 (due on" in refused["headline"]


@pytest.mark.parametrize(
    ("terminal", "earlier"),
    [
        ("delivery.completed D-1", "delivery.scanned D-1 status=exception"),
        ("delivery.completed D-1", "delivery.investigation_opened D-1"),
        ("delivery.completed D-1", "order.replacement_sent order:O-1 delivery:D-2 attempt_no=2"),
        ("issue.resolved I-1", "issue.reopened I-1"),
        ("issue.resolved I-1", "issue.reported I-1 category=not_arrived delivery:D-1"),
        ("promise.kept P-1", "promise.refused P-1"),
        ("promise.kept P-1", "promise.waived P-1"),
        ("promise.kept P-1", "promise.superseded P-1 by_promise_id=P-2"),
        ("promise.kept P-1", "promise.rescheduled P-1 due_at=2026-03-09"),
        ("remedy.delivered R-1", "remedy.declined R-1"),
        ("job.completed J-1", "job.restarted J-1"),
    ],
)
def test_a_terminal_state_is_never_undone_by_what_is_earlier_or_comes_late(
    terminal: str, earlier: str
) -> None:
    """Whether the earlier-timed event arrives before or after it, the end stays the end."""
    begun = """
        2026-03-01T08:00 delivery.dispatched D-1 order:O-1 account_no:1
        2026-03-01T08:00 issue.reported I-1 order:O-1
        2026-03-01T08:00 promise.made P-1 due_at=2026-03-08
        2026-03-01T08:00 remedy.offered R-1 issue:I-1
        2026-03-01T08:00 job.started J-1 order:O-1
    """
    end, before = f"2026-03-03 {terminal}", f"2026-03-02 {earlier}"
    for story in (given(begun, end, before), given(begun, before, end)):
        brief = story.then("2026-03-10")
        states = {
            "delivery": the(brief, "orders", order_id="O-1")["attempts"][0]["state"],
            "issue": the(brief, "issues", issue_id="I-1")["state"],
            "promise": promise(story)["state"],
            "remedy": the(brief, "issues", issue_id="I-1")["remedies"][0]["state"],
            "job": the(brief, "orders", order_id="O-1")["jobs"][0]["state"],
        }
        family = terminal.partition(".")[0]
        expected = {"delivery": "delivered", "issue": "resolved", "promise": "kept"}
        expected |= {"remedy": "delivered", "job": "completed"}
        assert states[family] == expected[family]


def test_events_of_one_moment_stand_by_source_then_sequence_then_position() -> None:
    """The last value told at one time is that of the greatest source, sequence and arrival."""

    def value(*said: tuple[str, str | None, str]) -> object:
        story = given()
        for number, (source, sequence, size) in enumerate(said):
            event: dict[str, Any] = {
                "specversion": "1.0",
                "id": f"e{number}",
                "source": source,
                "type": "toldonce.contact.information_provided.v1",
                "time": "2026-01-01T00:00:00Z",
                "data": {"contact_id": "c1", "facts": [{"field": "size", "value": size}]},
            }
            story = story.arriving(event | ({"sequence": sequence} if sequence else {}))
        return story.then("2026-01-02")["known"]["size"]["value"]

    assert value(("b", None, "last"), ("a", "9", "first")) == "last"
    assert value(("a", "10", "last"), ("a", "9", "first"), ("a", None, "none")) == "last"
    assert value(("a", "7", "first"), ("a", "7", "last")) == "last"
