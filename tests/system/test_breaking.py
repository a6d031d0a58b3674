"""Zombies, rivals, lost answers, stopped databases and brokers: exactly once all the same."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from cli.embedded import embedded_postgres
from cli.exit_codes import ExitCode
from eventlog.migrate import migrate
from tests.brokers import cluster
from tests.system.checking import NOTHING, found_in
from tests.system.consumers import DEADLINE_S, Installed, until
from tests.system.lives import Life, struck_at
from tests.system.proxy import OUTCOMES, commit_thief
from tests.system.publishing import published_meanwhile
from tests.system.topics import Sent, Topic, events, topic_on

IS_SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SOAK = 10 if IS_SOAK else 1
CYCLES = 30 * SOAK
IDLE_MAX_S = 30
REPLIES_LOST = 4 * SOAK
DATABASE_STOPS = 3 * SOAK
BAD_RECORDS = 20_000 * SOAK
GOOD_RECORDS = 2_000
HUGE_EVERY = 200
HUGE_BYTES = 900_000
MEMORY_MAX_MIB = 350
# More batches than it stores until it notices that it was given up.
UNREAD = 2_000
SLEEPY = {"TOLDONCE_KAFKA_SESSION_TIMEOUT_MS": "1000", "TOLDONCE_CONSUME_BATCH_EVENTS": "10"}
POLL_S = 0.05


@pytest.fixture
def installed(home: Path, database_url: str, topic: Topic) -> Installed:
    """Give an installation that reads the test's topic in small batches."""
    return Installed(home, database_url, topic, {"TOLDONCE_CONSUME_BATCH_EVENTS": "50"})


def read_through(installed: Installed, life: Life) -> None:
    """Wait until everything acknowledged is consumed."""
    ends = {at: end for at, end in installed.topic.ends().items() if end}
    until(lambda: installed.reached() == ends, life.said)


def check(installed: Installed) -> None:
    """Hold the log against the truth."""
    found = found_in(installed.database_url, installed.home, truth=installed.topic.truth)
    print(f"acknowledged {len(installed.topic.truth)}: {found}")
    assert found == NOTHING
    assert all(one["is_complete"] for one in installed.status().values())


@pytest.mark.parametrize("point", ["decoded", "in the middle of COPY", "before COMMIT"])
def test_a_zombie_that_wakes_after_the_takeover_stores_nothing_more(
    installed: Installed, point: str
) -> None:
    """Stopped with SIGSTOP, even while it holds the writer lock, it stops nobody for long."""
    installed.topic.publish(events(range(600)))
    zombie = Life(installed, point, passages=2, number=signal.SIGSTOP)
    until(lambda: struck_at(zombie.notes)[point] == 1, zombie.said)
    other = Life(installed)
    try:
        until(lambda: len(installed.owners()) == 2 or other.pid == _only(installed), other.said)
        read_through(installed, other)
        zombie.send(signal.SIGCONT)
        installed.topic.publish(events(range(600, 900)))
        ends = {at: end for at, end in installed.topic.ends().items() if end}
        until(lambda: installed.reached() == ends, lambda: f"{zombie.said()}\n{other.said()}")
        until(lambda: "event=taken" in zombie.said(), zombie.said)
    finally:
        zombie.kill()
        other.kill()
    check(installed)


def test_a_consumer_that_slept_for_longer_than_its_session_goes_on(installed: Installed) -> None:
    """Its partitions are nobody's by then, and much of them is fetched and not read yet."""
    installed.topic.publish(events(range(UNREAD)))
    sleeper = Life(replace(installed, settings=SLEEPY), "decoded", number=signal.SIGSTOP)
    try:
        until(lambda: struck_at(sleeper.notes).total() == 1, sleeper.said)
        until(lambda: installed.topic.members() == 0, sleeper.said)
        claims = sleeper.said().count("=claimed") + installed.topic.partitions
        sleeper.send(signal.SIGCONT)
        until(
            lambda: not sleeper.process.is_alive() or sleeper.said().count("=claimed") >= claims,
            sleeper.said,
        )
        assert sleeper.process.is_alive(), sleeper.said()
        read_through(installed, sleeper)
        assert sleeper.stop() == 0, sleeper.said()
    finally:
        sleeper.kill()
    check(installed)


def test_two_consumers_forced_onto_the_same_partitions_store_each_event_once(
    installed: Installed,
) -> None:
    """Two groups know nothing of each other; the database alone decides whose a partition is."""
    rival = replace(installed, settings={**installed.settings, "TOLDONCE_KAFKA_GROUP": "rival"})
    one, other = Life(installed), Life(rival)
    try:
        with published_meanwhile(installed.topic):
            until(lambda: "event=taken" in one.said() and "event=taken" in other.said(), one.said)
        read_through(installed, one)
    finally:
        one.kill()
        other.kill()
    check(installed)


def test_a_commit_without_an_answer_is_looked_up_and_not_repeated_blindly(
    installed: Installed,
) -> None:
    """Committed, not committed, committed only after we asked: each is found out."""
    with commit_thief(installed.database_url) as thief:
        behind = replace(installed, database_url=thief.url)
        life = Life(behind)
        try:
            with published_meanwhile(installed.topic, chunk=30):
                for number in range(REPLIES_LOST * len(OUTCOMES)):
                    before = thief.lost.total()
                    thief.lose_next(OUTCOMES[number % len(OUTCOMES)])
                    until(lambda before=before: thief.lost.total() > before, life.said)
            read_through(installed, life)
            said = life.said()
        finally:
            life.kill()
    print(dict(thief.lost))
    assert set(thief.lost) == set(OUTCOMES)
    assert said.count("is_stored=true") >= REPLIES_LOST // 2
    assert said.count("is_stored=false") >= REPLIES_LOST // 2
    check(installed)


def test_rebalances_leave_no_partition_alone(installed: Installed) -> None:
    """A second member comes and goes 30 times while events arrive; the partitions go on."""
    steady = Life(installed)
    idle = Idle(installed)
    try:
        with published_meanwhile(installed.topic):
            for _ in range(CYCLES):
                second = Life(installed)
                idle.until(lambda second=second: _owns(installed, second), second)
                assert second.stop() == 0, second.said()
                idle.until(lambda second=second: not _owns(installed, second), steady)
        read_through(installed, steady)
    finally:
        steady.kill()
    print(f"rebalances {2 * CYCLES}, longest idle {idle.longest_s:.1f} s")
    assert idle.longest_s < IDLE_MAX_S
    check(installed)


class Idle:
    """Watches how long a partition goes without moving on."""

    def __init__(self, installed: Installed) -> None:
        self.longest_s = 0.0
        self._installed = installed
        self._moved: dict[int, tuple[int, float]] = {}

    def until(self, is_there: object, life: Life) -> None:
        """Wait until something is so, and watch meanwhile."""
        assert callable(is_there)

        def watched() -> bool:
            self._watch()
            return bool(is_there())

        until(watched, life.said)

    def _watch(self) -> None:
        now = time.monotonic()
        for partition, offset in self._installed.reached().items():
            before, at = self._moved.get(partition, (-1, now))
            if offset != before:
                self._moved[partition] = (offset, now)
                at = now if before < 0 else at
                self.longest_s = max(self.longest_s, now - at)


def test_a_database_that_stops_at_once_loses_nothing(home: Path, topic: Topic) -> None:
    """PostgreSQL ended immediately, again and again; consumers wait for it or are started again."""
    with tempfile.TemporaryDirectory(prefix="toldonce-home-") as folder:
        place = Path(folder)
        with embedded_postgres(place) as server:
            migrate(server.url())
            installed = Installed(
                home, server.url(), topic, {"TOLDONCE_CONSUME_BATCH_EVENTS": "50"}
            )
            life = Life(installed)
            with published_meanwhile(topic):
                for _ in range(DATABASE_STOPS):
                    life = _grown(installed, life)
                    _stop_at_once(place)
                    server.close()
                    server = embedded_postgres(place)
            life = _alive(installed, life)
            read_through(installed, life)
            life.kill()
            check(installed)
            server.close()


def _grown(installed: Installed, life: Life) -> Life:
    """Wait until the log has grown by some batches, restarting a consumer that gave up."""
    before = sum(installed.reached().values())
    deadline = time.monotonic() + DEADLINE_S
    while sum(installed.reached().values()) < before + 200:
        life = _alive(installed, life)
        assert time.monotonic() < deadline, life.said()
        time.sleep(POLL_S)
    return life


def _alive(installed: Installed, life: Life) -> Life:
    if life.process.is_alive():
        return life
    assert life.process.exitcode == ExitCode.INFRASTRUCTURE, life.said()
    return Life(installed)


def _stop_at_once(place: Path) -> None:
    pid = int((place / "postgres/data/postmaster.pid").read_text().split("\n")[0])
    process = psutil.Process(pid)
    process.send_signal(signal.SIGQUIT)
    deadline = time.monotonic() + DEADLINE_S
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(POLL_S)


def test_brokers_that_are_restarted_and_killed_lose_nothing_for_us(
    home: Path, database_url: str, tmp_path: Path
) -> None:
    """Three brokers; one is restarted cleanly, another killed, while events arrive."""
    with (
        cluster(tmp_path / "kafka", nodes=3) as three,
        topic_on(three.bootstrap, partitions=3) as topic,
    ):
        installed = Installed(home, database_url, topic, {})
        life = Life(installed)
        with published_meanwhile(topic):
            _wait_for_more(installed, life)
            three.brokers[0].stop()
            _wait_for_more(installed, life)
            three.brokers[0].start()
            three.brokers[0].wait()
            _wait_for_more(installed, life)
            three.brokers[1].kill()
            _wait_for_more(installed, life)
            three.brokers[1].start()
            three.brokers[1].wait()
        read_through(installed, life)
        life.kill()
        check(installed)


def _wait_for_more(installed: Installed, life: Life) -> None:
    before = installed.reached()
    until(
        lambda: (
            all(end > before.get(at, 0) for at, end in installed.reached().items())
            and len(installed.reached()) == 3
        ),
        life.said,
    )


def test_poison_and_huge_records_harm_no_neighbour_and_fill_no_memory(
    installed: Installed,
) -> None:
    """20,000 bad records among good ones: each is in quarantine, the memory stays in its bound."""
    installed.topic.publish(mixed())
    life = Life(replace(installed, settings={}))
    peak = 0
    ends = {at: end for at, end in installed.topic.ends().items() if end}
    try:
        process = psutil.Process(life.pid)
        deadline = time.monotonic() + 900 * SOAK
        while installed.reached() != ends:
            peak = max(peak, process.memory_info().rss)
            assert life.process.is_alive(), life.said()
            assert time.monotonic() < deadline, life.said()
            time.sleep(POLL_S)
    finally:
        life.kill()
    check(installed)
    assert sum(one["invalid"] for one in installed.status().values()) == BAD_RECORDS
    print(f"bad {BAD_RECORDS}, good {GOOD_RECORDS}, peak {peak >> 20} MiB")
    assert peak < MEMORY_MAX_MIB << 20


def mixed() -> Iterator[Sent]:
    """Yield good events, each followed by its share of bad records."""
    good = events(range(GOOD_RECORDS))
    for number in range(BAD_RECORDS):
        if number % (BAD_RECORDS // GOOD_RECORDS) == 0:
            yield next(good)
        yield Sent(bad(number), str(number).encode())


def bad(number: int) -> bytes:
    """Return one of many things that are no event."""
    if number % HUGE_EVERY == 0:
        return b'{"specversion":"1.0","id":"' + b"x" * HUGE_BYTES
    kinds = (
        b"\x00",
        b"\xef\xbb\xbf{}",
        b"[" * 10_000,
        b'{"a":' * 1_000 + b"NaN",
        b'{"id":"\\ud800","id":"%d"}' % number,
        b'{"specversion":"1.0","data":1e400}',
        b'"\\u0000"',
        json.dumps({"specversion": "1.0", "id": str(number), "secret": "x" * 300}).encode(),
    )
    return kinds[number % len(kinds)]


def _owns(installed: Installed, life: Life) -> bool:
    return any(owner.endswith(f":{life.pid}") for owner in installed.owners())


def _only(installed: Installed) -> int:
    (owner, *_) = installed.owners()
    return int(owner.rpartition(":")[2])
