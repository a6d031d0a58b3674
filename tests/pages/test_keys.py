"""Everything by keyboard, and single keys only for whoever wants them."""

from playwright.sync_api import Page, expect

from tests.pages.sites import Site

NINE_CALLS = "phone:+17175550142"


def test_from_the_search_to_an_event_by_keys_alone(own_page: Page) -> None:
    """Type, go down to the result, open it, and walk through the story."""
    own_page.goto("/desk")
    expect(own_page.get_by_role("searchbox")).to_be_focused()
    own_page.keyboard.type("+17175550142")
    expect(own_page.locator(".hit")).to_have_count(1)
    own_page.keyboard.press("ArrowDown")
    expect(own_page.locator(".hit")).to_be_focused()
    own_page.keyboard.press("Enter")
    expect(own_page.get_by_role("heading", level=1)).to_have_text("Customer of account 7731")
    expect(own_page.get_by_role("button", name="Keys")).to_be_visible()
    events = own_page.locator(".event")
    own_page.keyboard.press("j")
    expect(events.first).to_be_focused()
    own_page.keyboard.press("j")
    own_page.keyboard.press("j")
    own_page.keyboard.press("k")
    expect(events.nth(1)).to_be_focused()
    own_page.keyboard.press("g")
    assert own_page.evaluate("scrollY") == 0


def test_a_slash_goes_to_the_search_and_is_not_written(desk: Site, page: Page) -> None:
    """Wherever the focus is, on every page."""
    for path in (desk.path(NINE_CALLS), "/promises"):
        page.goto(path)
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        expect(page.get_by_role("searchbox")).to_have_value("")


def test_the_keys_are_told_and_can_be_switched_off(desk: Site, own_page: Page) -> None:
    """Whoever dictates would press them by speaking; what is chosen stays chosen."""
    own_page.goto(desk.path(NINE_CALLS))
    own_page.keyboard.press("?")
    dialog = own_page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    dialog.get_by_role("checkbox").uncheck()
    own_page.keyboard.press("Escape")
    own_page.reload()
    own_page.keyboard.press("j")
    expect(own_page.locator(".event:focus")).to_have_count(0)


def test_the_first_stop_leads_past_the_top(page: Page) -> None:
    """Whoever goes through a page by Tab need not go through its navigation."""
    page.goto("/promises")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_theme_is_chosen_and_kept(own_page: Page) -> None:
    """From the system's to light and dark, and back."""
    own_page.goto("/promises")
    theme = own_page.get_by_role("button", name="Theme")
    expect(theme).to_have_text("Theme: system")
    theme.click()
    theme.click()
    expect(theme).to_have_text("Theme: dark")
    own_page.goto("/desk")
    expect(own_page.locator("html")).to_have_attribute("data-theme", "dark")
    assert own_page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 27)"
    theme.click()
    expect(own_page.locator("html[data-theme]")).to_have_count(0)
