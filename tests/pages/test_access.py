"""Pages for everybody: by keyboard, on a telephone, light and dark, without barriers."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browsers import axe_source
from tests.pages.sites import Site
from tests.pages.windows import NARROW, opened, overflow_px

PATHS = [
    "/desk",
    "/desk?q=customer",
    "/desk?identifier=phone:%2B17175550142",
    "/desk?identifier=customer_id:CU-2210&as_of=2026-05-23T08:00:00Z",
    "/desk?identifier=loyalty_card:EYE-1207&as_of=2026-07-06T14:00:33Z",
    "/desk?identifier=phone:%2B12025550123",
    "/desk?identifier=phone:%2B12025550188",
    "/promises?state=broken&state=kept&state=kept_late&state=open",
    "/continuity?from=2009-11-20&to=2009-12-05",
    "/continuity/contacts?from=2009-11-20&to=2009-12-05",
    "/review",
    "/quarantine",
    "/projections",
    "/audit",
    "/audit/replay?identifier=phone:%2B17175550142&step=12",
    "/customers/00000000-0000-0000-0000-000000000001",
]
SHARED = """
2026-01-01 order.placed O-S1 account_no:SH-1 phone:+12025550123
2026-01-02 order.placed O-S2 account_no:SH-2 phone:+12025550123
2026-01-03 contact.started sh1 phone:+12025550123
2026-01-04 order.placed O-S3 account_no:SH-1 account_no:SH-2
"""
# What the WCAG 2.2 ask for at level AA, and what axe-core holds for good practice.
RUN_AXE = """
() => axe.run(document, {runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a",
    "wcag21aa", "wcag22aa", "best-practice"]}}).then(found => found.violations.map(one =>
    one.id + ": " + one.nodes.map(node => node.target.join(" ") + " " + node.failureSummary)))
"""


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser, desk: Site) -> Page:
    """Lend a window of each colour scheme, with axe-core at hand."""
    window = opened(browser, desk.url, color_scheme=request.param, bypass_csp=True)
    page = window.__enter__()
    request.addfinalizer(lambda: window.__exit__(None, None, None))
    page.add_init_script(axe_source())
    return page


@pytest.fixture(scope="module")
def narrow(request: pytest.FixtureRequest, browser: Browser, desk: Site) -> Page:
    """Lend a window as wide as a small telephone."""
    window = opened(browser, desk.url, width=NARROW)
    page = window.__enter__()
    request.addfinalizer(lambda: window.__exit__(None, None, None))
    return page


@pytest.fixture(scope="module", autouse=True)
def shared(desk: Site) -> None:
    """Tell of two customers behind one telephone, and of what waits for review."""
    desk.tell(SHARED)
    desk.settled()


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_no_barrier(themed: Page, path: str) -> None:
    """Contrast, names, landmarks, order of headings: axe-core finds nothing."""
    themed.goto(path)
    assert themed.evaluate(RUN_AXE) == []


@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_a_telephone(narrow: Page, path: str) -> None:
    """At 360 px nothing reaches beyond the edge."""
    narrow.goto(path)
    assert overflow_px(narrow) == 0
