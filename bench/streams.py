"""What open live streams cost, and how soon all of them are told: `python -m bench.streams`.

Half of the listeners listen to all customers, half to one each; events are published meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import closing
from typing import NamedTuple

from bench.append import taken_into
from bench.events import raw_events
from bench.place import Place, place
from bench.served import Connection, Server, ours, serving
from cli.wiring import now
from consumers.intake import Batch, Intake
from consumers.verdicts import Received
from domain.handles import Handle
from eventlog.log import Log
from projections.queries import Views
from projections.runner import Runner

LISTENERS = 1_000
EVENTS = 5_000
CUSTOMERS = 200
IDLE_S = 10.0
ROUNDS = 20


class Cost(NamedTuple):
    """What has been used so far."""

    memory_mb: float
    processor_s: float


def main() -> None:
    """Measure, and print one line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__)
    parser.add_argument(
        "--listeners", type=int, default=LISTENERS, help=f"how many (default: {LISTENERS})"
    )
    listeners = parser.parse_args().listeners
    with place() as here, here.database() as url:
        taken_into(url, here, raws=list(raw_events(EVENTS, customers=CUSTOMERS)))
        with closing(Runner(url, here.keyring)) as runner:
            runner.catch_up()
        with serving(ours, url, home=here.home) as server:
            asyncio.run(_measured(here, url, server=server, listeners=listeners))


async def _measured(here: Place, url: str, *, server: Server, listeners: int) -> None:
    first = Connection(server.url)
    await first.open()
    await first.get("/v1/projections")
    before = _cost(server)
    connections = await _listening(here, url, server=server, listeners=listeners)
    opened = _cost(server)
    await asyncio.sleep(IDLE_S)
    idle = _cost(server)
    took = []
    with closing(Log(url, here.keyring)) as log:
        intake = Intake(log, now)
        for raw in raw_events(ROUNDS, customers=1, unnamed=0, seed=3):
            took.append(
                await _told(intake, raw.replace(b'"id":"0', b'"id":"s'), connections=connections)
            )
    busy = _cost(server)
    print(f"{listeners:,} streams")
    print(f"memory      {opened.memory_mb - before.memory_mb:8.1f} MB more once they are open")
    share = 100 * (idle.processor_s - opened.processor_s) / IDLE_S
    print(f"idle        {share:8.1f} % of a processor, projector included")
    print(f"delivery    {1000 * sorted(took)[len(took) // 2]:8.0f} ms until all were told (median)")
    print(f"            {1000 * max(took):8.0f} ms in the worst of {ROUNDS} rounds")
    each_ms = 1000 * (busy.processor_s - idle.processor_s) / ROUNDS
    print(f"            {each_ms:8.0f} ms of a processor for each event told to all")


async def _listening(here: Place, url: str, *, server: Server, listeners: int) -> list[Connection]:
    """Open streams and wait until each says that it is open."""
    with closing(Views(url, here.keyring)) as views:
        # The one customer that the events of the rounds are about.
        customer = views.look_up(Handle("account_no", "00000000")).customer_id
    connections = [Connection(server.url) for _ in range(listeners)]
    for number, one in enumerate(connections):
        await one.open()
        await one.ask(f"/v1/stream?customer={customer}" if number % 2 else "/v1/stream")
    for one in connections:
        await one.reader.readuntil(b"id: ")
    return connections


async def _told(intake: Intake, raw: bytes, *, connections: list[Connection]) -> float:
    """Publish one event; return the seconds until every listener has it."""
    waiting = [asyncio.create_task(one.reader.readuntil(b"event: entry")) for one in connections]
    begun = time.perf_counter()
    verdicts = await asyncio.to_thread(intake.take, Batch([Received(raw, "bench")]))
    if verdicts[0].kind != "stored":
        raise RuntimeError(f"the event is {verdicts[0].kind}")
    await asyncio.gather(*waiting)
    return time.perf_counter() - begun


def _cost(server: Server) -> Cost:
    """Return the memory of the process that serves, and what it and its companions have used."""
    processes = [server.process, *server.process.children()]
    times = [process.cpu_times() for process in processes]
    memory_mb = server.process.memory_info().rss / 2**20
    return Cost(memory_mb, sum(one.user + one.system for one in times))


if __name__ == "__main__":
    main()
