"""Every type of event reads as a sentence, with its facts verbatim."""

import json
from typing import Any

import pytest

from domain.events import EVENT_TYPES
from domain.example import example
from domain.sentences import TEMPLATES, sentence
from domain.sentences.phrases import coded, count, day, duration, listed, moment, spoken
from tests.given import accepted, at, given

UNSAID = {
    "data",  # the whole data of another event stands at that event
    "fulfilled_when",
    "contact_id",  # a timeline shows the events of a contact together
    "message_id",
    "opens",
    "closes",
}
SPOKEN = {"ended_by", "status", "observer", "role"}
CODES = {
    *("category", "channel", "condition", "field", "fields", "hypothesis", "method", "metric"),
    *("outcome", "purpose", "reason", "result", "service", "terms", "type"),
}
"""Members whose values may be codes: these are said as words."""


def said(line: str) -> str:
    """Return the sentence of an event in the compact notation."""
    (event,) = given(line).events
    return sentence(event)


def facts(data: dict[str, Any]) -> set[str]:
    """Return the texts that an event states, codes as words, without times and contract's words."""
    found: set[str] = set()
    for name, value in data.items():
        values = value if isinstance(value, list) else [value]
        if name in UNSAID or name in SPOKEN:
            continue
        for item in values:
            members = item.items() if isinstance(item, dict) else [(name, item)]
            texts = [(member, t) for member, t in members if isinstance(t, str)]
            found.update(spoken(t) if member in CODES else t for member, t in texts)
    return {text for text in found if not text.startswith("2026-")}


def test_every_type_has_a_template() -> None:
    """A new type of event cannot be forgotten."""
    assert set(TEMPLATES) == set(EVENT_TYPES.values())


@pytest.mark.parametrize("topic", EVENT_TYPES)
def test_facts_stand_verbatim_in_the_sentence(topic: str) -> None:
    """Whatever text the event states of itself can be read in its sentence."""
    raw = example(topic)
    text = sentence(accepted(json.dumps(raw).encode()))
    choices = {"inbound", "voice", "agent", "blind", "resolved", "info_received", "shown"}
    missing = {fact for fact in facts(raw["data"]) - choices if fact not in text}
    assert not missing, (text, missing)
    assert not text.endswith(".")
    assert "None" not in text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("2026-01-01 contact.started c1", "Called"),
        ("2026-01-01 contact.started c1 direction=outbound purpose=thanks", "We called: thanks"),
        (
            "2026-01-01 contact.answered c1 agent_id=a77 wait_s=1800",
            "Was put through to a77 after 30 minutes",
        ),
        ("2026-01-01 contact.answered c1 agent_id=a77", "Was put through to a77 at once"),
        (
            "2026-01-01 contact.transferred c1 to_queue=billing to_agent_id=a78",
            "Was transferred to a78 in the queue billing (blind, naming no note)",
        ),
        ("2026-01-01 contact.information_provided c1 issue:I-1", "Gave information for issue I-1"),
        ("2026-01-01 registration.completed location_id=A", "Registered at A"),
        ("2026-01-01 order.placed O-1 items=[]", "Placed order O-1"),
        (
            "2026-01-01 order.cancelled O-1 condition=unopened",
            "Order O-1 was cancelled, condition: unopened",
        ),
        (
            "2026-01-01 feedback.recorded score=9 scale=10",
            "Gave feedback: 9 on the scale 10",
        ),
        (
            "2026-01-01 contact.transferred c1 to_queue=billing",
            "Was transferred to the queue billing (blind, naming no note)",
        ),
        (
            "2026-01-01 contact.information_provided c1 issue:I-1 facts={size: M, brand: Acme}",
            "Told us size M and brand Acme for issue I-1",
        ),
        (
            "2026-01-01 contact.ended c1 ended_by=agent",
            "Ended by the agent: unresolved",
        ),
        (
            "2026-01-01 promise.made P-1 due_within=PT24H what=delivery",
            "We promised within 1 day: delivery (P-1)",
        ),
        (
            "2026-01-01 promise.made P-1 due_business_days=2 calendar_id=office what=answer",
            "We promised within 2 business days of calendar office: answer (P-1)",
        ),
        (
            "2026-01-01 delivery.completed tracking_number:T-1",
            "Parcel T-1 was delivered",
        ),
        (
            "2026-01-01 discount.applied reason=delay percent=10",
            "A discount of 10 % was given: delay",
        ),
        (
            "2026-01-01 contact.information_requested c1 fields=[service_address, account_no]",
            "An agent asked for service address and account no",
        ),
        (
            "2026-01-01 contact.information_provided c1 facts={service_address: 12_a Elm}",
            "Told us service address 12_a Elm",
        ),
        (
            "2026-01-01 contact.ended c1 ended_by=customer resolution=callback_promised",
            "Ended by the customer: callback promised",
        ),
        (
            "2026-01-01 order.cancelled O-1 reason=too_late condition=not_opened",
            "Order O-1 was cancelled, condition: not opened: too late",
        ),
        (
            "2026-01-01 issue.assigned I-1 owner=team_b",
            "Issue I-1 was assigned to team_b",
        ),
    ],
)
def test_sentences_read_as_english(line: str, text: str) -> None:
    """What is not stated is not said, and what is stated is said plainly."""
    assert said(line) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("callback_promised", "callback promised"),
        ("no", "no"),
        ("MDM_4471", "MDM_4471"),
        ("see note_1", "see note_1"),
        ("_x", "_x"),
    ],
)
def test_only_what_is_a_code_is_said_as_one(text: str, words: str) -> None:
    """Prose, and what somebody else numbered, keeps every letter."""
    assert coded(text) == words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (60, "1 minute"),
        (1_803, "30 minutes 3 seconds"),
        (190_800, "2 days 5 hours"),
        (90_061, "1 day 1 hour 1 minute 1 second"),
    ],
)
def test_durations_are_exact(seconds: int, text: str) -> None:
    """Nothing is rounded."""
    assert duration(seconds) == text


def test_moments_days_lists_and_counts() -> None:
    """Moments are in UTC and say so, with seconds where there are some."""
    assert moment(at("2026-03-02T10:00")) == "2 March 2026, 10:00 UTC"
    assert moment(at("2026-03-02T10:00:05")) == "2 March 2026, 10:00:05 UTC"
    assert moment(at("2026-03-02T01:00+02:00")) == "1 March 2026, 23:00 UTC"
    assert day(at("2026-12-31")) == "31 December 2026"
    assert listed([]) == "nothing"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert (count(1, "time"), count(9, "time")) == ("1 time", "9 times")
