"""When the stream reads: at once after a full batch, a little later after one that took all."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from threading import Event
from typing import Any

import pytest

from consumers.topics import streaming
from consumers.topics.assignment import Assignment
from consumers.topics.batches import Record
from consumers.topics.connecting import Bounds
from consumers.topics.figures import Figures
from consumers.topics.hauls import Haul, Piece
from consumers.topics.partitions import Place, Standing
from consumers.topics.streaming import GATHER_S, WAIT_S, Stream
from consumers.verdicts import Verdict
from tests.consumers.topics.test_records import KEYRING

PLACE = Place("events", 0)
STANDING = Standing(PLACE, 1, 0, is_begun=True, fingerprint=None, topic_id=None, halt=None)
BATCH = 3


class Brokers:
    """Give so many records at each poll, note how long each waits, and stop after the last."""

    def __init__(self, counts: Sequence[int], stop: Event) -> None:
        self.waited: list[float] = []
        self.assignment = Assignment(None)
        self._counts = list(counts)
        self._stop = stop

    def poll(self, wait_s: float, _: int) -> None:
        """Note a poll."""
        self.waited.append(wait_s)

    gather = poll

    def taken(self, _: int) -> dict[Place, int]:
        """Return how many records come next."""
        if not self._counts:
            self._stop.set()
        return {PLACE: self._counts.pop(0)} if self._counts else {}

    def tell_group(self, _: Any) -> None:
        """Leave it."""

    def close(self) -> None:
        """Leave it."""


class Placed:
    """What was assigned and placed: one partition, always ours."""

    keyring = KEYRING

    def __init__(self, poller: Brokers) -> None:
        self.poller = poller
        self.figures = Figures()

    def follow(self) -> None:
        """Leave it."""

    def pieces(self, found: dict[Place, int]) -> list[Piece]:
        """Return so many records."""
        return [Piece(STANDING, 0, [record(at) for at in range(n)], None) for n in found.values()]

    def is_current(self, _: Standing) -> bool:
        """Say that it is ours."""
        return True


class Taking:
    """Takes whatever it is given."""

    def begin(self, _: Haul) -> Future[None]:
        """Prepare nothing."""
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def store(self, haul: Haul, _: None) -> list[Verdict]:
        """Store nothing."""
        return [Verdict("stored") for _ in haul.received]


class Noting(Event):
    """Notes how long is waited for it, and waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Note a wait."""
        self.waited.append(timeout)
        return self.is_set()


def record(offset: int) -> Record:
    """Return a record."""
    return Record(*PLACE, offset, 0, None, b"{}", size=2)


def test_after_all_there_was_the_next_batch_is_gathered_and_after_a_full_one_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of batches of three, three, one and two the last two are followed by a wait and a gather."""
    monkeypatch.setattr(streaming, "APART_S", 60.0)
    stop = Noting()
    brokers = Brokers([BATCH, BATCH, 1, 2], stop)
    stream = Stream(Taking(), Placed(brokers), bounds=Bounds(BATCH))  # type: ignore[arg-type]
    stream.run(stop)
    assert brokers.waited == [WAIT_S] * 3 + [WAIT_S, GATHER_S] * 2
    assert len(stop.waited) == 2
    assert all(waited is not None and 0 < waited <= 60 for waited in stop.waited)
