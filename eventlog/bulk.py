"""How a process prepares itself for bulk work: decoded events are many objects and hold no cycles.

Searching them for garbage again and again costs a quarter of the time and finds nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# A batch of 5,000 events is about 100,000 objects, which come and go; the default is 700.
YOUNG_OBJECTS_MAX = 400_000
YOUNG_ROUNDS_MAX = 20
OLD_ROUNDS_MAX = 100


def collect_seldom() -> None:
    """Search for cyclic garbage seldom, and never in what the program itself is made of."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, YOUNG_ROUNDS_MAX, OLD_ROUNDS_MAX)


@contextmanager
def collecting_nothing() -> Iterator[None]:
    """Search for no garbage during a block that lets go of nearly all that it makes at its end."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
