"""S11: a renewal comes up exactly seven days before the policy ends."""

from tests.given import given

STORY = given(
    """
    2025-10-01 policy.issued PO-1 account_no:4 product="Travel" valid_to=2026-09-30T23:59:59
    2026-09-01 policy.renewal_offered PO-1
    """
)


def kinds(as_of: str) -> list[str]:
    """Return the kinds of what is upcoming."""
    return [ahead["kind"] for ahead in STORY.then(as_of)["upcoming"]]


def test_a_second_too_early_there_is_nothing() -> None:
    """Seven days and one second before the end the renewal is not upcoming."""
    assert kinds("2026-09-23T23:59:58") == []


def test_seven_days_before_the_end_the_renewal_is_upcoming() -> None:
    """From seven days before valid_to until valid_to it stands in the brief."""
    assert kinds("2026-09-23T23:59:59") == ["renewal"]
    (renewal,) = STORY.then("2026-09-23T23:59:59")["upcoming"]
    assert renewal == {
        "kind": "renewal",
        "at": "2026-09-30T23:59:59Z",
        "text": "Policy PO-1 (Travel) ends on 30 September 2026, 23:59:59 UTC, renewal offered.",
        "ref": "policy:PO-1",
    }
    assert kinds("2026-09-30T23:59:59") == ["renewal"]
    assert kinds("2026-10-01T00:00:00") == []


def test_a_renewed_policy_is_not_up_for_renewal() -> None:
    """The new end counts."""
    renewed = STORY.also("2026-09-25 policy.renewed PO-1 valid_to=2027-09-30T23:59:59")
    assert renewed.then("2026-09-26")["upcoming"] == []
