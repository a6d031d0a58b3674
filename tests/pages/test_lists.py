"""The pages of leads, analysts and whoever keeps the system: what they list, and where it leads."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.pages.sites import Site

SIGNED_MS = 120_000
AFTER_LUNCH = "2026-03-05T15:00:00Z"
NINE_DAYS = "from=2009-11-25&to=2009-12-03"
WAITING = """
2026-01-01 order.placed O-W1 account_no:W-1 phone:+12025550155
2026-01-02 order.placed O-W2 account_no:W-2 phone:+12025550155
2026-01-03T10:00 contact.started w1 phone:+12025550155
2026-01-04 order.placed O-W3 account_no:W-1 account_no:W-2
"""


@pytest.fixture(scope="module")
def waiting(desk: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Lend the site with what waits for a person, and what was refused."""
    desk.tell(WAITING)
    file: Path = tmp_path_factory.mktemp("refused") / "refused.ndjson"
    desk.import_lines(file, '{"specversion": "1.0"}')
    desk.settled()
    return desk


def test_promises_stand_by_state_and_lead_to_their_customers(desk: Site, page: Page) -> None:
    """As the API lists them, the longest overdue first."""
    found = desk.get("/v1/promises", as_of=AFTER_LUNCH).json()["promises"]
    page.goto(f"/promises?as_of={AFTER_LUNCH}")
    broken = page.get_by_role("region", name="broken").get_by_role("listitem")
    wanted = [one for one in found if one["state"] == "broken"]
    expect(broken).to_have_count(len(wanted))
    expect(broken.first).to_contain_text("overdue by 2 days 5 h")
    broken.first.get_by_role("link").click()
    expect(page).to_have_url(f"{desk.url}/customers/{wanted[0]['customer_id']}")


def test_promises_are_chosen_by_state(page: Page) -> None:
    """What was kept, late or refused stays on record."""
    page.goto("/promises")
    page.get_by_role("link", name="kept late").click()
    expect(page.get_by_role("region", name="kept late")).to_contain_text("kept 3 days 1 h late")
    expect(page.get_by_role("link", name="kept late")).to_have_attribute("aria-current", "true")


def test_a_figure_is_drawn_by_day_and_leads_to_what_it_counts(desk: Site, page: Page) -> None:
    """Nine contacts on five days, each listed with the events that it rests on."""
    page.goto(f"/continuity?{NINE_DAYS}")
    contacts = page.get_by_role("region", name="Contacts", exact=True)
    expect(contacts.locator(".total")).to_have_text("9 contacts")
    expect(contacts.locator("rect")).to_have_count(5)
    expect(contacts.get_by_role("img")).to_be_visible()
    total = page.get_by_role("row", name="Total")
    expect(total.get_by_role("cell").first).to_have_text("9")
    contacts.get_by_role("link", name="Contacts").click()
    items = page.get_by_role("main").get_by_role("listitem")
    expect(items).to_have_count(9)
    expect(items.first).to_contain_text("position")


def test_a_period_is_asked_for_by_its_days(page: Page) -> None:
    """In the time zone of whoever asks."""
    page.goto("/continuity")
    page.get_by_label("From").fill("2009-11-27")
    page.get_by_label("To", exact=True).fill("2009-11-28")
    page.get_by_label("Time zone").fill("America/New_York")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_role("heading", level=1)).to_have_text("Continuity")


def test_what_waits_is_listed_with_what_can_be_decided(waiting: Site, page: Page) -> None:
    """A number that two share, and an event that names both; one click says whose it is."""
    page.goto("/review?reason=violation")
    violation = page.get_by_role("article").filter(has_text="O-W3")
    violation.get_by_text("decisions to choose from").click()
    command = "toldonce merge account_no:W-1 account_no:W-2 --reason WHY"
    expect(violation.get_by_text(command)).to_be_visible()
    page.goto("/review?reason=shared")
    shared = page.get_by_role("article").filter(has_text="+12025550155")
    expect(shared).to_contain_text("2 customers could be meant")
    row = shared.get_by_role("listitem").filter(has_text="W-2")
    row.get_by_role("button", name="It is theirs").click()
    expect(page).to_have_url(waiting.url + waiting.path("account_no:W-2"))
    page.goto("/review?reason=shared")
    expect(page.get_by_role("article").filter(has_text="+12025550155")).to_have_count(0)


def test_what_was_refused_is_listed_with_why(waiting: Site, page: Page) -> None:
    """Where it came from and what is wrong with it, not what was sent."""
    page.goto(f"{waiting.url}/quarantine")
    held = page.get_by_role("listitem").filter(has_text="refused.ndjson:1")
    expect(held).to_contain_text("/type is required")
    page.get_by_role("link", name="discarded").click()
    expect(page.get_by_text("There is nothing.")).to_be_visible()


def test_projections_say_how_far_they_are(desk: Site, page: Page) -> None:
    """Each view with its place, and who is parked."""
    page.goto("/projections")
    names = page.locator("#main .rows b").all_inner_texts()
    assert names == [view.name for view in desk.views()]
    expect(page.get_by_text("Nobody is parked.")).to_be_visible()


def test_the_auditors_page_says_how_far_the_log_is_signed(desk: Site, page: Page) -> None:
    """The checkpoint as it is kept, how to verify it, and a way to what was known when."""
    page.goto("/audit")
    signed = page.get_by_role("region", name="Signed")
    expect(signed).to_contain_text("up to position", timeout=SIGNED_MS)
    origin = desk.get("/checkpoint").text.splitlines()[0]
    expect(page.get_by_role("region", name="The checkpoint")).to_contain_text(origin)
    page.get_by_label("Whom it is about").fill("customer_id:CU-2210")
    page.get_by_label("The world at (UTC)").fill("2026-03-05T15:00:00")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("note")).to_contain_text("5 Mar 2026 15:00 UTC")
