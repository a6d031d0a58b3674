"""Memory that pages leave free, back to the system.

The C library keeps what lies between things that are remembered; it grows with the longest stories.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


def hand_back() -> None:
    """Give back what the C library holds free, where it is one that can: a few milliseconds."""
    _trim()(0)


@cache
def _trim() -> Callable[[int], object]:
    trim: Callable[[int], object] = getattr(ctypes.CDLL(None), "malloc_trim", _nothing)
    return trim


def _nothing(padding: int) -> None:
    """Stand for it where there is none, as on macOS."""
