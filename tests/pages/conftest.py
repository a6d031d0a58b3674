"""One browser and one site for all tests of pages, and a window of its own for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import chromium
from tests.databases import Databases
from tests.pages.sites import Site, site
from tests.pages.windows import TIMEOUT_MS, opened


# Not for the session: while the browser's loop lives, its thread cannot run another one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Lend a browser."""
    # What is expected is waited for as long as what is done.
    expect.set_options(timeout=TIMEOUT_MS)
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def desk(migrated_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Lend a site with the stories of the demo."""
    with migrated_databases.migrated() as url, site(url, tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="package")
def page(browser: Browser, desk: Site) -> Iterator[Page]:
    """Lend one window to all tests: each new one costs more than what is done in it."""
    with opened(browser, desk.url) as window:
        yield window


@pytest.fixture
def own_page(browser: Browser, desk: Site) -> Iterator[Page]:
    """Lend a window that nobody used before, for what a browser remembers."""
    with opened(browser, desk.url) as window:
        yield window
