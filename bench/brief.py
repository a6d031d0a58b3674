"""brief_ms: the brief of a customer with 10,000 events, from the projection, at this moment.

Called as `python -m bench.brief [--times N]`: of a story that was just saved, of one with a few
events since, and of one with as many as there can be, in a process that collects garbage seldom.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import NamedTuple

from pydantic_core import to_json

from bench.append import taken_into
from bench.place import Place, place
from domain.handles import Handle
from eventlog.bulk import collect_seldom
from eventlog.keyring import Keyring
from projections.queries import Views
from projections.runner import Runner
from projections.story.snapshots import saved_events
from tests.domain.scenarios.long_story import EVENTS, long_story
from tests.notation import cloud_event

TIMES = 200
ACCOUNT = Handle("account_no", "17")
SAVED = saved_events(EVENTS, is_exact=False)


class Taken(NamedTuple):
    """Milliseconds of each brief, by the clock and by the processor, and its bytes."""

    clock_ms: list[float]
    processor_ms: list[float]
    size: int


def main() -> None:
    """Measure, and print a line for each number of events since the story was saved."""
    parser = argparse.ArgumentParser(prog="python -m bench.brief", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help=f"briefs (default: {TIMES})")
    times = parser.parse_args().times
    with place() as here:
        for count in (SAVED, EVENTS, SAVED - 1):
            taken = measured(here, count, times=times)
            since = count - saved_events(count, is_exact=False)
            print(f"{count:>7,} events, {since:>3} since saved, {taken.size:,} bytes")
            for name, found in (("clock", taken.clock_ms), ("processor", taken.processor_ms)):
                print(f"  {name:<9}  {_quantiles(found)}", flush=True)


def measured(place: Place, count: int, *, times: int) -> Taken:
    """Return how long briefs take of a customer with so many events."""
    lines = long_story().splitlines()[:count]
    raws = [json.dumps(cloud_event(line, id=f"e{n}")).encode() for n, line in enumerate(lines)]
    with place.database() as url:
        taken_into(url, place, raws=raws)
        with closing(Runner(url, place.keyring)) as runner:
            runner.catch_up()
        context = get_context("spawn")
        receiving, sending = context.Pipe(duplex=False)
        worker = context.Process(
            target=_brief, args=(url, place.keyring), kwargs={"times": times, "tells": sending}
        )
        worker.start()
        taken: Taken = receiving.recv()
        worker.join()
    return taken


def _brief(url: str, keyring: Keyring, *, times: int, tells: Connection) -> None:
    collect_seldom()
    with closing(Views(url, keyring)) as views:

        def brief() -> bytes:
            return to_json(views.brief(ACCOUNT, as_of=datetime.now(UTC)))

        size = len(brief())
        clock, processor = zip(*(_taken_ms(brief) for _ in range(times)), strict=True)
    tells.send(Taken(list(clock), list(processor), size))


def _taken_ms(work: Callable[[], object]) -> tuple[float, float]:
    begun, busy = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - begun), 1000 * (time.process_time() - busy)


def _quantiles(taken: Sequence[float]) -> str:
    ordered = sorted(taken)
    at = {share: ordered[int(share / 100 * (len(ordered) - 1))] for share in (50, 90, 99)}
    return "  ".join(f"p{share} {value:6.1f} ms" for share, value in at.items())


if __name__ == "__main__":
    main()
