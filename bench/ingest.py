"""ingest_vs_copy and freshness_ms: from Apache Kafka into the log, and until a brief shows it.

Called as `python -m bench.ingest [--events N]`; it starts a broker of its own, so it needs Java.
The topic is filled before consumers join; they stand until they share it and are told where to
begin, and are measured from when they took what warms them up: nothing else runs then.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from itertools import islice
from statistics import median, quantiles
from typing import NamedTuple

import httpx
import psycopg2

from bench.append import PREPARE_PROCESSES, copied_s, head
from bench.events import raw_events
from bench.place import Place, place
from consumers.publishing.outgoing import key_of
from domain.decode import Accepted, decode
from domain.handles import Handle
from tests.brokers import shared_bootstrap
from tests.cli.running import COMMAND
from tests.system.consumers import Installed, consumer, until
from tests.system.topics import Sent, Topic, producer, topic_on

EVENTS = 200_000
# Until the processes that prepare large batches have loaded.
WARM_UP = 20_000
PARTITIONS = 4
PUBLISHED_AT_ONCE = 50_000
DEADLINE_S = 900
SESSION_MS = 15_000
# How many processes prepare beside each of so many consumers: two of them keep two processors busy.
BESIDE = {1: PREPARE_PROCESSES, 2: 0}
RATE_S = 2_000
FRESH_S = 20
AT_ONCE = 20
# Each asks until it is answered: many of them would be what keeps the views from being fresh.
PROBED_EVERY = 1_000
ASKED_EVERY_S = 0.02
# A probe that waits for a thread would not be measured: more than are ever under way.
ASKING = 100
UP = ("up", "--port", "0", "--from", "earliest")
SELECT_RECORDED = "SELECT extract(epoch FROM recorded_at) FROM log.entries WHERE stream_id = %s"
SERVING = re.compile(r"serving (http://[^ ,]+)")


def main() -> None:
    """Measure, and print a line for every figure."""
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many (default: {EVENTS})")
    parser.add_argument("--runs", type=int, default=3, help="how often (default: 3)")
    parser.add_argument("--prepare", type=int, help="processes that prepare beside each")
    asked = parser.parse_args()
    with place() as here, shared_bootstrap(here.home / "kafka") as brokers:
        for _ in range(asked.runs):
            for consumers, beside in BESIDE.items():
                prepare = beside if asked.prepare is None else asked.prepare
                rates = ingested(
                    here, brokers, count=asked.events, consumers=consumers, prepare=prepare
                )
                _print_rates(*rates, consumers=consumers)
            _print_freshness(*fresh_ms(here, brokers))


def ingested(
    here: Place, brokers: str, *, count: int, consumers: int, prepare: int
) -> tuple[float, float]:
    """Return events a second that consumers stored from Kafka, and rows a second by COPY."""
    with topic_on(brokers, PARTITIONS) as topic, here.database() as url:
        installed = installed_at(here, url, topic=topic)
        installed.settings["TOLDONCE_PREPARE_PROCESSES"] = str(prepare)
        events = raw_events(count + WARM_UP)
        rate_s = consumed_s(here, installed, events=events, count=count, consumers=consumers)
        return rate_s, copied_s(url, here, count=count)


def consumed_s(
    here: Place, installed: Installed, *, events: Iterator[bytes], count: int, consumers: int
) -> float:
    """Publish events and have them stored; return how many a second, after those to warm up."""
    url = installed.database_url
    end = head(url, here) + WARM_UP + count
    _fill(installed.topic, events)
    with ExitStack() as stack:
        running = [stack.enter_context(consumer(installed)) for _ in range(consumers)]

        def said() -> str:
            return "\n".join(one.said() for one in running)

        def are_shared() -> bool:
            return len(installed.owners()) == consumers and len(installed.halts()) == PARTITIONS

        until(are_shared, said)
        installed.command("consume", "--skip-to", "earliest")
        until(lambda: head(url, here) >= end - count, said, DEADLINE_S)
        before = head(url, here)
        # From one commit on: what is under way when we look is not to count twice.
        until(lambda: head(url, here) > before, said)
        first, begun = head(url, here), time.perf_counter()
        until(lambda: head(url, here) == end, said, DEADLINE_S)
        taken = time.perf_counter() - begun
        for one in running:
            one.stop()
    return (end - first) / taken


class Probed(NamedTuple):
    """A customer whose first call was published at a moment, and after how long a brief told it."""

    account: str
    at_s: float
    shown_ms: float


def fresh_ms(here: Place, brokers: str) -> tuple[list[float], list[float]]:
    """Return how long until a brief of `up` showed each probe among 2,000 events a second.

    The second list is the part of it until the log gave the probe its position.
    """
    with ExitStack() as stack:
        topic = stack.enter_context(topic_on(brokers, PARTITIONS))
        url = stack.enter_context(here.database())
        installed = installed_at(here, url, topic=topic)
        running = stack.enter_context(consumer(installed, program=(str(COMMAND), *UP)))
        until(lambda: SERVING.search(running.said()) is not None, running.said)
        found = SERVING.findall(running.said())
        client = stack.enter_context(httpx.Client(base_url=found[0], timeout=DEADLINE_S))
        probed = _probed(topic, client)
        return [probe.shown_ms for probe in probed], _recorded_ms(url, here, probed=probed)


def _recorded_ms(url: str, here: Place, *, probed: Sequence[Probed]) -> list[float]:
    handles = [Handle("account_no", probe.account) for probe in probed]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        found = []
        for handle, probe in zip(handles, probed, strict=True):
            cursor.execute(SELECT_RECORDED, (str(here.keyring.stream_of(handle)),))
            ((recorded_s,),) = cursor.fetchall()
            found.append(1000 * (float(recorded_s) - probe.at_s))
    return found


def _probed(topic: Topic, client: httpx.Client) -> list[Probed]:
    """Publish at the rate; look up beside it how long each probe takes."""
    # Made before, and published a few at a time: we want processors too.
    raws = list(raw_events(RATE_S * FRESH_S))
    events = [Sent(raw, _key(raw)) for raw in raws]
    with closing(producer(topic.bootstrap)) as publishing, ThreadPoolExecutor(ASKING) as asking:
        waiting: list[Future[Probed]] = []

        def probe(account: str) -> Probed:
            at_s = time.time()
            publishing.send(topic.name, _probe(account), account.encode())
            return Probed(account, at_s, _shown_ms(client, account, since=time.perf_counter()))

        # The consumer joins its group after we are told that it serves: that is not freshness.
        probe("FIRST")
        begun = time.perf_counter()
        for number in range(0, len(events), AT_ONCE):
            for event in events[number : number + AT_ONCE]:
                publishing.send(topic.name, event.value, event.key)
            if number % PROBED_EVERY == 0:
                waiting.append(asking.submit(probe, f"PROBE{number}"))
            time.sleep(max(0.0, begun + number / RATE_S - time.perf_counter()))
        return [each.result() for each in waiting]


def _probe(account: str) -> bytes:
    """Return the first call of a customer whom nobody knows yet."""
    data = {
        "identifiers": [{"type": "account_no", "value": account}],
        "contact_id": account,
        "channel": "voice",
        "direction": "inbound",
    }
    call = {
        "specversion": "1.0",
        "id": account,
        "source": "urn:example:probe",
        "type": "toldonce.contact.started.v1",
        "time": "2026-03-02T10:00:00Z",
        "data": data,
    }
    return json.dumps(call).encode()


def _shown_ms(client: httpx.Client, account: str, *, since: float) -> float:
    while True:
        answer = client.get("/v1/brief", params={"identifier": f"account_no:{account}"})
        taken = time.perf_counter() - since
        # While the views are being made ready it is told that they are, not a brief.
        if answer.is_success and answer.json()["who"]["match"]["level"] != "unknown":
            return 1000 * taken
        if taken > DEADLINE_S:
            raise RuntimeError(f"{account} is not shown")
        # Asking more often than it tells would make those wait who are asked about.
        time.sleep(max(ASKED_EVERY_S, taken / 10))


def installed_at(here: Place, url: str, *, topic: Topic) -> Installed:
    """Return an installation that reads a topic into the log at `url`."""
    return Installed(here.home, url, topic, {"TOLDONCE_KAFKA_SESSION_TIMEOUT_MS": str(SESSION_MS)})


def _fill(topic: Topic, raws: Iterator[bytes]) -> None:
    """Publish events, each keyed as `toldonce publish` does."""
    while some := list(islice(raws, PUBLISHED_AT_ONCE)):
        topic.publish(Sent(raw, _key(raw)) for raw in some)
        # Nobody holds the log against it here, and a million are a gigabyte.
        topic.truth.clear()


def _key(raw: bytes) -> bytes:
    accepted = decode(raw, now=datetime.now(UTC))
    if not isinstance(accepted, Accepted):
        raise TypeError(f"not a valid event: {accepted}")
    return key_of(accepted.event)


def _print_rates(ingest_s: float, copy_s: float, *, consumers: int) -> None:
    print(
        f"ingest_vs_copy  {consumers} consuming  {ingest_s / copy_s:.2f}"
        f"  ({ingest_s:,.0f} events/s, COPY {copy_s:,.0f} rows/s)",
        flush=True,
    )


def _print_freshness(shown_ms: Sequence[float], recorded_ms: Sequence[float]) -> None:
    print(
        f"freshness_ms  `up`  p50 {median(shown_ms):.0f}  p99 {_p99(shown_ms):.0f}, until the log"
        f" has it  p50 {median(recorded_ms):.0f}  p99 {_p99(recorded_ms):.0f}"
        f"  ({len(shown_ms)} probes among {RATE_S:,} events/s)",
        flush=True,
    )


def _p99(taken_ms: Sequence[float]) -> float:
    return quantiles(taken_ms, n=100)[98]


if __name__ == "__main__":
    main()
