"""Eight processes append at once, are killed fifty times, and nothing of it shows in the log."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event, Thread

from eventlog import merkle
from eventlog.database import Database
from eventlog.keyring import Keyring, keyring_file
from eventlog.read import LogReader
from eventlog.sealing import StreamKeys
from tests.databases import until_nobody_writes
from tests.eventlog.writer import write
from tests.forked import FORKED

WRITERS = 8
KILLS = 50
DEADLINE_S = 900
TAIL_S = 120


class Writers:
    """Eight running writers; a killed one is replaced by another with a new seed."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._seed = 0
        self.running: list[BaseProcess] = [self._start() for _ in range(WRITERS)]

    def kill_one(self, chance: random.Random) -> None:
        """Kill a writer without warning and start another."""
        index = chance.randrange(WRITERS)
        self._kill(self.running[index])
        self.running[index] = self._start()

    def kill_all(self) -> None:
        """Kill whoever is left."""
        for process in self.running:
            self._kill(process)

    def _start(self) -> BaseProcess:
        self._seed += 1
        arguments = (
            self._url,
            str(self._folder / "keyring.json"),
            str(self._folder / f"notes-{self._seed}"),
            self._seed,
        )
        process = FORKED.Process(target=write, args=arguments, daemon=True)
        process.start()
        return process

    def _kill(self, process: BaseProcess) -> None:
        assert process.is_alive(), "a writer died by itself"
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()


class Tail(Thread):
    """A reader that follows the log and keeps the positions it saw, in the order it saw them."""

    def __init__(self, url: str, keyring: Keyring, page: int) -> None:
        super().__init__()
        self._reader = LogReader(url, keyring)
        self._page = page
        self.stop = Event()
        self.seen: list[int] = []
        self.failure: Exception | None = None

    def run(self) -> None:
        """Read on until told to stop and nothing is left."""
        try:
            while True:
                last_round = self.stop.is_set()
                entries = self._reader.read(self.seen[-1] if self.seen else 0, self._page)
                self.seen += [entry.position for entry in entries]
                if last_round and not entries:
                    return
                if not entries:
                    self.stop.wait(0.002)
        except Exception as error:  # noqa: BLE001 - the test reports it
            self.failure = error


def test_killed_writers_leave_no_hole_no_repeat_and_no_loss(
    database_url: str, tmp_path: Path
) -> None:
    """8 writers, rollbacks, 50 kills -9: positions 1…N, versions gapless, root as recomputed."""
    keyring = keyring_file(tmp_path / "keyring.json")
    tails = [Tail(database_url, keyring, page) for page in (1, 50, 1000)]
    for tail in tails:
        tail.start()
    writers = Writers(database_url, tmp_path)
    try:
        kill_at_random(writers, LogReader(database_url, keyring))
    finally:
        writers.kill_all()
        until_nobody_writes(database_url)
        for tail in tails:
            tail.stop.set()
            tail.join(TAIL_S)
    assert [tail.failure for tail in tails] == [None] * len(tails)
    check_log(database_url, keyring, tails, tmp_path)


def kill_at_random(writers: Writers, reader: LogReader) -> None:
    """Kill fifty times, each time after the log has grown since the last kill."""
    chance = random.Random(4)  # noqa: S311 - chance, not secrets
    deadline = time.monotonic() + DEADLINE_S
    grown_to = 0
    for _ in range(KILLS):
        while reader.head().position <= grown_to + 100:
            assert time.monotonic() < deadline, "the log stopped growing"
            time.sleep(chance.random() * 0.05)
        grown_to = reader.head().position
        writers.kill_one(chance)


def check_log(url: str, keyring: Keyring, tails: list[Tail], folder: Path) -> None:
    """Hold the whole log against what the writers and the readers noted."""
    reader = LogReader(url, keyring)
    head = reader.head()
    entries = reader.read(0, head.position + 1)
    everything = list(range(1, head.position + 1))
    assert [entry.position for entry in entries] == everything
    assert [tail.seen for tail in tails] == [everything] * len(tails)

    versions: dict[object, list[int]] = {}
    for entry in entries:
        versions.setdefault(entry.stream_id, []).append(entry.stream_version)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in versions.values())

    keys = StreamKeys(Database(url), keyring).find({e.stream_id.bytes for e in entries})
    leaves = [entry.leaf(keys[entry.stream_id.bytes].commitment) for entry in entries]
    assert leaves == [entry.leaf_hash for entry in entries]
    assert merkle.root(merkle.extend([], leaves, size=0)) == head.root

    events = [event for event in reader.events(entries) if event is not None]
    stored = Counter((event.source, event.id) for event in events)
    assert max(stored.values()) == 1
    acknowledged, rollbacks = noted(folder)
    by_position = {event.position: (event.source, event.id) for event in events}
    lost = [ack for ack in acknowledged.items() if by_position.get(ack[0]) != ack[1]]
    assert lost == []
    assert rollbacks > 0
    print(
        f"entries {len(entries)}, acknowledged {len(acknowledged)}, kills {KILLS},"
        f" rollbacks {rollbacks}, streams {len(versions)}, lost 0, repeated 0, holes 0"
    )


def noted(folder: Path) -> tuple[dict[int, tuple[str, str]], int]:
    """Return what was acknowledged by position, and the number of rollbacks."""
    acknowledged: dict[int, tuple[str, str]] = {}
    rollbacks = 0
    for path in folder.glob("notes-*"):
        for line in path.read_text("utf-8").splitlines():
            if line == "rollback":
                rollbacks += 1
            elif len(words := line.split()) == 4:
                acknowledged[int(words[3])] = (words[1], f"e-{words[2]}")
    return acknowledged, rollbacks
