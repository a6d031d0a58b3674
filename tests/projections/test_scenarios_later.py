"""The scenarios that ask again: what was late, corrected or confirmed, and what was known before.

They go through the log and the views, with exactly the numbers of the contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from domain.brief import canonical_json
from domain.handles import Handle
from domain.story.visits import ReportedTime, reported_times
from projections.queries import Views
from projections.timeline.pages import TimelineQuery
from tests.domain.scenarios import test_s03_late_scan as s03
from tests.domain.scenarios import test_s05_time_sheet as s05
from tests.given import at, banner, codes, the
from tests.projections.world import World

PHONE = Handle("phone", "+17175550142")
ANSWERED = at("2026-03-09T14:00:33")
CALL = """
    2026-03-09T14:00:00 contact.started c1 phone:+17175550142
    2026-03-09T14:00:33 contact.answered c1 agent_id=a1 wait_s=33
"""


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the reading side of a world."""
    views = Views(world.url, world.keyring)
    yield views
    views.close()


def test_s3_a_late_scan_stands_in_the_past_and_changes_no_brief_of_before(
    world: World, views: Views
) -> None:
    """Before I-5 in the timeline, cited with it, and byte-identical for what was known before."""
    card = Handle("loyalty_card", "L-5")
    runner = world.runner()
    world.append(s03.STORY.raw)
    head = runner.catch_up()
    moment = at("2026-05-22T10:00")
    before = views.brief(card, as_of=moment)
    attempts = [a["state"] for a in the(before, "orders", order_id="O-5")["attempts"]]
    assert attempts == ["presumed_lost", "under_investigation", "in_transit"]
    assert (before["orders"][0]["delivered"], before["issues"][0]["told_count"]) == (False, 2)
    world.append(s03.LATE.raw[len(s03.STORY.raw) :])
    assert runner.catch_up() == head + 1
    customer = views.look_up(card).customer_id
    assert customer is not None
    ids = [row.event_id for row in views.timeline(TimelineQuery(customer)).rows]
    assert ids.index("scan") == ids.index("missed") - 2
    conflict = banner(views.brief(card, as_of=at("2026-05-23T09:00")), "EVIDENCE_CONFLICT")
    assert [cited["id"] for cited in conflict["evidence"]] == ["scan", "missed"]
    again = views.brief(card, as_of=moment, known_at=head)
    assert canonical_json(again) == canonical_json(before)


def test_s5_a_corrected_camera_is_believed_from_when_it_was_corrected(
    world: World, views: Views
) -> None:
    """270 of 540 minutes unsupported, then 220; what was known before stays; all events remain."""
    account = Handle("account_no", "3")
    runner = world.runner()
    world.append(s05.STORY.raw)
    head = runner.catch_up()
    before = views.brief(account, as_of=at("2026-04-04"))
    assert "540 minutes, camera and supervisor observed 270 minutes, 270" in before["headline"]
    world.append(s05.CORRECTED.raw[len(s05.STORY.raw) :])
    runner.catch_up()
    after = views.brief(account, as_of=at("2026-04-04"))
    assert "540 minutes, camera and supervisor observed 320 minutes, 220" in after["headline"]
    assert after["events_considered"] == before["events_considered"] + 1
    again = views.brief(account, as_of=at("2026-04-04"), known_at=head)
    assert canonical_json(again) == canonical_json(before)


def test_s5_observers_are_joined_where_they_overlap() -> None:
    """The union counts a minute once, however many saw it, and nothing outside the claim."""
    story = s05.STORY.also(
        "2026-04-01T19:00 visit.presence_observed V-1 observer=badge "
        "start=2026-04-01T16:30 end=2026-04-01T19:00"
    )
    time: ReportedTime = reported_times(story.story("2026-04-04").visits.by_id["V-1"])[0]
    assert (time.observed_union_min, time.unsupported_min) == (300, 240)


def test_s7_the_account_number_is_known_when_the_call_is_answered(
    world: World, views: Views
) -> None:
    """Linked once, by whatever way the call came in: 33 seconds, and the number is not asked."""
    world.tell(
        "2025-11-03 identity.identifier_linked a=phone:+17175550142 b=account_no:LAB-48213", CALL
    )
    world.runner().catch_up()
    brief = views.brief(PHONE, as_of=ANSWERED)
    assert brief["who"]["match"]["level"] == "known"
    assert brief["known"]["account_no"]["value"] == "LAB-48213"
    assert brief["metrics"]["time_to_answer_s"] == 33
    assert "account_no" in brief["do_not_ask"]


def test_s7_one_of_eight_is_known_once_an_agent_has_confirmed_the_link(
    world: World, views: Views
) -> None:
    """Maybe with eight candidates and nothing known; then that one with all that is theirs."""
    runner = world.runner()
    for number in range(8):
        world.tell(
            f"2026-01-0{number + 1} registration.completed account_no:LAB-{number}"
            f" phone:+17175550142 facts={{name: Person {number}}}"
        )
    world.tell(CALL)
    head = runner.catch_up()
    shared = views.brief(PHONE, as_of=ANSWERED)
    assert shared["who"]["match"] == {
        "level": "maybe",
        "by": [{"type": "phone", "value": PHONE.value}],
        "candidates": 8,
    }
    assert (shared["known"], codes(shared)) == ({}, ["MATCH_UNCERTAIN"])
    assert b"Person" not in canonical_json(shared)
    world.tell(
        "2026-03-09T14:01 identity.identifier_linked a=phone:+17175550142 b=account_no:LAB-3"
        " method=agent_confirmed"
    )
    runner.catch_up()
    known = views.brief(PHONE, as_of=ANSWERED + timedelta(minutes=1))
    assert (known["who"]["match"]["level"], known["who"]["name"]) == ("known", "Person 3")
    assert known["known"]["account_no"]["value"] == "LAB-3"
    assert others_in(known) == []
    again = views.brief(PHONE, as_of=ANSWERED, known_at=head)
    assert canonical_json(again) == canonical_json(shared)


def others_in(brief: dict[str, Any]) -> list[int]:
    """Return which of the seven others a brief says anything about."""
    text = canonical_json(brief).decode()
    return [n for n in range(8) if n != 3 and (f"Person {n}" in text or f"LAB-{n}" in text)]
