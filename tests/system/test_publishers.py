"""Whatever a publisher can have a broker take: consumers live, every record has its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import zstandard
from kafka import KafkaProducer

from tests.system.checking import NOTHING, found_in
from tests.system.consumers import Installed, consumer, until
from tests.system.lives import Life
from tests.system.raw_batches import PACKERS, ZSTD, Raw, batch, produce, written
from tests.system.topics import Acknowledged, Sent, Topic, events, topic_on

GOOD = 40
BOMB_BYTES = 300 << 20
MEMORY_MAX_MIB = 350
POLL_S = 0.05
GENERAL_ATTRIBUTES = [(b"ce_id", b"1"), (b"ce_source", b"s"), (b"ce_specversion", b"1.0")]
BAD = [
    Raw(b"{}", headers=[(b"ce_\xff", b"1")]),
    Raw(b"{}", headers=[*GENERAL_ATTRIBUTES, (b"ce_", b"empty")]),
    Raw(b"{}", headers=[(b"ce_id", None), (b"ce_source", b"s")]),
    Raw(b"{}", headers=[*GENERAL_ATTRIBUTES, (b"ce_id", b"2")]),
    Raw(b"{}", headers=[*GENERAL_ATTRIBUTES, (b"ce_extra", b"x" * 900_000)]),
    Raw(b"{}", headers=[(b"ce_id", b"1")] * 1_000),
    Raw(None, None),
    Raw(None, b"key"),
    Raw(b"", None, [(b"\xff", None)]),
]
"""Records that are no events, which brokers take."""


@pytest.fixture
def topic(bootstrap: str) -> Iterator[Topic]:
    """Lend a topic of one partition."""
    with topic_on(bootstrap, partitions=1) as made:
        yield made


@pytest.fixture
def installed(home: Path, database_url: str, topic: Topic) -> Installed:
    """Give an installation that reads the test's topic."""
    return Installed(home, database_url, topic, {})


class Odd:
    """Appends batches of any bytes to the topic, and notes the good events in them."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._good = events(range(GOOD))
        self.bad = 0

    def good(self) -> Raw:
        """Return the next good event, with a header that is nobody's business."""
        sent = next(self._good)
        return Raw(sent.value, sent.key, [(b"\xff\xfe", None), (b"", b"\0")])

    def append(
        self,
        records: list[Raw],
        *,
        body: bytes | None = None,
        attributes: int = 0,
        first_ms: int = 1,
    ) -> None:
        """Have the broker append a batch; all but good events in it are bad."""
        packed = written(records) if body is None else body
        made = batch(packed, len(records), attributes=attributes, first_ms=first_ms)
        base = produce(self._topic.bootstrap, self._topic.name, made)
        for at, record in enumerate(records):
            self.bad += not record.headers or record.headers[0][0] != b"\xff\xfe"
            sent = Sent(record.value, record.key)
            self._topic.truth.append(Acknowledged(0, base + at, sent))


def test_whatever_a_broker_takes_ends_as_a_verdict(installed: Installed) -> None:
    """Odd headers, times, offsets and every codec: good events are stored, bad ones put aside."""
    odd = Odd(installed.topic)
    for record in BAD:
        odd.append([odd.good(), record, odd.good()])
    odd.append([odd.good()], first_ms=-7)
    odd.append([odd.good()], first_ms=-1)
    odd.append([odd.good()], attributes=8)
    two = [odd.good(), odd.good()]
    # What records state of their offsets a broker overwrites only by counting them.
    odd.append(two, body=two[0].written(9) + two[1].written(0))
    for codec, pack in PACKERS:
        two = [odd.good(), odd.good()]
        odd.append(two, body=pack(written(two)), attributes=codec)
    odd.append([odd.good()])
    assert consumed(installed) == odd.bad
    truth = installed.topic.truth
    assert found_in(installed.database_url, installed.home, truth=truth) == NOTHING


def test_a_batch_that_grows_beyond_all_bounds_fills_no_memory(installed: Installed) -> None:
    """A megabyte of it is undone at a time; what stands around in the same batch is stored."""
    odd = Odd(installed.topic)
    bomb = [odd.good(), Raw(bytes(BOMB_BYTES)), odd.good()]
    crowd = [odd.good(), *[Raw(b"", None, [(b"x", bytes(900_000))])] * 300, odd.good()]
    for records in (bomb, crowd):
        odd.append(records, body=zstandard.compress(written(records)), attributes=ZSTD)
    life = Life(installed)
    peak = 0

    def is_through() -> bool:
        nonlocal peak
        peak = max(peak, psutil.Process(life.pid).memory_info().rss)
        return installed.reached() == installed.topic.ends()

    try:
        until(is_through, life.said)
    finally:
        life.kill()
    truth = installed.topic.truth
    assert found_in(installed.database_url, installed.home, truth=truth) == NOTHING
    assert sum(one["invalid"] for one in installed.status().values()) == odd.bad
    print(f"peak {peak >> 20} MiB")
    assert peak < MEMORY_MAX_MIB << 20


def test_what_was_aborted_is_not_stored(installed: Installed) -> None:
    """Of transactions only what was committed counts; their markers are offsets without events."""
    topic = installed.topic
    good = list(events(range(GOOD)))
    settings = {"transactional_id": topic.name, "acks": "all"}
    with closing(KafkaProducer(bootstrap_servers=topic.bootstrap, **settings)) as publishing:
        publishing.init_transactions()
        for at in range(0, GOOD, 10):
            publishing.begin_transaction()
            sent = [publishing.send(topic.name, *one[:2]) for one in good[at : at + 10]]
            publishing.flush()
            is_kept = at % 20 == 0
            (publishing.commit_transaction if is_kept else publishing.abort_transaction)()
            for one, future in zip(good[at : at + 10], sent, strict=True):
                offset = future.get().offset
                kept = one if is_kept else one._replace(value=None)
                topic.truth.append(Acknowledged(0, offset, kept))
    topic.publish(events([GOOD]))
    assert consumed(installed) == 0
    assert found_in(installed.database_url, installed.home, truth=topic.truth) == NOTHING


def consumed(installed: Installed) -> int:
    """Consume all that was acknowledged; return how much of it was invalid."""
    with consumer(installed, "--from", "earliest") as running:
        until(lambda: installed.reached() == installed.topic.ends(), running.said)
        assert running.stop() == 0, running.said()
    (status,) = installed.status().values()
    assert status["is_complete"]
    held = installed.command("quarantine", "list", "--json").json()
    assert len(held["events"]) == status["invalid"]
    return int(status["invalid"])
