"""S7: "Account number? Can't you just look it up?" """

from tests.given import given, possible_customers

STORY = given(
    """
    2025-11-03 identity.identifier_linked a=phone:+17175550142 b=account_no:LAB-48213
    2026-03-09T14:00:00 contact.started c1 phone:+17175550142
    2026-03-09T14:00:33 contact.answered c1 agent_id=a1 wait_s=33
    """
)


def test_the_account_number_is_known_when_the_call_is_answered() -> None:
    """The number that a phone was linked to is known and not asked."""
    brief = STORY.then("2026-03-09T14:00:33")
    assert brief["known"]["account_no"]["value"] == "LAB-48213"
    assert brief["metrics"]["time_to_answer_s"] == 33
    assert "account_no" in brief["do_not_ask"]


def test_eight_customers_behind_one_phone_are_a_maybe_without_a_single_fact() -> None:
    """Until one is confirmed the brief gives their number and nothing personal."""
    shared = possible_customers(8, "phone:+17175550142")
    brief = STORY.then("2026-03-09T14:00:33", who=shared)
    assert brief["who"] == {
        "match": {
            "level": "maybe",
            "by": [{"type": "phone", "value": "+17175550142"}],
            "candidates": 8,
        },
        "name": None,
        "customer_since": None,
        "tenure_years": None,
        "segments": [],
        "identifiers": [],
    }
    assert brief["customer_id"] is None
    assert brief["known"] == {}
    assert [brief[s] for s in ("issues", "promises", "orders", "last_contacts")] == [[]] * 4
    (uncertain,) = brief["banners"]
    assert (uncertain["code"], uncertain["severity"]) == ("MATCH_UNCERTAIN", "warning")
    assert "8 customers" in uncertain["text"]
    assert "LAB-48213" not in str(brief)


def test_one_confirmed_customer_is_known_again() -> None:
    """After the agent confirmed the link the facts are there."""
    confirmed = STORY.also(
        "2026-03-09T14:01 identity.identifier_linked a=phone:+17175550142 b=account_no:LAB-48213 "
        "method=agent_confirmed"
    )
    brief = confirmed.then("2026-03-09T14:02")
    assert brief["who"]["match"]["level"] == "known"
    assert brief["known"]["account_no"]["value"] == "LAB-48213"
    assert brief["banners"] == []
