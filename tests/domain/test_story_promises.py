"""The states of a promise, and what keeps it."""

from typing import Any

import pytest

from tests.given import Given, given, the

MADE = "2026-03-02T10:00 promise.made P-1 due_at=2026-03-05T10:00 order:O-1 account_no:1"
AWAITING = "2026-03-02T10:00 promise.made P-1 due_at=2026-03-05T10:00 account_no:1 fulfilled_when="


def promise(story: Given, as_of: str) -> dict[str, Any]:
    """Return the promise at a moment."""
    return the(story.then(as_of), "promises", promise_id="P-1")


def state(story: Given, as_of: str) -> tuple[str, int]:
    """Return the state and the overdue seconds of the promise at a moment."""
    found = promise(story, as_of)
    return found["state"], found["overdue_s"]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-03-02T10:00", ("open", 0)),
        ("2026-03-04T09:59:59", ("open", 0)),
        ("2026-03-04T10:00:00", ("due_soon", 0)),
        ("2026-03-05T09:59:59", ("due_soon", 0)),
        ("2026-03-05T10:00:00", ("broken", 0)),
        ("2026-03-05T10:00:01", ("broken", 1)),
        ("2027-03-05T10:00:00", ("broken", 31_536_000)),
    ],
)
def test_time_alone_moves_a_promise_from_open_to_broken(
    as_of: str, expected: tuple[str, int]
) -> None:
    """Due soon is the last 24 hours; broken begins with the due time itself."""
    assert state(given(MADE), as_of) == expected


def test_what_is_done_at_the_due_time_is_kept() -> None:
    """Kept on the second is kept; a second later it is kept late, for ever."""
    in_time = given(MADE, "2026-03-05T10:00:00 promise.kept P-1")
    assert state(in_time, "2026-03-09") == ("kept", 0)
    late = given(MADE, "2026-03-05T10:00:01 promise.kept P-1")
    assert state(late, "2026-03-09") == ("kept_late", 1)


def test_kept_is_never_undone() -> None:
    """Refusals, waivers and other promises after it change nothing."""
    kept = given(MADE, "2026-03-03 promise.kept P-1")
    for later in ("refused P-1", "waived P-1", "superseded P-1 by_promise_id=P-9", "kept P-1"):
        assert state(kept.also(f"2026-03-04 promise.{later}"), "2026-03-09") == ("kept", 0)


def test_a_refused_promise_runs_on_until_it_is_fulfilled_after_all() -> None:
    """Refusing does not stop the clock; doing it in the end does."""
    refused = given(MADE, "2026-03-04 promise.refused P-1")
    assert state(refused, "2026-03-04") == ("refused", 0)
    assert state(refused, "2026-03-05T10:01") == ("refused", 60)
    done = refused.also("2026-03-05T10:02 promise.kept P-1")
    assert state(done, "2026-03-09") == ("kept_late", 120)


def test_what_was_waived_or_replaced_is_not_overdue_any_more() -> None:
    """The overdue seconds stop where the customer let go or another promise took over."""
    waived = given(MADE, "2026-03-05T10:01 promise.waived P-1")
    assert state(waived, "2026-03-09") == ("waived", 60)
    replaced = given(MADE, "2026-03-04 promise.superseded P-1 by_promise_id=P-2")
    assert state(replaced, "2026-03-09") == ("superseded", 0)


def test_a_new_time_counts_once_the_customer_was_told() -> None:
    """A promise is what the customer was told, so an untold change moves nothing."""
    told = given(MADE, "2026-03-04 promise.rescheduled P-1 due_at=2026-03-08T10:00")
    assert state(told, "2026-03-06") == ("open", 0)
    untold = given(MADE, "2026-03-04 promise.rescheduled P-1 due_at=2026-03-08 told_customer=false")
    assert state(untold, "2026-03-05T10:00") == ("broken", 0)


def test_moving_a_broken_promise_does_not_make_it_unbroken() -> None:
    """It is open until the new time, and when it is kept it is kept late."""
    moved = given(MADE, "2026-03-06 promise.rescheduled P-1 due_at=2026-03-08T10:00")
    assert state(moved, "2026-03-06") == ("open", 0)
    kept = moved.also("2026-03-07 promise.kept P-1")
    assert state(kept, "2026-03-09") == ("kept_late", 0)


def test_saying_it_again_does_not_move_the_due_time() -> None:
    """The same promise, re-sent with another time, is still the first one."""
    again = given(MADE, "2026-03-04 promise.made P-1 due_at=2026-04-05T10:00 what=later")
    assert promise(again, "2026-03-04")["due_at"] == "2026-03-05T10:00:00Z"
    assert promise(again, "2026-03-04")["what"] == "What was promised"


@pytest.mark.parametrize(
    ("awaited", "keeping"),
    [
        ("delivery.completed order:O-1", "delivery.completed delivery:D-2"),
        ("delivery.completed delivery:D-1", "delivery.completed delivery:D-2"),
        ("delivery.completed order:O-1", "delivery.completed tracking_number:T-1"),
        ("job.completed order:O-1", "job.completed J-1"),
        ("job.completed job:J-1", "job.completed J-1"),
        ("issue.resolved order:O-1", "issue.resolved I-1"),
        ("remedy.delivered issue:I-1", "remedy.delivered R-1"),
        ("visit.checked_out appointment:A-1", "visit.checked_out V-1"),
        ("claim.decided encounter:E-1", "claim.decided CL-1"),
        ("contact.started account_no:1 outbound", "contact.started c1 direction=outbound"),
        ("contact.started contact:c0", "contact.started c1 previous_contact_id=c0"),
    ],
)
def test_the_awaited_event_keeps_it_wherever_its_reference_leads_there(
    awaited: str, keeping: str
) -> None:
    """A reference leads on: parcel to order, replacement to the replaced, issue to its order."""
    story = given(
        f'{AWAITING}"{awaited}"',
        """
        2026-03-02T11:00 delivery.dispatched D-1 order:O-1 tracking_number:T-1
        2026-03-02T11:01 order.replacement_sent order:O-1 delivery:D-2 attempt_no=2
        2026-03-02T11:02 job.started J-1 order:O-1
        2026-03-02T11:03 issue.reported I-1 order:O-1
        2026-03-02T11:04 remedy.offered R-1 issue:I-1
        2026-03-02T11:05 visit.checked_in V-1 appointment:A-1
        2026-03-02T11:06 claim.submitted CL-1 encounter:E-1
        """,
        f"2026-03-03 {keeping}",
    )
    assert state(story, "2026-03-02T12:00")[0] == "open"
    assert state(story, "2026-03-09") == ("kept", 0)


@pytest.mark.parametrize(
    "other",
    [
        "2026-03-01 delivery.completed D-1 order:O-1",
        "2026-03-03 delivery.completed D-9 order:O-9",
        "2026-03-03 delivery.attempted delivery:D-1 order:O-1",
    ],
)
def test_an_event_of_another_order_or_kind_or_before_it_does_not_keep_it(other: str) -> None:
    """Only the first event of the type after the promise was made fulfils it."""
    story = given(f'{AWAITING}"delivery.completed order:O-1"', other)
    assert state(story, "2026-03-09")[0] == "broken"


def test_the_first_event_counts_and_later_ones_do_not() -> None:
    """A second delivery does not make a promise late that the first one kept."""
    story = given(
        f'{AWAITING}"delivery.completed order:O-1"',
        "2026-03-03 delivery.completed D-1 order:O-1",
        "2026-03-08 delivery.completed D-2 order:O-1",
    )
    assert state(story, "2026-03-09") == ("kept", 0)


def test_the_direction_of_a_contact_holds_for_everything_in_it() -> None:
    """Being answered when we called keeps a promise to reach them, being called does not."""
    story = given(
        f'{AWAITING}"contact.answered account_no:1 outbound"',
        "2026-03-03T10:00 contact.started c1 account_no:1",
        "2026-03-03T10:01 contact.answered c1",
        "2026-03-04T10:00 contact.started c2 direction=outbound account_no:1",
    )
    assert state(story, "2026-03-04T10:00") == ("due_soon", 0)
    answered = story.also("2026-03-04T10:01 contact.answered c2")
    assert state(answered, "2026-03-04T10:01") == ("kept", 0)


def test_a_promise_cites_what_it_rests_on() -> None:
    """The promise, each change of it and what fulfilled it are its evidence."""
    story = given(
        f'{AWAITING}"delivery.completed order:O-1" #made',
        "2026-03-03 promise.rescheduled P-1 due_at=2026-03-06 #moved",
        "2026-03-04 delivery.completed D-1 order:O-1 #done",
    )
    assert [c["id"] for c in promise(story, "2026-03-09")["evidence"]] == ["made", "moved", "done"]


def test_promises_stand_by_how_pressing_they_are() -> None:
    """Broken first, then refused, due soon, open and what is settled; within that by due time."""
    story = given(
        """
        2026-03-01 promise.made kept due_at=2026-03-08
        2026-03-01 promise.made open due_at=2026-05-01
        2026-03-01 promise.made soon due_at=2026-03-09
        2026-03-01 promise.made broken-2 due_at=2026-03-07
        2026-03-01 promise.made broken-1 due_at=2026-03-06
        2026-03-01 promise.made refused due_at=2026-03-06
        2026-03-01 promise.made never due_business_days=1 calendar_id=none
        2026-03-02 promise.refused refused
        2026-03-02 promise.kept kept
        """
    )
    found = [p["promise_id"] for p in story.then("2026-03-08T12:00")["promises"]]
    assert found == ["broken-1", "broken-2", "refused", "soon", "open", "never", "kept"]
