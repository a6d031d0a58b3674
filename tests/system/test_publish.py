"""What `toldonce publish` promises, against a real broker."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from consumers.errors import BrokersUnavailable, FileMissing, TopicMissing
from consumers.files import Watcher
from consumers.publishing import producing
from consumers.publishing.producing import Destination, Manner, Publishing
from consumers.verdicts import Verdict
from tests.brokers import cluster
from tests.cli.conftest import Here, here
from tests.cli.running import begun, environment
from tests.consumers.published import clock, raw, write_lines
from tests.system.read_back import records
from tests.system.topics import Topic, events

__all__ = ["here"]
EVENTS = 3_000
STOP_S = 300


class Hearing(Watcher):
    """Remembers what was told."""

    def __init__(self) -> None:
        self.refusals: list[tuple[str, int, str]] = []

    def refused(self, file: str, line: int, *, verdict: Verdict) -> None:
        """Remember a refused line."""
        self.refusals.append((file, line, verdict.kind))


@pytest.fixture
def to(topic: Topic) -> Destination:
    """Give a topic of the test's own."""
    return Destination(topic.bootstrap, topic.name)


def test_every_event_is_there_once_and_in_the_order_of_its_key(
    to: Destination, tmp_path: Path
) -> None:
    """What was acknowledged is what can be read; the events of one customer share a partition."""
    path = write_lines(tmp_path / "events.ndjson", (raw(n) for n in range(EVENTS)))
    counts = Publishing(to, clock).run([path])
    assert counts.to_json() == {"acknowledged": EVENTS, "invalid": 0}
    found = records(to.servers, to.topic)
    ids = [json.loads(record.value)["id"] for record in found]
    assert sorted(ids) == sorted(f"e-{n}" for n in range(EVENTS))
    partitions: dict[bytes, set[int]] = {}
    order: dict[bytes, list[int]] = {}
    for record, event_id in zip(found, ids, strict=True):
        partitions.setdefault(record.key, set()).add(record.partition)
        order.setdefault(record.key, []).append(int(event_id[2:]))
    assert set(partitions) == {f"account_no:A-{n}".encode() for n in range(7)}
    assert all(len(places) == 1 for places in partitions.values())
    assert all(numbers == sorted(numbers) for numbers in order.values())


def test_what_is_no_event_is_told_and_not_published(to: Destination, tmp_path: Path) -> None:
    """Its neighbours are published, and a line that is too long is refused too."""
    long = raw(2).replace(b"first", b"x" * 70_000)
    path = write_lines(tmp_path / "events.ndjson", [raw(1), b"{", b"", long, raw(3)])
    told = Hearing()
    counts = Publishing(to, clock).run([path], watcher=told)
    assert counts.to_json() == {"acknowledged": 2, "invalid": 2}
    assert told.refusals == [("events.ndjson", 2, "invalid"), ("events.ndjson", 4, "invalid")]
    assert {record.value for record in records(to.servers, to.topic)} == {raw(1), raw(3)}


def test_unchecked_lines_are_published_as_they_are(to: Destination, tmp_path: Path) -> None:
    """What is no event has no key; what is one keeps its own."""
    path = write_lines(tmp_path / "events.ndjson", [b"{", raw(1), b"\xff\0"])
    counts = Publishing(to, clock, manner=Manner(is_checked=False)).run([path])
    assert counts.to_json() == {"acknowledged": 3, "invalid": 0}
    found = {record.value: record.key for record in records(to.servers, to.topic)}
    assert found == {b"{": None, b"\xff\0": None, raw(1): b"account_no:A-1"}


def test_binary_mode_puts_attributes_into_headers(to: Destination, tmp_path: Path) -> None:
    """The value is the data alone."""
    path = write_lines(tmp_path / "events.ndjson", [raw(1)])
    Publishing(to, clock, manner=Manner(is_binary=True)).run([path])
    (record,) = records(to.servers, to.topic)
    assert json.loads(record.value) == json.loads(raw(1))["data"]
    assert dict(record.headers)["ce_id"] == b"e-1"


def test_a_rate_is_kept(to: Destination, tmp_path: Path) -> None:
    """Never faster than asked for."""
    path = write_lines(tmp_path / "events.ndjson", (raw(n) for n in range(51)))
    begun = time.monotonic()
    Publishing(to, clock, manner=Manner(rate=100)).run([path])
    assert time.monotonic() - begun >= 0.5


def test_what_waits_for_the_brokers_is_bounded(
    to: Destination, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bound smaller than a single event lets one through at a time."""
    monkeypatch.setattr(producing, "UNDER_WAY_BYTES_MAX", 0)
    path = write_lines(tmp_path / "events.ndjson", (raw(n) for n in range(20)))
    assert Publishing(to, clock).run([path]).acknowledged == 20


def test_a_topic_that_is_not_there_is_said(
    bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not made by a slip of the pen."""
    monkeypatch.setattr(producing, "CONNECT_MS_MAX", 5_000)
    path = write_lines(tmp_path / "events.ndjson", [raw(1)])
    with pytest.raises(TopicMissing, match="no topic nowhere"):
        Publishing(Destination(bootstrap, "nowhere"), clock).run([path])


def test_a_file_that_is_not_there_is_said_before_any_broker_is_asked(tmp_path: Path) -> None:
    """Nothing of other files is published either."""
    path = write_lines(tmp_path / "events.ndjson", [raw(1)])
    with pytest.raises(FileMissing):
        Publishing(Destination("127.0.0.1:1", "x"), clock).run([path, tmp_path / "no"])


def test_brokers_that_are_not_there_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within seconds, and with their address."""
    monkeypatch.setattr(producing, "CONNECT_MS_MAX", 500)
    path = write_lines(tmp_path / "events.ndjson", [raw(1)])
    with pytest.raises(BrokersUnavailable, match="127.0.0.1:1"):
        Publishing(Destination("127.0.0.1:1", "x"), clock).run([path])


def test_brokers_that_go_away_end_it_with_what_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count says what is there for certain."""
    monkeypatch.setattr(producing, "DELIVERY_MS_MAX", 10_000)
    monkeypatch.setattr(producing, "REQUEST_MS_MAX", 5_000)
    path = write_lines(tmp_path / "events.ndjson", (raw(n) for n in range(100_000)))
    with cluster(tmp_path / "kafka") as running:
        topic = Topic(running.bootstrap, "events", 3)
        topic.create()
        # From here on somebody leads each partition, so that only the end of the broker counts.
        topic.publish(events(range(30)))
        to = Destination(topic.bootstrap, topic.name)

        class Killing(Watcher):
            def advanced(self, done: int, total: int | None, *, counts: object) -> None:
                if work.counts.acknowledged:
                    running.kill()

        work = Publishing(to, clock, manner=Manner(rate=5_000))
        with pytest.raises(BrokersUnavailable):
            work.run([path], watcher=Killing())
        assert 0 < work.counts.acknowledged < 100_000


def test_the_command_says_what_became_of_the_lines(
    here: Here, to: Destination, tmp_path: Path
) -> None:
    """Counts on standard output, refused lines on standard error, and an exit code."""
    path = write_lines(tmp_path / "events.ndjson", [raw(1), b"{"])
    servers = {"TOLDONCE_KAFKA_BOOTSTRAP_SERVERS": to.servers, "TOLDONCE_KAFKA_TOPIC": to.topic}
    done = here("publish", path, **servers)
    assert (done.code, done.out) == (1, "1 acknowledged · 1 invalid\n")
    assert done.err.startswith("events.ndjson:2: invalid")
    done = here("publish", path, "--no-check", "--json")
    assert (done.code, done.json()) == (0, {"acknowledged": 2, "invalid": 0})


def test_the_command_wants_to_know_which_brokers(here: Here, tmp_path: Path) -> None:
    """No default sends customers' events to whoever listens there."""
    done = here("publish", write_lines(tmp_path / "events.ndjson", [raw(1)]))
    assert done.code == 2
    assert "TOLDONCE_KAFKA_BOOTSTRAP_SERVERS" in done.err
    assert here("publish", tmp_path / "events.ndjson", "--binary", "--no-check").code == 2


def test_a_command_that_waits_for_lines_can_be_stopped(to: Destination, tmp_path: Path) -> None:
    """A pipe that stays open and silent holds nobody up."""
    options = ("--bootstrap-servers", to.servers, "--topic", to.topic)
    with begun(
        *("publish", "-", *options),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    ) as process:
        assert process.stdin and process.stderr
        process.stdin.write(b"".join(raw(n) + b"\n" for n in range(3)))
        process.stdin.flush()
        deadline = time.monotonic() + STOP_S
        while len(records(to.servers, to.topic)) < 3:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_S) == 130
        said = process.stderr.read().decode()
    assert said.splitlines()[-1].startswith("3 acknowledged until then")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_stopped_says_how_far_it_came(
    to: Destination, tmp_path: Path, number: int, code: int
) -> None:
    """What is under way is acknowledged first, so the count is what the topic holds."""
    path = write_lines(tmp_path / "events.ndjson", (raw(n) for n in range(100_000)))
    options = ("--bootstrap-servers", to.servers, "--topic", to.topic, "--rate", "1000")
    with begun(
        *("publish", path, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    ) as process:
        deadline = time.monotonic() + STOP_S
        while not records(to.servers, to.topic):
            assert time.monotonic() < deadline
        process.send_signal(number)
        out, err = process.communicate(timeout=STOP_S)
    assert (process.returncode, out) == (code, "")
    said = int(err.split(" acknowledged until then")[0].splitlines()[-1].replace(",", ""))
    assert len(records(to.servers, to.topic)) == said
    assert "Traceback" not in err
