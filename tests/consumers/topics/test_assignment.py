"""What the group assigns is told on one thread and placed on another."""

from __future__ import annotations

from typing import Any

from kafka import TopicPartition

from consumers.topics.assignment import NOWHERE, Assignment

PARTITION = TopicPartition("events", 1)


class Client:
    """Notes what is done to partitions, and what the other thread could see at that moment."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.assignment = Assignment(self)

    def pause(self, partition: Any) -> None:
        """Note a pause."""
        self._note(f"paused {partition.partition}")

    def seek(self, partition: Any, offset: int) -> None:
        """Note where is read on."""
        self._note(f"at {offset}")

    def _note(self, what: str) -> None:
        added, _ = self.assignment.changes()
        assert not added
        self.done.append(what)


def test_a_partition_is_held_before_anybody_can_place_it() -> None:
    """Held only afterwards it would stand for ever, for it was placed and nobody would know."""
    client = Client()
    client.assignment.on_partitions_assigned([PARTITION])
    assert client.done == ["paused 1", f"at {NOWHERE}"]
    added, removed = client.assignment.changes()
    assert ([place.partition for place in added], removed) == ([1], set())
