"""A customer's page: what contradicts itself, what changed, what was known then, all of it."""

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.sites import Site
from tests.pages.windows import opened

GIFT = "customer_id:CU-2210"
VISIT = """
2026-04-01T08:00 registration.completed account_no:VIS-3 facts={name: "Vera Visited"}
2026-04-01T17:00 visit.time_reported V-1 account_no:VIS-3 \
start=2026-04-01T08:00 end=2026-04-01T17:00 #sheet
2026-04-01T18:00 visit.presence_observed V-1 observer=camera \
start=2026-04-01T09:40 end=2026-04-01T14:10 #camera
2026-04-02T09:00 feedback.recorded account_no:VIS-3 comment="not ours" #feedback
2026-04-03T09:00 event.corrected corrects=#camera account_no:VIS-3 \
data={visit_id: V-1, observer: camera, start: 2026-04-01T08:40, end: 2026-04-01T13:10}
2026-04-03T09:10 event.retracted corrects=#feedback account_no:VIS-3
2026-04-04T10:00 contact.started v1 account_no:VIS-3
2026-04-04T10:02 order.placed O-V1 account_no:VIS-3
2026-04-04T10:05 contact.ended v1
"""
LONG_EVENTS = 130
SCROLLED_S = 120


@pytest.fixture(scope="package")
def visited(desk: Site) -> Site:
    """Lend the site with a visit whose evidence was corrected."""
    desk.tell(VISIT.replace("\\\n", ""))
    desk.settled()
    return desk


@pytest.fixture(scope="package")
def long_story(desk: Site) -> Site:
    """Lend the site with a story of more than two pages."""
    lines = ["2020-01-01 registration.completed account_no:LONG-1 facts={name: Longa}"]
    for number in range(1, LONG_EVENTS):
        day = f"2021-{number % 12 + 1:02}-{number % 28 + 1:02}"
        lines.append(f"{day} order.placed O-L{number} account_no:LONG-1")
    desk.tell("\n".join(lines))
    desk.settled()
    return desk


def shown_positions(page: Page) -> list[int]:
    """Return the positions of the events in the order in which they are shown."""
    ids = page.locator(".event").evaluate_all("all => all.map(one => one.id)")
    return [int(name.removeprefix("event-")) for name in ids]


def positions(desk: Site, identifier: str) -> list[int]:
    """Return the positions of all events of a customer, newest first, as the API says."""
    path = f"/v1{desk.path(identifier)}/timeline"
    first = desk.get(path, limit=200).json()
    assert first["next"] is None
    return [event["position"] for event in first["events"]]


def test_what_contradicts_itself_stands_side_by_side(desk: Site, page: Page) -> None:
    """Both events, each with its time and its source, neither believed."""
    page.goto(desk.path(GIFT))
    sides = page.get_by_role("list", name="What contradicts itself").get_by_role("listitem")
    expect(sides).to_have_count(2)
    expect(sides.first).to_contain_text("12 May 2026 16:00 · /carrier/tracking")
    expect(sides.last).to_contain_text("13 May 2026 12:00:50 · /mail-order/customer-service")
    boxes = [sides.nth(number).bounding_box() for number in (0, 1)]
    assert boxes[0] and boxes[1] and boxes[0]["y"] == boxes[1]["y"]


def test_a_late_event_says_so_in_its_place_in_the_past(desk: Site, page: Page) -> None:
    """It stands where it happened, with when it was recorded."""
    page.goto(desk.path(GIFT))
    late = page.locator("#day-2026-05-12 .event", has_text="Delivery D-1 was delivered")
    expect(late.locator(".mark.late")).to_contain_text("came late, recorded")


def test_a_corrected_event_shows_both_versions(visited: Site, page: Page) -> None:
    """What it said at first, and how it reads now; the correction stands there, too."""
    page.goto(visited.path("account_no:VIS-3"))
    event = page.locator("#day-2026-04-01 .event", has_text="corrected")
    expect(event.locator("del")).to_contain_text("09:40")
    expect(event.locator("ins")).to_contain_text("08:40")
    expect(page.locator(".event.retracted del")).to_contain_text("not ours")
    expect(page.locator("#day-2026-04-03 .event")).to_have_count(2)


def test_internal_notes_are_told_apart(visited: Site, page: Page) -> None:
    """By a word and by how they look: they are not for the customer's ears."""
    page.goto(visited.path("account_no:VIS-3"))
    internal = page.locator(".event.internal")
    expect(internal).to_have_count(2)
    expect(internal.first.locator(".mark.internal")).to_have_text("internal")


def test_what_was_done_during_a_contact_stands_in_it(visited: Site, page: Page) -> None:
    """An order that names no contact, but was placed while one was under way."""
    page.goto(visited.path("account_no:VIS-3"))
    contact = page.locator(".group.contact", has_text="Inbound call v1")
    expect(contact.locator(".event")).to_have_count(3)


def test_another_moment_shows_what_was_known_then(visited: Site, page: Page) -> None:
    """From an event's own time: the world then, without what was recorded later."""
    page.goto(visited.path("account_no:VIS-3"))
    page.locator("#day-2026-04-01 .event", has_text="corrected").locator(".time").click()
    expect(page.get_by_role("note")).to_contain_text("You are looking at 1 Apr 2026 18:00 UTC")
    expect(page.locator(".event")).to_have_count(3)
    expect(page.locator(".event ins")).to_have_count(0)
    expect(page.locator("#banners")).to_contain_text("270 minutes unsupported")
    page.get_by_role("link", name="Back to now").click()
    expect(page.locator("#banners")).to_contain_text("camera observed 270 minutes")


def test_a_story_is_replayed_step_by_step(visited: Site, page: Page) -> None:
    """From one event to the next, each as it was known then; the first has none before it."""
    page.goto(f"{visited.path('account_no:VIS-3')}?as_of=2026-04-01T08:00:00Z")
    shown = page.locator(".event")
    expect(shown).to_have_count(1)
    expect(page.get_by_role("link", name="The event before")).to_have_count(0)
    page.get_by_role("link", name="The event after").click()
    expect(shown).to_have_count(2)
    page.get_by_role("link", name="The event after").click()
    expect(shown).to_have_count(3)
    expect(page.locator("#banners")).to_contain_text("270 minutes unsupported")
    page.get_by_role("link", name="The event before").click()
    expect(shown).to_have_count(2)


def test_the_control_asks_for_a_moment_and_what_was_known_at_it(desk: Site, page: Page) -> None:
    """A position is asked for as such, a moment by a tick; both stay in the address."""
    page.goto(desk.path(GIFT))
    page.locator("#moment summary").click()
    page.get_by_label("The world at (UTC)").fill("2026-05-22T10:00")
    page.get_by_label("Known at position or time").fill("30")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("note")).to_contain_text("known at position 30")
    page.goto(f"{desk.path(GIFT)}?as_of=2026-05-22T10:00&then=1")
    expect(page.get_by_role("note")).to_contain_text("known at position 0")
    expect(page.locator("#main")).to_contain_text("Nobody was known by this then")


def test_the_whole_story_is_one_scroll(long_story: Site, page: Page) -> None:
    """Older events come while scrolling, each once and in order, to the very first."""
    page.goto(long_story.path("account_no:LONG-1"))
    assert len(shown_positions(page)) < LONG_EVENTS
    end = page.get_by_text("This is where the story begins.")
    deadline = time.monotonic() + SCROLLED_S
    while not end.is_visible():
        assert time.monotonic() < deadline
        page.mouse.wheel(0, 4_000)
    assert shown_positions(page) == positions(long_story, "account_no:LONG-1")
    days = page.locator(".day > h3").all_inner_texts()
    assert len(days) == len(set(days))


def test_without_scripts_a_link_leads_to_what_is_older(browser: Browser, long_story: Site) -> None:
    """Page by page, nothing skipped or repeated."""
    shown: list[int] = []
    with opened(browser, long_story.url, java_script_enabled=False) as page:
        page.goto(long_story.path("account_no:LONG-1"))
        shown += shown_positions(page)
        while page.get_by_role("link", name="Older").count():
            page.get_by_role("link", name="Older").click()
            shown += shown_positions(page)
        expect(page.get_by_role("link", name=re.compile("Back to the newest"))).to_be_visible()
    assert shown == positions(long_story, "account_no:LONG-1")
