"""S9: a menu, half an hour of waiting, and the agent ends the call."""

from tests.given import banner, codes, given, the

STORY = given(
    """
    2026-02-03T10:00:05 contact.started c1 phone:+17175550142
    2026-02-03T10:01:05 contact.ivr_completed c1 duration_s=60 choices=[2, 1]
    2026-02-03T10:01:05 contact.queued c1 queue=support
    2026-02-03T10:31:05 contact.answered c1 agent_id=a77 wait_s=1800
    2026-02-03T10:32:00 issue.reported I-1 contact:c1 category=no_internet
    2026-02-03T10:35:00 contact.information_requested c1 fields=[agent_name] asked_by=customer
    2026-02-03T10:36:05 contact.ended c1 ended_by=agent resolution=unresolved
    """
)


def test_the_next_agent_sees_that_we_ended_the_last_call() -> None:
    """The cut-off is the headline, with the agent's name that the customer asked for."""
    brief = STORY.then("2026-02-03T10:40")
    assert codes(brief) == ["LAST_CONTACT_CUT_OFF"]
    assert brief["headline"] == (
        "The last call with a77 was ended by our agent on 3 February 2026, 10:36:05 UTC: "
        "unresolved."
    )
    assert banner(brief, "LAST_CONTACT_CUT_OFF")["severity"] == "critical"
    assert brief["metrics"]["ivr_s"] == 60
    assert brief["metrics"]["wait_s_total"] == 1800
    assert brief["metrics"]["time_to_answer_s"] == 1860
    assert the(brief, "last_contacts", contact_id="c1")["agents"] == ["a77"]


def test_what_the_customer_asks_is_no_question_to_the_customer() -> None:
    """A name that the customer wanted is neither missing nor redundant."""
    brief = STORY.then("2026-02-03T10:40")
    assert brief["missing"] == []
    assert brief["metrics"]["redundant_questions"] == 0


def test_a_call_that_still_rings_is_not_the_last_contact() -> None:
    """When the customer rings again, the brief shows the call that was cut off."""
    brief = STORY.also("2026-02-03T10:40 contact.started c2 phone:+17175550142").then(
        "2026-02-03T10:40"
    )
    assert [c["contact_id"] for c in brief["last_contacts"]] == ["c1"]
    assert brief["last_contacts"][0]["agents"] == ["a77"]
