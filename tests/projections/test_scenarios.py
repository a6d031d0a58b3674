"""The scenarios of the contract come, through the log and the views, to the same numbers."""

from __future__ import annotations

from typing import Any

import pytest

from domain.event import Event
from domain.events import CalendarDefined
from domain.handles import Handle
from projections.queries import Views
from tests.domain.scenarios import (
    test_s01_nine_calls,
    test_s02_software_within_a_day,
    test_s03_late_scan,
    test_s04_finger_pointing,
    test_s05_time_sheet,
    test_s06_benefits_after_payment,
    test_s08_lens,
    test_s09_cut_off,
    test_s10_car_service,
    test_s11_renewal,
    test_s12_other_office,
    test_s13_travel_insurance,
    test_s14_reordered_parcel,
)
from tests.given import Given, at, codes, given, known_customer, the
from tests.projections.world import World

S13 = given(
    test_s13_travel_insurance.EASTER,
    test_s13_travel_insurance.CLAIM,
    test_s13_travel_insurance.REVIEW,
)
STORIES = {
    "s01": test_s01_nine_calls.STORY,
    "s02": test_s02_software_within_a_day.PUT_RIGHT,
    "s03": test_s03_late_scan.LATE,
    "s04": test_s04_finger_pointing.STORY,
    "s05": test_s05_time_sheet.CORRECTED,
    "s06": test_s06_benefits_after_payment.STORY,
    "s08": test_s08_lens.PUT_RIGHT,
    "s09": test_s09_cut_off.STORY,
    "s10": test_s10_car_service.CALLED,
    "s11": test_s11_renewal.STORY,
    "s12": test_s12_other_office.STORY,
    "s13": S13,
    "s14": test_s14_reordered_parcel.DISPATCHED.also(*test_s14_reordered_parcel.ARRIVALS),
}
WITH_MATCH = ("customer_id", "who")


def whom(story: Given) -> Handle:
    """Return an identifier of the customer of a story."""
    return known_customer(story.events).by[0]


def brief_of(views: Views, story: Given, as_of: str) -> dict[str, Any]:
    """Return the brief of the customer of a story, by all that the views know."""
    return views.brief(whom(story), as_of=at(as_of))


def without_match(brief: dict[str, Any]) -> dict[str, Any]:
    """Leave out what only the identity view knows."""
    who = {
        name: value for name, value in brief["who"].items() if name not in ("match", "identifiers")
    }
    return {**brief, "customer_id": None, "who": who}


@pytest.mark.parametrize("name", STORIES)
def test_every_moment_of_a_scenario_reads_as_the_rules_say(
    world: World, views: Views, name: str
) -> None:
    """At the time of each event the brief from the views is the brief of the pure fold."""
    story = STORIES[name]
    world.append(story.raw)
    world.runner(page_entries=3).catch_up()
    for event in story.events:
        as_of = event.time.isoformat()
        assert without_match(brief_of(views, story, as_of)) == without_match(story.then(as_of)), (
            as_of
        )


@pytest.mark.parametrize("name", STORIES)
def test_a_scenario_told_event_by_event_is_the_same(world: World, views: Views, name: str) -> None:
    """Whenever all that arrived is known to be the customer's, the brief is that of all of it."""
    runner = world.runner()
    story = STORIES[name]
    latest = max(event.time for event in story.events).isoformat()
    compared_at = 0
    for raw in story.raw:
        world.append([raw])
        position = runner.catch_up()
        told = [event for event in story.events[:position] if not is_calendar(event)]
        if told and len(world.rows("SELECT FROM timeline")) == len(told):
            expected = without_match(story.then(latest, known_at=position))
            assert without_match(brief_of(views, story, latest)) == expected, position
            compared_at = position
    assert compared_at == len(story.events)


def is_calendar(event: Event) -> bool:
    """Say whether an event defines a calendar, which belongs to nobody."""
    return isinstance(event.data, CalendarDefined)


def test_s1_the_tenth_call_finds_everything_that_was_told_nine_times(
    world: World, views: Views
) -> None:
    """Match, tenure, tellings, contacts and questions have the numbers of the contract."""
    story = test_s01_nine_calls.STORY
    world.append(story.raw)
    world.runner(page_entries=7).catch_up()
    brief = views.brief(Handle("phone", "+17175550142"), as_of=at("2009-12-01T13:00"))
    assert brief["who"]["match"] == {
        "level": "known",
        "by": [{"type": "phone", "value": "+17175550142"}],
        "candidates": 1,
    }
    assert brief["who"]["tenure_years"] == 17
    issue = the(brief, "issues", issue_id="I-1")
    assert (issue["told_count"], issue["our_actions"], issue["state"]) == (9, 0, "open")
    metrics = brief["metrics"]
    assert (metrics["contacts_5d"], metrics["repeat_contacts"]) == (9, 8)
    assert (metrics["distinct_agents"], metrics["redundant_questions"]) == (9, 0)
    told = {"account_no", "service_address", "modem_serial", "symptom"}
    assert told <= set(brief["do_not_ask"])
    assert codes(brief) == ["REPEAT_CONTACT"]
    assert brief["banners"][0]["severity"] == "critical"
    world.tell("2009-12-01T13:02 contact.information_requested c10 fields=[account_no]")
    world.runner().catch_up()
    asked = brief_of(views, story, "2009-12-01T13:02")
    assert asked["metrics"]["redundant_questions"] == 1


def test_s2_the_broken_promise_stands_above_everything(world: World, views: Views) -> None:
    """Broken by 190,800 s before the vendor says hello; kept too late once the delivery arrives."""
    story = test_s02_software_within_a_day.STORY
    world.append(story.raw)
    world.runner().catch_up()
    brief = brief_of(views, story, "2026-03-05T15:00")
    promise = the(brief, "promises", promise_id="P-2")
    assert (promise["state"], promise["overdue_s"]) == ("broken", 190_800)
    assert promise["due_at"] == "2026-03-03T10:00:00Z"
    assert the(brief, "orders", order_id="O-2")["attempts"] == []
    assert codes(brief) == ["PROMISE_BROKEN", "DELIVERY_MISSING"]
    assert brief["headline"] == brief["banners"][0]["text"]
    world.append(test_s02_software_within_a_day.PUT_RIGHT.raw)
    world.runner().catch_up()
    put_right = brief_of(views, story, "2026-03-06T12:00")
    assert the(put_right, "promises", promise_id="P-3")["state"] == "kept"
    assert the(put_right, "promises", promise_id="P-2")["state"] == "kept_late"


def test_s9_the_next_agent_sees_who_ended_the_last_call(world: World, views: Views) -> None:
    """A customer known by a telephone alone: cut off after 60 s of menu and 1800 s of waiting."""
    story = test_s09_cut_off.STORY
    world.append(story.raw)
    world.runner().catch_up()
    brief = brief_of(views, story, "2026-02-03T10:40")
    assert codes(brief) == ["LAST_CONTACT_CUT_OFF"]
    assert (brief["metrics"]["ivr_s"], brief["metrics"]["wait_s_total"]) == (60, 1800)
    assert brief["last_contacts"][0]["agents"] == ["a77"]


def test_s14_the_parcel_is_delivered_at_every_step(world: World, views: Views) -> None:
    """Completed first, scans late and early, completed again: three stored, one duplicate."""
    runner = world.runner()
    story = test_s14_reordered_parcel.DISPATCHED
    world.append(story.raw)
    outcomes = []
    for arrival in test_s14_reordered_parcel.ARRIVALS:
        story = story.also(arrival)
        outcomes += [kept.outcome for kept in world.append(story.raw[-1:])]
        runner.catch_up()
        (order,) = brief_of(views, story, "2026-01-15")["orders"]
        assert [attempt["state"] for attempt in order["attempts"]] == ["delivered"]
    assert outcomes == ["stored", "stored", "stored", "duplicate"]
    late = world.rows("SELECT event_id FROM timeline WHERE is_late ORDER BY position")
    assert late == [("early",)]
