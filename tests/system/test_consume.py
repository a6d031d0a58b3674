"""From Kafka into the log: all of it, once, in order, whoever reads and however often."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from kafka.errors import KafkaConnectionError
from kafka.future import Future

from cli.exit_codes import ExitCode
from consumers.topics.connecting import Bounds, Connection
from consumers.topics.partitions import Place
from consumers.topics.polling import Poller
from tests.over_http import get
from tests.system.checking import NOTHING, found_in
from tests.system.consumers import NOWHERE, Consumer, Installed, consumer, until
from tests.system.topics import Sent, Topic, event, events

EVENTS = 10_000
READ_S = 300
KINDS = ("stored", "duplicate", "conflict", "invalid", "suppressed", "absent")


@pytest.fixture
def installed(home: Path, database_url: str, topic: Topic) -> Installed:
    """Give an installation that reads the test's topic in small batches."""
    return Installed(home, database_url, topic, {"TOLDONCE_CONSUME_BATCH_EVENTS": "500"})


def caught_up(installed: Installed) -> Callable[[], bool]:
    """Return what says whether all that was acknowledged is consumed."""
    ends = installed.topic.ends()

    def is_there() -> bool:
        return installed.reached() == {at: end for at, end in ends.items() if end}

    return is_there


def consume_all(installed: Installed, running: Consumer) -> None:
    """Wait until everything acknowledged is consumed."""
    until(caught_up(installed), running.said)


def check(installed: Installed) -> None:
    """Hold the log against the truth."""
    truth = installed.topic.truth
    assert found_in(installed.database_url, installed.home, truth=truth) == NOTHING


def test_every_event_of_three_partitions_is_in_the_log_once_and_in_order(
    installed: Installed,
) -> None:
    """10,000 events, one consumer, exactly the truth; the counts add up to the offsets."""
    installed.topic.publish(events(range(EVENTS)))
    with consumer(installed, "--from", "earliest") as running:
        consume_all(installed, running)
        assert running.stop() == 0
    check(installed)
    status = installed.status()
    assert sum(one["stored"] for one in status.values()) == EVENTS
    for one in status.values():
        assert one["is_complete"] and one["lag"] == 0
        assert one["consumed"] == sum(one[kind] for kind in KINDS)


def test_two_consumers_share_the_partitions_and_one_goes_on_alone(installed: Installed) -> None:
    """Whoever leaves hands over; nothing is lost between the two."""
    installed.topic.publish(events(range(3_000)))
    with (
        consumer(installed, "--from", "earliest") as one,
        consumer(installed, "--from", "earliest") as other,
    ):
        consume_all(installed, one)
        until(lambda: len(installed.owners()) == 2, one.said)
        installed.topic.publish(events(range(3_000, 6_000)))
        consume_all(installed, one)
        assert one.stop() == 0
        installed.topic.publish(events(range(6_000, 9_000)))
        consume_all(installed, other)
        assert other.stop() == 0
    check(installed)


def test_a_restart_goes_on_where_it_stopped_without_saying_where(installed: Installed) -> None:
    """Where to begin is said once; from then on the log knows."""
    installed.topic.publish(events(range(1_000)))
    with consumer(installed, "--from", "earliest") as running:
        consume_all(installed, running)
        assert running.stop() == 0
    installed.topic.publish(events(range(1_000, 2_000)))
    with consumer(installed) as running:
        consume_all(installed, running)
    check(installed)


def test_bad_records_among_good_ones_are_quarantined_and_harm_nobody(
    installed: Installed,
) -> None:
    """Tombstones, garbage, batches, broken headers: each has its verdict, neighbours theirs."""
    good = list(events(range(500)))
    bad = [
        Sent(None, b"k"),
        Sent(b"", b"k"),
        Sent(b"\x00\xff garbage", b"k"),
        Sent(b"[]", b"k"),
        Sent(b"{", b"k"),
        Sent(b"{}", b"k", [("content-type", b"application/cloudevents-batch+json")]),
        Sent(b"{}", b"k", [("ce_id", b"\xff\xfe"), ("ce_source", b"s")]),
        Sent(b"x" * 200_000, b"k"),
    ]
    mixed = [sent for at, one in enumerate(good) for sent in (one, *bad[at : at + 1])]
    installed.topic.publish(mixed)
    with consumer(installed, "--from", "earliest") as running:
        consume_all(installed, running)
        assert running.stop() == 0
    check(installed)
    assert sum(one["invalid"] for one in installed.status().values()) == len(bad)
    held = installed.command("quarantine", "list", "--json").json()
    origins = {one["origin"].partition("/")[0] for one in held["events"]}
    assert origins == {installed.topic.name}
    assert len(held["events"]) == len(bad)


def test_binary_mode_is_the_same_event(installed: Installed) -> None:
    """Attributes in ce_ headers and data in the value give what structured mode gives."""
    (structured,) = events([1])
    members = event(1, "A-1")
    data = json.dumps(members.pop("data")).encode()
    headers = [(f"ce_{name}", str(value).encode()) for name, value in members.items()]
    binary = Sent(data, structured.key, [*headers, ("content-type", b"application/json")])
    installed.topic.publish([structured, binary])
    with consumer(installed, "--from", "earliest") as running:
        consume_all(installed, running)
    counts = installed.status().values()
    assert sum(one["stored"] for one in counts) == 1
    assert sum(one["duplicate"] for one in counts) == 1


def test_the_whole_topic_published_twice_is_stored_once(installed: Installed) -> None:
    """The second time every event is a duplicate, and the counts say so."""
    for _ in range(2):
        installed.topic.publish(events(range(3_000)))
    with consumer(installed, "--from", "earliest") as running:
        consume_all(installed, running)
    check(installed)
    counts = installed.status().values()
    assert sum(one["duplicate"] for one in counts) == 3_000


def test_pausing_again_and_again_leaves_no_partition_behind(topic: Topic) -> None:
    """What was fetched of a partition before it was paused is read once it is resumed."""
    for _ in range(20):
        topic.publish(events(range(300)))
    bounds = Bounds(batch_records=70, fetch_bytes=40_000, partition_fetch_bytes=20_000)
    poller = Poller(Connection(topic.bootstrap, topic.name, topic.name), bounds)
    reached = dict.fromkeys(range(topic.partitions), 0)
    deadline = time.monotonic() + READ_S
    for turn in count():
        if reached == topic.ends():
            break
        assert time.monotonic() < deadline, (reached, topic.ends())
        for place in poller.assignment.changes()[0]:
            poller.read_from(place, 0)
        poller.poll(0.2, 70)
        held = [Place(topic.name, turn % topic.partitions)]
        poller.pause(held)
        poller.poll(0, 1_000)
        poller.resume(held)
        for place, records in poller.taken(70).items():
            assert records[0].offset == reached[place.partition]
            reached[place.partition] = records[-1].offset + 1
    poller.close()


def test_a_client_that_asked_for_no_more_metadata_asks_again(topic: Topic) -> None:
    """It gives up for ever where a request fails that it waits for while it joins the group."""
    topic.publish(events(range(30)))
    poller = Poller(Connection(topic.bootstrap, topic.name, topic.name), Bounds())
    cluster = poller._consumer._cluster

    async def fail(request: Future) -> None:
        await cluster._manager._net.sleep(0.1)
        request.failure(KafkaConnectionError("reset"))

    def has_ended() -> bool:
        if not cluster.metadata_refresh_in_progress:
            cluster._refresh_future = Future()
            cluster._manager.call_soon(fail, cluster._refresh_future)
            cluster._wakeup.notify()
        return bool(cluster._refresh_loop_future.is_done)

    until(has_ended, str, 30)
    assigned: set[Place] = set()

    def has_all() -> bool:
        poller.poll(0.2, 70)
        assigned.update(poller.assignment.changes()[0])
        return len(assigned) == topic.partitions

    until(has_all, str, 30)
    poller.close()


def test_figures_are_served_to_prometheus_and_name_nobody(installed: Installed) -> None:
    """Verdicts, lag, batches and rebalances, with partitions as the only names."""
    installed.topic.publish(events(range(200)))
    with consumer(installed, "--from", "earliest", "--metrics-port", "0") as running:
        consume_all(installed, running)
        (address,) = re.findall(r"figures at (http://\S+?),", running.said())
        until(lambda: _figure(address, "events_total") == 200, running.said)
        assert _figure(address, "batches_total") >= 1
        assert _figure(address, "rebalances") >= 1
        assert _figure(address, "lag") == 0
        said = get(f"{address}/metrics").text
        assert running.stop() == 0
    assert "A-1" not in said


def test_nothing_that_an_event_says_is_logged(installed: Installed) -> None:
    """Neither good nor bad events leave anything of theirs in what the process prints."""
    installed.topic.publish([Sent(b'{"secret":"canary"', b"canary"), *events(range(50))])
    with consumer(installed, "--from", "earliest") as running:
        consume_all(installed, running)
        assert running.stop() == 0
    assert "canary" not in running.said()
    assert "account_no" not in running.said()


def test_without_brokers_the_command_ends_with_one_line(installed: Installed) -> None:
    """What cannot be reached is named; the status shows what the log knows all the same."""
    alone = replace(installed, settings={**installed.settings, **NOWHERE})
    done = alone.command("consume")
    assert (done.code, done.out) == (ExitCode.INFRASTRUCTURE, "")
    assert done.err.startswith("toldonce: The brokers 127.0.0.1:1 cannot be used")
    assert done.err.count("\n") == 1
    assert alone.command("consume", "--status").code == 0


def _figure(address: str, name: str) -> float:
    said = get(f"{address}/metrics").text
    found = re.findall(rf"^toldonce_consume_{name}(?:{{.*}})? (\S+)$", said, re.MULTILINE)
    return sum(map(float, found))
