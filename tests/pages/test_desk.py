"""The desk: from anything that somebody may say to their brief and their whole story."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.sites import Site
from tests.pages.windows import opened

NINE_CALLS = "phone:+17175550142"


def test_whoever_is_typed_is_found_and_opened(page: Page) -> None:
    """Answers come while typing; one click leads to the brief with the timeline beside it."""
    page.goto("/desk")
    page.get_by_role("searchbox").press_sequentially("717 555 0142 ", delay=5)
    page.get_by_role("searchbox").fill("+1717555014")
    hit = page.locator(".hit")
    expect(hit).to_have_count(1)
    expect(hit).to_contain_text("Customer of account 7731")
    hit.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer of account 7731")
    expect(page.get_by_role("region", name="Brief")).to_contain_text("MDM-4471-0093")
    expect(page.locator("#timeline")).to_contain_text("Called from +17175550142")


@pytest.mark.parametrize("text", ["+17175550142", "7731", "ORD-7731-DSL", "account 7731"])
def test_a_text_that_leads_to_one_customer_opens_them(desk: Site, text: str) -> None:
    """By number, account, order or name, without scripts too."""
    answer = desk.get("/desk", q=text, go=1)
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert answer.headers["location"] == desk.path(NINE_CALLS)


def test_the_page_says_what_the_brief_says(desk: Site, page: Page) -> None:
    """Headline, what to say, what not to ask, and how complete it is."""
    brief = desk.brief(NINE_CALLS, as_of="2009-12-01T13:00:00Z")
    page.goto(f"{desk.path(NINE_CALLS)}?as_of=2009-12-01T13:00:00Z")
    banners = page.get_by_role("region", name="What matters now")
    expect(banners.get_by_role("article").first).to_contain_text(brief["headline"])
    expect(page.get_by_role("region", name="Say")).to_contain_text("do not ask for it again")
    asked = page.get_by_role("region", name="Do not ask").locator("dt").all_inner_texts()
    assert asked == [field.replace("_", " ") for field in brief["do_not_ask"]]
    complete = page.locator("#complete")
    expect(complete).to_contain_text(f"{brief['events_considered']} events considered, none hidden")
    expect(complete).to_contain_text(f"known at position {brief['known_at']}")
    expect(page.locator(".told.often").first).to_have_text("told 9×")


def test_without_scripts_everything_is_there(browser: Browser, desk: Site) -> None:
    """Search, brief, timeline, another moment; what needs a script is hidden."""
    with opened(browser, desk.url, java_script_enabled=False) as page:
        page.goto("/desk")
        page.get_by_role("searchbox").fill("+1717555014")
        page.get_by_role("button", name="Find").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Customer of account 7731")
        expect(page.get_by_role("button", name=re.compile("Theme|Keys"))).to_have_count(0)
        page.locator("#moment summary").click()
        page.get_by_label("The world at (UTC)").fill("2009-12-01T13:00:00")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("note")).to_contain_text("1 Dec 2009 13:00 UTC")
        expect(page.locator("#banners")).to_contain_text("Told 9 times and still open")


def test_what_leads_to_nobody_is_said(page: Page) -> None:
    """An empty list would leave open whether anything was looked for."""
    page.goto("/desk?q=nobody%20at%20all")
    expect(page.locator("#hits")).to_contain_text("Nobody found")
    page.goto("/desk?q=xy")
    expect(page.locator("#hits")).to_contain_text("at least 3 characters")
