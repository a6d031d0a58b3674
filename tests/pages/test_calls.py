"""A call comes in: whoever it can only be opens at once, and whoever it may be is confirmed."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.over_http import post
from tests.pages.sites import Site

NINE_CALLS = "phone:+17175550142"
SHARED = "phone:+12025550177"
FAMILY = f"""
2026-01-01 registration.completed account_no:FAM-1001 {SHARED} facts={{name: "Anna Shared"}}
2026-01-02 registration.completed account_no:FAM-2002 {SHARED} facts={{name: "Bert Shared"}}
2026-01-03T10:00 contact.started fam1 {SHARED}
"""


@pytest.fixture(scope="module")
def family(desk: Site) -> Site:
    """Lend the site with two customers behind one telephone."""
    desk.tell(FAMILY)
    desk.settled()
    return desk


def test_an_incoming_call_opens_the_brief_at_once(desk: Site, page: Page) -> None:
    """The address that a telephone system opens, with the number as it comes."""
    page.goto("/desk?identifier=phone:%2B1%20717%20555%200142")
    expect(page).to_have_url(desk.url + desk.path(NINE_CALLS))
    expect(page.get_by_role("region", name="Say")).to_be_visible()
    page.goto("/desk?identifier=order:ORD-7731-DSL")
    expect(page).to_have_url(desk.url + desk.path(NINE_CALLS))


def test_a_number_that_nobody_has_is_a_first_contact(page: Page) -> None:
    """Looking it up creates nobody."""
    page.goto("/desk?identifier=phone:%2B12025550199")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nobody is known by this")


def test_whoever_it_may_be_is_shown_without_a_personal_fact(family: Site) -> None:
    """Neither name nor whole number: only enough to recognise what the caller says."""
    text = family.get("/desk", identifier=SHARED).text
    assert "2 customers could be behind this" in text
    assert all(part not in text for part in ("Shared", "Anna", "FAM-1001", "FAM-2002"))
    assert text.count("account no ending in") == 2
    assert "…001" in text and "…002" in text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "SELF", "sec-fetch-site": "cross-site"},
        {"origin": "SELF", "content-type": "text/plain"},
    ],
)
def test_a_form_of_another_site_decides_nothing(family: Site, headers: dict[str, str]) -> None:
    """What a browser says of the page that it comes from is checked before anything is read."""
    known = family.brief("account_no:FAM-2002")["customer_id"]
    sent = {name: value.replace("SELF", family.url) for name, value in headers.items()}
    answer = post(
        f"{family.url}/desk/confirm",
        data={"identifier": SHARED, "customer_id": known},
        headers=sent,
    )
    assert answer.status_code in (httpx.codes.FORBIDDEN, httpx.codes.UNSUPPORTED_MEDIA_TYPE)
    assert family.brief(SHARED)["who"]["match"]["level"] == "maybe"


@pytest.mark.parametrize(
    ("identifier", "customer"),
    [
        ("order:O-1", "00000000-0000-0000-0000-000000000001"),
        (SHARED, "00000000-0000-0000-0000-000000000001"),
        (SHARED, "canary"),
        ("canary", "canary"),
    ],
)
def test_what_cannot_be_confirmed_is_said(family: Site, identifier: str, customer: str) -> None:
    """A page with a status, which never repeats what was sent."""
    answer = post(
        f"{family.url}/desk/confirm",
        data={"identifier": identifier, "customer_id": customer},
        headers={"origin": family.url},
    )
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"].startswith("text/html")
    assert "canary" not in answer.text


def test_one_click_confirms_who_is_calling(family: Site, page: Page) -> None:
    """It becomes a fact as by `toldonce link`, the brief opens; a second click harms nothing."""
    page.goto(f"/desk?identifier={SHARED.replace('+', '%2B')}")
    page.get_by_role("listitem").filter(has_text="…002").get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bert Shared")
    fact = page.locator(".event", has_text="Linked phone +12025550177 with account no FAM-2002")
    expect(fact).to_contain_text("agent confirmed")
    known = family.brief(SHARED)
    assert known["who"]["match"]["level"] == "known"
    again = post(
        f"{family.url}/desk/confirm",
        data={"identifier": SHARED, "customer_id": known["customer_id"]},
        headers={"origin": family.url},
    )
    assert again.status_code == httpx.codes.SEE_OTHER
    assert family.brief(SHARED)["events_considered"] == known["events_considered"]
