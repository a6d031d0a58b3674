"""Calendars are nobody's, and what waits for one is forgotten with whoever waited."""

from __future__ import annotations

from domain.handles import Handle
from projections.queries import Views
from tests.given import at
from tests.projections.world import World

ANN, BOB = "account_no:1", "account_no:2"
BY_CALENDAR = "due_business_days=1 calendar_id=cal"


def test_a_calendar_is_nobodys_whomever_it_names(world: World, views: Views) -> None:
    """Nobody is known by it, and no timeline has an event that the brief does not count."""
    world.show(f"2026-01-01 calendar.defined cal {ANN}")
    brief = views.brief(Handle.parse(ANN), as_of=at("2026-01-02"))
    assert (brief["who"]["match"]["level"], brief["events_considered"]) == ("unknown", 0)
    world.show(f"2026-01-05T15:00 promise.made P-1 {ANN} {BY_CALENDAR}")
    brief = views.brief(Handle.parse(ANN), as_of=at("2026-01-06"))
    assert brief["events_considered"] == len(world.rows("SELECT FROM timeline")) == 1
    assert brief["promises"][0]["due_at"] is not None


def test_whom_a_calendar_names_is_shown_to_nobody_who_is_promised_by_it(
    world: World, views: Views
) -> None:
    """An identifier of somebody else is not known of them, nor anything that it leads to."""
    world.show(
        f"2026-01-05T15:00 promise.made P-1 {ANN} {BY_CALENDAR}",
        f"2026-01-05T16:00 calendar.defined cal {BOB} member_id:5",
    )
    brief = views.brief(Handle.parse(ANN), as_of=at("2026-01-06"))
    assert {name: known["value"] for name, known in brief["known"].items()} == {"account_no": "1"}
    assert brief["promises"][0]["due_at"] is not None


def test_nobody_waits_for_a_calendar_who_is_gone(world: World) -> None:
    """After a merge it is the survivor who waits."""
    waits = "SELECT customer_id::text FROM story_waits"
    world.show(
        f"2026-01-01 order.placed O-1 {ANN}", f"2026-01-02 promise.made P-1 {BOB} {BY_CALENDAR}"
    )
    world.show(f"2026-01-03 identity.customers_merged merge_id=m-1 survivor={ANN} absorbed={BOB}")
    assert world.rows(waits) == [(str(world.keyring.stream_of(Handle.parse(ANN))),)]
    runner = world.runner()
    runner.recreate()
    runner.catch_up()
    assert world.rows(waits) == [(str(world.keyring.stream_of(Handle.parse(ANN))),)]
