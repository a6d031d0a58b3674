"""A story replayed: each event with what it changed, by slider or by links, and its proof."""

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from audit.formats.proofs import InclusionProof, parse_proof
from tests.pages.sites import Site
from tests.pages.windows import opened

SIGNED_S = 120
WHO = "account_no:REP-1"
STORY = """
2026-04-01T08:00 registration.completed account_no:REP-1 facts={name: "Rita Replayed"}
2026-04-02T09:00 order.placed O-R1 account_no:REP-1
2026-04-03T10:00 promise.made P-R1 account_no:REP-1 due_at=2099-01-01 order:O-R1 what="a call"
2026-04-01T12:00 contact.started r1 account_no:REP-1
"""
STEPS = 4


@pytest.fixture(scope="module")
def positions(desk: Site) -> list[int]:
    """Tell a story whose last event came late, and return where its events stand."""
    last = desk.tell(STORY)
    desk.settled()
    return [*range(last - STEPS + 1, last + 1)]


def at_step(page: Page, number: int) -> None:
    """Wait until the page shows a step."""
    expect(page.locator("#where")).to_contain_text(f"event {number} of {STEPS}, recorded")


def test_a_step_shows_what_its_event_said_and_changed(page: Page, positions: list[int]) -> None:
    """In the order of the log, the newest first asked for; what came late is last."""
    page.goto(f"/audit/replay?identifier={WHO}")
    at_step(page, STEPS)
    expect(page.locator("#event")).to_contain_text("came late")
    page.get_by_role("link", name="The event before").click()
    at_step(page, STEPS - 1)
    expect(page.locator("#event")).to_contain_text(f"position {positions[2]}")
    expect(page.locator("#changes")).to_contain_text("promise P-R1 appears: a call")
    expect(page.locator("#changes")).not_to_contain_text("order O-R1 appears")
    page.goto(f"/audit/replay?identifier={WHO}&step=1")
    expect(page.locator("#changes")).to_contain_text("name is known: Rita Replayed")
    expect(page.get_by_role("link", name="The event before")).to_have_count(0)


def test_the_slider_is_moved_by_keyboard(page: Page, positions: list[int]) -> None:
    """The page follows, the slider keeps the focus, says where it stands, and the address too."""
    page.goto(f"/audit/replay?identifier={WHO}&step=1")
    slider = page.get_by_role("slider", name="Step through the story")
    slider.focus()
    for number in (2, 3):
        slider.press("ArrowRight")
        at_step(page, number)
    expect(slider).to_be_focused()
    expect(slider).to_have_attribute("aria-valuetext", re.compile(f"^event 3 of {STEPS}"))
    expect(page.locator("#badge")).to_contain_text(f"position {positions[2]}")
    expect(page).to_have_url(re.compile("step=3$"))
    slider.press("Home")
    at_step(page, 1)


def test_without_scripts_a_button_goes_there(browser: Browser, desk: Site) -> None:
    """From the auditor's page to a moment's replay: forms, and the moment stays in them."""
    with opened(browser, desk.url, java_script_enabled=False) as page:
        page.goto("/audit")
        page.get_by_label("Whom it is about").fill(WHO)
        page.get_by_label("The world at (UTC)").fill("2026-05-01T00:00:00")
        page.get_by_role("button", name="Replay").click()
        slider = page.get_by_role("slider")
        slider.press("Home")
        page.get_by_role("button", name="Show").click()
        at_step(page, 1)
        expect(page.locator("#changes")).to_contain_text("as of 1 May 2026")


def test_a_badge_leads_to_a_proof_that_holds(desk: Site, page: Page, positions: list[int]) -> None:
    """The proof is of the entry that is shown, under what the log serves as its checkpoint."""
    signed_upto(desk, positions[-1])
    page.goto(desk.path(WHO))
    page.get_by_role("link", name="Replay event by event").click()
    badge = page.get_by_role("link", name="signed, in the checkpoint of")
    proof = proof_of_the_newest(desk, badge.get_attribute("href") or "")
    assert proof.position == positions[-1]
    assert proof.check(desk.log_key).head.size >= positions[-1]


def signed_upto(desk: Site, position: int) -> None:
    """Wait until a checkpoint covers a position."""
    deadline = time.monotonic() + SIGNED_S
    while signed_size(desk) < position:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def signed_size(desk: Site) -> int:
    """Return how many entries the checkpoint covers; 0 before the first one."""
    answer = desk.get("/checkpoint")
    return int(answer.text.split("\n")[1]) if answer.is_success else 0


def proof_of_the_newest(desk: Site, path: str) -> InclusionProof:
    """Return the proof at a path once it is under the checkpoint that is served then."""
    deadline = time.monotonic() + SIGNED_S
    while True:
        proof = parse_proof(desk.get(path).text)
        assert isinstance(proof, InclusionProof)
        if proof.checkpoint == desk.get("/checkpoint").text:
            return proof
        assert time.monotonic() < deadline
