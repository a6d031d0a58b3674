"""The fold: every type has its place, order is by time, corrections hold, saving is exact."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from domain.event import order_key
from domain.events import EVENT_TYPES
from domain.story import apply, dump, fold, load, new_story
from domain.story.folding import STEPS, UNCHANGING
from tests.given import Given, given, the
from tests.notation import cloud_event

ROOT = Path(__file__).parents[2]


def known(story: Given, as_of: str = "2026-12-31") -> dict[str, object]:
    """Return the known values by field."""
    return {field: k["value"] for field, k in story.then(as_of)["known"].items()}


TOLD = """
    2026-01-01 contact.information_provided c1 facts={size: S} account_no:1 #told
"""


def correction(size: str, day: int) -> dict[str, Any]:
    """Return the correction, some day in January, that another size was told."""
    event = cloud_event(f"2026-01-{day:02} event.corrected corrects=#told", id=f"to-{size}")
    event["data"]["data"] = {"contact_id": "c1", "facts": [{"field": "size", "value": size}]}
    return event


def test_every_type_of_event_stands_in_the_table() -> None:
    """A new type must be given its steps, or be listed as changing nothing."""
    assert set(STEPS) == set(EVENT_TYPES.values())
    assert {data for data, steps in STEPS.items() if not steps} == set(UNCHANGING)


def test_a_late_event_takes_its_place_in_the_past() -> None:
    """What arrives last is not what counts last."""
    story = given(
        "2026-01-02 contact.information_provided c1 facts={size: M}",
        "2026-01-01 contact.information_provided c1 facts={size: S}",
    )
    assert known(story) == {"size": "M"}


def test_the_story_tells_how_far_it_has_come() -> None:
    """The last key lets whoever applies events see that one is late."""
    story = given("2026-01-02 issue.reported I-1", "2026-01-01 issue.reported I-2")
    early, late = story.events[1], story.events[0]
    folded = new_story()
    apply(folded, early)
    apply(folded, late)
    assert folded.last_key == order_key(late)
    assert order_key(early) < order_key(late)
    assert load(dump(folded)).last_key == order_key(late)


def test_events_at_one_time_stand_by_their_sequence() -> None:
    """Sequences are numbers: 9 comes before 10."""
    line = "2026-01-01 contact.information_provided c1 facts={{size: {}}} #{}"
    ninth = {**cloud_event(line.format("S", "e9"), id="e9"), "sequence": "9"}
    tenth = {**cloud_event(line.format("M", "e10"), id="e10"), "sequence": "10"}
    assert known(Given().arriving(tenth, ninth)) == {"size": "M"}


def test_a_retracted_event_has_no_effect_and_stays_counted() -> None:
    """Its facts are gone; both events are considered."""
    story = given(TOLD, "2026-01-02 event.retracted corrects=#told")
    assert known(story) == {}
    assert story.then("2026-12-31")["events_considered"] == 2


def test_a_statement_that_was_retracted_says_nothing() -> None:
    """Retracting a retraction brings the event back."""
    story = given(
        TOLD,
        "2026-01-02 event.retracted corrects=#told #undone",
        "2026-01-03 event.retracted corrects=#undone",
    )
    assert known(story)["size"] == "S"


def test_the_newest_correction_holds() -> None:
    """A second correction of the same event replaces the first, whatever arrives when."""
    first, second = correction("M", day=2), correction("L", day=3)
    assert known(given(TOLD).arriving(first, second))["size"] == "L"
    assert known(given(TOLD).arriving(second, first))["size"] == "L"


def test_a_correction_keeps_the_time_of_what_it_corrects() -> None:
    """The corrected value is as old as the event, not as the correction."""
    brief = given(TOLD).arriving(correction("M", day=5)).then("2026-12-31")
    assert brief["known"]["size"]["observed_at"] == "2026-01-01T00:00:00Z"
    assert brief["known"]["size"]["evidence"] == [{"source": "test", "id": "told"}]


def test_a_correction_that_does_not_fit_the_event_changes_nothing() -> None:
    """Data of another shape cannot replace what was said."""
    story = given(TOLD, "2026-01-02 event.corrected corrects=#told data={visit_id: V-1}")
    assert known(story)["size"] == "S"


def test_a_late_scan_never_undoes_a_delivery() -> None:
    """Whatever is scanned, missed or investigated after delivery, it stays delivered."""
    story = given(
        """
        2026-01-01 delivery.dispatched D-1 order:O-1
        2026-01-02 delivery.completed D-1
        2026-01-03 delivery.scanned D-1 status=exception
        2026-01-03 delivery.attempted D-1
        2026-01-03 delivery.investigation_opened D-1
        2026-01-03 issue.reported I-1 delivery:D-1 category=not_arrived
        2026-01-04 order.replacement_sent order:O-1 delivery:D-2 attempt_no=2
        """
    )
    order = the(story.then("2026-01-05"), "orders", order_id="O-1")
    assert [a["state"] for a in order["attempts"]] == ["delivered", "in_transit"]


def test_a_resolved_issue_stays_resolved_until_it_is_reopened() -> None:
    """Telling it again does not reopen it, and neither does reporting it again."""
    story = given(
        """
        2026-01-01 issue.reported I-1
        2026-01-02 issue.resolved I-1
        2026-01-03 contact.information_provided c1 issue:I-1
        2026-01-04 issue.reported I-1
        """
    )
    assert the(story.then("2026-01-05"), "issues", issue_id="I-1")["state"] == "resolved"
    reopened = story.also("2026-01-05 issue.reopened I-1")
    assert the(reopened.then("2026-01-05"), "issues", issue_id="I-1")["state"] == "open"


def test_a_saved_story_has_the_same_bytes_in_every_process() -> None:
    """No order of a set, which differs from process to process, gets into what is saved."""
    program = (
        "from tests.domain.scenarios.test_s03_late_scan import LATE\n"
        "from domain.story import dump, fold\n"
        "print(dump(fold(LATE.events)).hex())"
    )
    saved = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(saved) == 1


def test_a_new_story_saves_to_next_to_nothing() -> None:
    """What has its first value is left out, so a story costs what happened in it."""
    assert len(dump(new_story())) < 100
    assert load(b"\x80") == fold([])
