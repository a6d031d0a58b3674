"""projector_memory_mb: what the projector holds while it reads a long log, all views on.

Called as `python -m bench.memory [--events N]`: it takes minutes, so `make bench` leaves it out.
The projector runs in a process of its own and tells its memory after every tenth of the log.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from bench.append import taken_into
from bench.events import raw_events
from bench.place import place
from eventlog.bulk import collect_seldom
from eventlog.keyring import Keyring
from projections.runner import Runner

EVENTS = 1_000_000
APPENDED_AT_ONCE = 50_000
STEPS = 10


class Held(NamedTuple):
    """Resident memory of the projector once it stands at a position, after so many seconds."""

    position: int
    memory_mb: int
    taken_s: float


def main() -> None:
    """Measure, and print a line for every tenth of the log."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many (default: {EVENTS})")
    count = parser.parse_args().events
    with place() as here, here.database() as url:
        events = raw_events(count)
        while raws := list(islice(events, APPENDED_AT_ONCE)):
            taken_into(url, here, raws=raws)
        for held in measured(url, here.keyring, count=count):
            rate = held.position / held.taken_s if held.taken_s else 0
            print(
                f"{held.position:>9,}  {held.memory_mb:>4} MB  {rate:>7,.0f} events/s", flush=True
            )


def measured(url: str, keyring: Keyring, *, count: int) -> Iterator[Held]:
    """Yield what a new projector holds on its way through the log."""
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    told = {"count": count, "tells": sending}
    worker = context.Process(target=_project, args=(url, keyring), kwargs=told)
    worker.start()
    sending.close()
    try:
        while True:
            yield receiving.recv()
    except EOFError:
        worker.join()


def _project(url: str, keyring: Keyring, *, count: int, tells: Connection) -> None:
    collect_seldom()
    with closing(Runner(url, keyring)) as runner, tells:
        begun = time.perf_counter()
        tells.send(Held(0, _resident_mb(), 0.0))
        for step in range(1, STEPS + 1):
            position = runner.catch_up(count * step // STEPS)
            tells.send(Held(position, _resident_mb(), time.perf_counter() - begun))


def _resident_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 // 2**20


if __name__ == "__main__":
    main()
