"""Whatever an event states is text on every page: nothing of it is markup, and nothing is run."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.pages.sites import Json, Site

HOSTILE = (
    "<script>hacked = 1</script>",
    '"><img src=x onerror="hacked = 1">',
    "' onmouseover='hacked = 1' x='",
    "</title></dl><svg onload=hacked=1>",
    "javascript:hacked=1",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "<!-- <style>*{display:none}</style>",
    "&lt;b&gt;bold&lt;/b&gt;&#x3c;i&#x3e;",
    "data:text/html,<script>hacked=1</script>",
    "\u202egnp.exe \u2066 \u200b hidden",
    "]]><a href='//elsewhere.example'>x</a>",
)
UNREADABLE = str.maketrans(dict.fromkeys("\u202e\u2066\u200b", "\ufffd"))
BECAME_MARKUP = """
() => document.querySelectorAll("main script, main img, main svg[onload], main style, main b i, "
    + "main [onmouseover], main [onerror], a[href^='javascript:'], a[href*='elsewhere']").length
"""


def told(desk: Site, number: int) -> list[Json]:
    """Return the events of a customer of whom everything that can be said is hostile."""
    text = HOSTILE[number]
    who = {"identifiers": [{"type": "account_no", "value": f"HOSTILE-{number:02}", "issuer": text}]}
    lines = {
        "registration.completed": {"facts": [{"field": "name", "value": text}]},
        "order.placed": {"order_id": text, "items": [{"name": text, "quantity": 1}]},
        "promise.made": {"promise_id": text, "what": text, "due_at": "2100-02-02T10:00:00Z"},
        "contact.started": {"contact_id": text, "purpose": text},
        "issue.reported": {"contact_id": text, "issue_id": text, "category": text},
        "contact.answered": {"contact_id": text, "agent_id": text},
        "contact.handoff_noted": {"contact_id": text, "tried": [text], "next_step": text},
        "contact.ended": {"contact_id": text, "ended_by": "agent"},
        "feedback.recorded": {"comment": text},
        "appointment.booked": {
            "appointment_id": text,
            "service": text,
            "start": "2100-01-01T10:00:00Z",
            "location_id": text,
        },
    }
    events = [desk.event(f"2026-02-01T10:0{minute} {name}") for minute, name in enumerate(lines)]
    for event, data in zip(events, lines.values(), strict=True):
        event["source"] = f"/source/{number}"
        event["data"] |= data | who
    return events


@pytest.fixture(scope="module")
def hostile(desk: Site) -> Site:
    """Lend the site with a customer for every text."""
    for number in range(len(HOSTILE)):
        desk.tell_events(*told(desk, number))
    desk.settled()
    return desk


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_what_is_told_stays_text(hostile: Site, page: Page, number: int) -> None:
    """As it was told, letter by letter, where the customer is shown; none of it has an effect."""
    text = HOSTILE[number].translate(UNREADABLE)
    customer_id = hostile.get("/v1/find", q=f"HOSTILE-{number:02}").json()["hits"][0]["customer_id"]
    page.goto(f"/customers/{customer_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text(" ".join(text.split()))
    expect(page.locator("#complete")).to_contain_text("10 events considered")
    assert text in page.locator("#timeline").inner_text()
    assert_harmless(page)
    page.goto(f"/audit/replay?identifier=customer:{customer_id}")
    assert_harmless(page)


def test_what_is_told_stays_text_while_it_is_searched_for(hostile: Site, page: Page) -> None:
    """What scripts bring into a page is text as well."""
    page.goto("/desk")
    page.get_by_role("searchbox").press_sequentially("HOSTILE")
    expect(page.locator(".hit")).to_have_count(len(HOSTILE))
    assert_harmless(page)


@pytest.mark.parametrize("path", ["/promises", "/continuity", "/review", "/desk", "/quarantine"])
def test_lists_of_everybody_stay_text(hostile: Site, page: Page, path: str) -> None:
    """Where many customers are listed, too."""
    page.goto(hostile.url + path)
    assert_harmless(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_asked_stays_text(hostile: Site, text: str) -> None:
    """What stands in an address comes back only as text, or not at all."""
    for path, name in (
        ("/desk", "q"),
        ("/desk", "identifier"),
        ("/desk", "confirming"),
        ("/audit/replay", "identifier"),
        ("/review", "reason"),
        ("/promises", "state"),
        ("/continuity", "from"),
        ("/quarantine", "after"),
        ("/customers/" + "0" * 32, "as_of"),
    ):
        answer = hostile.get(path, **{name: text})
        assert answer.status_code in (httpx.codes.OK, 404, 422)
        assert "content-security-policy" in answer.headers
        if "<" in text or '"' in text:
            assert text not in answer.text


def assert_harmless(page: Page) -> None:
    """Check that no text of an event became part of the page, or ran."""
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    page.mouse.move(300, 300)
    assert page.evaluate(BECAME_MARKUP) == 0
    assert page.evaluate("typeof hacked") == "undefined"
