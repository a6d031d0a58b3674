"""catch_up_vs_library: the runner filling the timeline, against the library's ProjectionRunner."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from bench.append import taken_into
from bench.place import Place
from projections.page import View
from projections.runner import Runner
from projections.timeline import TimelineView


def timeline_only() -> list[View]:
    """Return the view that the library is compared by."""
    return [TimelineView()]


def catch_up_s(
    place: Place, raws: Sequence[bytes], *, views: Iterable[View] | None = None
) -> float:
    """Return events a second from an existing log into `views` (None: all), identity included."""
    with place.database() as url:
        taken_into(url, place, raws=raws)
        chosen = None if views is None else list(views)
        runner = Runner(url, place.keyring, views=chosen)
        begun = time.perf_counter()
        position = runner.catch_up()
        taken = time.perf_counter() - begun
        runner.close()
    if position != len(raws):
        raise RuntimeError(f"the views stand at {position}, not at {len(raws)}")
    return len(raws) / taken
