"""Windows of a browser: of any size, with or without scripts, light or dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

WIDE = 1440
NARROW = 360
TIMEOUT_MS = 60_000


@contextmanager
def opened(browser: Browser, url: str, *, width: int = WIDE, **options: Any) -> Iterator[Page]:
    """Open a window; what a script raises, or the page's policy refuses, fails the test."""
    viewport = {"width": width, "height": 900}
    context = browser.new_context(base_url=url, viewport=viewport, locale="en-GB", **options)
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda one: said.append(one.text) if "Security" in one.text else None)
    try:
        yield page
    finally:
        context.close()
    assert said == []


def overflow_px(page: Page) -> int:
    """Return how far a page reaches beyond the right edge of its window."""
    found: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found
