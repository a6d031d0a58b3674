"""Requests to servers that tests started, on machines that may be slow or busy."""

from __future__ import annotations

from typing import Any

import httpx

TIMEOUT_S = 120


def get(url: str, **options: Any) -> httpx.Response:
    """Ask for what is at a URL."""
    return httpx.get(url, timeout=TIMEOUT_S, **options)


def post(url: str, **options: Any) -> httpx.Response:
    """Send something to a URL."""
    return httpx.post(url, timeout=TIMEOUT_S, **options)
