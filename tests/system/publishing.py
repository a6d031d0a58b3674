"""Publishers that go on in the background until they are told to stop."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.system.topics import Sent, Topic, events

PAUSE_S = 0.1
AGAIN_SHARE = 0.05


class Publisher(Thread):
    """Publishes events with new numbers, and some of the old ones again."""

    def __init__(self, topic: Topic, chunk: int) -> None:
        super().__init__(name="publisher")
        self.stop = Event()
        self.failure: Exception | None = None
        self._topic = topic
        self._chunk = chunk
        self._chance = random.Random(7)  # noqa: S311 - chance, not secrets

    def run(self) -> None:
        """Publish chunks with pauses."""
        number = 0
        try:
            while not self.stop.is_set():
                self._topic.publish(self._sent(number))
                number += self._chunk
                self.stop.wait(PAUSE_S)
        except Exception as error:  # noqa: BLE001 - the test reports it
            self.failure = error

    def _sent(self, number: int) -> Iterator[Sent]:
        for each in range(number, number + self._chunk):
            yield from events([each])
            if number and self._chance.random() < AGAIN_SHARE:
                yield from events([self._chance.randrange(number)])


@contextmanager
def published_meanwhile(topic: Topic, *, chunk: int = 60) -> Iterator[None]:
    """Publish in the background for the time of a block."""
    publisher = Publisher(topic, chunk)
    publisher.start()
    try:
        yield
    finally:
        publisher.stop.set()
        publisher.join()
    assert publisher.failure is None, publisher.failure
