"""How long work takes a processor of ordinary speed, whatever the machine is busy with.

Each time is divided by how long reading JSON, which stories mostly are, takes just before: shared
machines halve and double their speed within seconds.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import thread_time
from typing import TypeVar

from eventlog.bulk import collect_seldom

YARDSTICK = json.dumps([{"at": "2026-01-01T00:00:00Z", "id": f"e{n}"} for n in range(12_000)])
# A cloud core at 2.1 GHz reads 90 MB of such JSON a second while nobody shares it.
YARDSTICK_S = len(YARDSTICK) / 90_000_000

Made = TypeVar("Made")


def paced(work: Callable[[], Made], times: int) -> tuple[Made, float]:
    """Do work so many times; return what came of it last, and its seconds, the median.

    Processor time of this thread: waiting, and the database's part, are not counted. Garbage is
    collected as in our processes, where tests hold nothing in memory.
    """
    ratios = []
    with _collecting_seldom():
        for _ in range(times):
            begun = thread_time()
            json.loads(YARDSTICK)
            between = thread_time()
            made = work()
            ratios.append((thread_time() - between) / (between - begun))
    return made, median(ratios) * YARDSTICK_S


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.collect()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
