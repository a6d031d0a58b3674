"""Corrections and retractions: of every family, of each other, late, against the clock."""

import json
from typing import Any

import pytest

from domain.events import EVENT_TYPES, CalendarDefined
from domain.example import example
from domain.story import dump, fold
from tests.given import Given, accepted, given
from tests.notation import TOPICS, cloud_event

TOLD = given("2026-01-01 contact.information_provided c1 facts={size: S} account_no:1 #told")


def size(story: Given) -> str | None:
    """Return the size that is known in the end."""
    known = story.then("2026-12-31")["known"].get("size")
    return None if known is None else str(known["value"])


def says(value: str, day: int, *, about: str = "told", id: str = "") -> dict[str, Any]:
    """Return the correction, on a day in January, that another size was told."""
    event = cloud_event(
        f"2026-01-{day:02} event.corrected corrects=#{about}", id=id or f"is-{value}"
    )
    event["data"]["data"] = {"contact_id": "c1", "facts": [{"field": "size", "value": value}]}
    return event


def takes_back(about: str, day: int, *, id: str = "") -> dict[str, Any]:
    """Return the retraction, on a day in January, of an event."""
    return cloud_event(
        f"2026-01-{day:02} event.retracted corrects=#{about}", id=id or f"no-{about}"
    )


@pytest.mark.parametrize(
    "topic", [topic for topic in EVENT_TYPES if EVENT_TYPES[topic] is not CalendarDefined]
)
def test_a_retracted_event_of_any_type_leaves_only_its_count(topic: str) -> None:
    """The story is that of the events that stay, and both are still counted."""
    whole = [json.dumps(example(t) | {"id": t}).encode() for t in EVENT_TYPES]
    events = [accepted(raw)._replace(position=n) for n, raw in enumerate(whole, 1)]
    kept = [event for event in events if event.type != topic]
    statement = cloud_event("2026-12-01 event.retracted corrects=#x", id="no")
    statement["data"]["corrects"] = {"source": events[0].source, "id": topic}
    no = accepted(json.dumps(statement).encode())._replace(position=len(events) + 1)
    story, without = fold([*events, no]), fold([*kept, no])
    assert story.events_considered == without.events_considered + 1
    story.events_considered = without.events_considered
    story.first_at = without.first_at
    assert dump(story) == dump(without)


CORRECTED = [t for t in EVENT_TYPES if t not in map(TOPICS.get, ("calendar.defined",))]


@pytest.mark.parametrize("topic", CORRECTED)
def test_a_corrected_event_of_any_type_is_as_if_it_had_always_read_so(topic: str) -> None:
    """With the corrected data the story is that of the event published with this data."""
    wrong, right = example(topic), example(topic)
    for member in ("reason", "symptom", "what", "owner", "advice", "eta", "valid_to", "queue"):
        if member in right["data"]:
            right["data"][member] = "2027-01-01T00:00:00Z" if member in ("eta", "valid_to") else "x"
    right["data"]["identifiers"] = [{"type": "account_no", "value": "8842"}]
    correction = cloud_event("2026-12-01 event.corrected corrects=#x", id="yes")
    correction["data"] |= {
        "corrects": {"source": wrong["source"], "id": wrong["id"]},
        "data": right["data"],
    }
    corrected, published = (
        [accepted(json.dumps(e).encode())._replace(position=n) for n, e in enumerate(pair, 1)]
        for pair in ((wrong, correction), (right, correction))
    )
    assert dump(fold(corrected)) == dump(fold(published))


def test_the_newest_statement_by_the_worlds_clock_holds() -> None:
    """In whatever order the statements arrive."""
    first, second = says("M", 2), says("L", 3)
    assert size(TOLD.arriving(first, second)) == size(TOLD.arriving(second, first)) == "L"
    assert size(TOLD.arriving(first, takes_back("told", 3))) is None
    assert size(TOLD.arriving(says("M", 4), takes_back("told", 3))) == "M"


def test_a_statement_can_be_corrected_and_taken_back_to_any_depth() -> None:
    """Taking back the taking back of a correction lets it hold again."""
    once = TOLD.arriving(says("M", 2))
    assert size(once) == "M"
    twice = once.arriving(takes_back("is-M", 3))
    assert size(twice) == "S"
    thrice = twice.arriving(takes_back("no-is-M", 4))
    assert size(thrice) == "M"
    assert size(thrice.arriving(takes_back("no-no-is-M", 5))) == "S"


def test_a_correction_can_be_corrected() -> None:
    """The corrected statement is what it should have said, about whatever it should have named."""
    wrong = says("M", 2)
    right = cloud_event("2026-01-03 event.corrected corrects=#is-M", id="fixed")
    right["data"]["data"] = wrong["data"] | {"data": says("XL", 2)["data"]["data"]}
    assert size(TOLD.arriving(wrong, right)) == "XL"
    elsewhere = cloud_event("2026-01-03 event.corrected corrects=#is-M", id="moved")
    elsewhere["data"]["data"] = wrong["data"] | {"corrects": {"source": "test", "id": "other"}}
    assert size(TOLD.arriving(wrong, elsewhere)) == "S"


def test_a_statement_dated_before_what_it_takes_back_still_does() -> None:
    """The clocks of those who correct differ too: a chain in the wrong order of time holds."""
    assert size(TOLD.arriving(says("M", 9), takes_back("is-M", 8))) == "S"
    chain = [says("M", 9), takes_back("is-M", 8), takes_back("no-is-M", 7)]
    assert size(TOLD.arriving(*chain)) == "M"
    assert size(TOLD.arriving(*reversed(chain))) == "M"


def test_statements_in_a_circle_end() -> None:
    """Two that take each other back, and one that takes back itself, stop nothing."""
    circle = TOLD.arriving(takes_back("y", 2, id="x"), takes_back("x", 3, id="y"))
    assert size(circle) == "S"
    assert size(TOLD.arriving(says("M", 2, about="told"), takes_back("z", 3, id="z"))) == "M"


def test_a_correction_that_does_not_fit_its_event_changes_nothing() -> None:
    """What the contract would not take as data of that type is kept, counted and without effect."""
    unfit = cloud_event("2026-01-02 event.corrected corrects=#told", id="unfit")
    unfit["data"]["data"] = {"order_id": "O-1"}
    story = TOLD.arriving(unfit)
    assert size(story) == "S"
    assert story.then("2026-12-31")["events_considered"] == 2


def test_a_correction_holds_from_when_it_was_made() -> None:
    """At a moment before it the brief reads as it did; so it does at a position before it."""
    story = TOLD.arriving(says("M", 5))
    assert story.then("2026-01-04")["known"]["size"]["value"] == "S"
    assert story.then("2026-01-05")["known"]["size"]["value"] == "M"
    assert story.then("2026-01-05", known_at=1)["known"]["size"]["value"] == "S"
