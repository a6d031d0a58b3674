"""How fast views follow the log: all of them together, and one customer folded anew.

catch_up_vs_library compares with the library's ProjectionRunner filling a timeline one event at a
time; all views of a long log are built by way of a rebuild, as users have it. refold_ms is a
customer of 500 events, from the log into every view.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from statistics import median
from uuid import UUID

from bench.append import taken_into
from bench.events import raw_events
from bench.place import Place
from domain.handles import Handle
from projections.page import View
from projections.runner import Runner
from projections.timeline.view import TimelineView

REFOLDED_EVENTS = 500
REFOLDS = 20


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
        with closing(Runner(url, place.keyring, views=chosen)) as runner:
            begun = time.perf_counter()
            position = runner.catch_up()
            taken = time.perf_counter() - begun
    if position != len(raws):
        raise RuntimeError(f"the views stand at {position}, not at {len(raws)}")
    return len(raws) / taken


def refold_ms(place: Place) -> float:
    """Return the median of the milliseconds in which a customer is folded anew into all views."""
    raws = list(raw_events(REFOLDED_EVENTS, customers=1, unnamed=0))
    with place.database() as url:
        taken_into(url, place, raws=raws)
        with closing(Runner(url, place.keyring)) as runner:
            runner.catch_up()
            customer = place.keyring.stream_of(Handle("account_no", "00000000"))
            return median(_refolded_ms(runner, customer) for _ in range(REFOLDS))


def _refolded_ms(runner: Runner, customer: UUID) -> float:
    begun = time.perf_counter()
    runner.refold([customer])
    return 1000 * (time.perf_counter() - begun)
