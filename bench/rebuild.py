"""rebuild_events_s: all views from an existing log, customer by customer, in several processes.

Called as `python -m bench.rebuild [--events N] [--workers N]` it tells what each phase took;
`make bench` measures a smaller log.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from bench.append import taken_into
from bench.events import CUSTOMERS, raw_events
from bench.place import Place, place
from eventlog.bulk import collect_seldom
from eventlog.keyring import Keyring
from projections.rebuild.building import WORKERS, Step
from projections.rebuild.rebuilding import Rebuilding

EVENTS = 1_000_000
APPENDED_AT_ONCE = 50_000


def main() -> None:
    """Measure, and print a line for each phase and for all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench.rebuild", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many (default: {EVENTS})")
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="of how many customers")
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes that fold")
    asked = parser.parse_args()
    collect_seldom()
    events = raw_events(asked.events, customers=asked.customers)
    with place() as here:
        tell(measured(here, events, workers=asked.workers))


@dataclass(slots=True)
class Rebuilt:
    """How many events were rebuilt from, and the seconds that each phase and all of it took."""

    events: int
    phases_s: dict[str, float]
    taken_s: float

    @property
    def events_s(self) -> float:
        """Return events a second."""
        return self.events / self.taken_s


def measured(place: Place, raws: Iterable[bytes], *, workers: int = WORKERS) -> Rebuilt:
    """Rebuild all views from a log, indexes and the swap included."""
    count, told = 0, iter(raws)
    with place.database() as url:
        while batch := list(islice(told, APPENDED_AT_ONCE)):
            taken_into(url, place, raws=batch)
            count += len(batch)
        done = rebuilt(url, place.keyring, workers=workers)
    if done.events != count:
        raise RuntimeError(f"the views stand at {done.events}, not at {count}")
    return done


def rebuilt(url: str, keyring: Keyring, *, workers: int = WORKERS) -> Rebuilt:
    """Build the views of a log anew and let them take the place of those that are there."""
    with closing(Rebuilding(url, keyring, workers=workers)) as rebuilding:
        phases_s: dict[str, float] = {}
        begun = last = time.perf_counter()

        def report(step: Step) -> None:
            nonlocal last
            now = time.perf_counter()
            phases_s[step.name] = phases_s.get(step.name, 0.0) + now - last
            last = now

        rebuilding.build(report)
        position = rebuilding.swap(report)
        return Rebuilt(position, phases_s, time.perf_counter() - begun)


def tell(done: Rebuilt) -> None:
    """Print a line for each phase and for all of them."""
    for name, taken in (*done.phases_s.items(), ("all", done.taken_s)):
        print(f"{name:<12} {taken:>7.1f} s  {done.events / taken:>9,.0f} events/s", flush=True)


if __name__ == "__main__":
    main()
