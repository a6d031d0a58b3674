"""What the group assigns to us, told on one thread and placed on another.

Promise: nothing is read from a partition before somebody said from where.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener

from consumers.topics.partitions import Place

# Until it is placed a partition stays paused, so this offset is never read from.
NOWHERE = 0


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """What the group assigns to us; told on the thread that also keeps us alive in the group.

    So nothing is done here but to note it, and to keep new partitions from being read.
    """

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self._lock = Lock()
        self._added: set[Place] = set()
        self._removed: set[Place] = set()
        self.rebalances = 0

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Hold new partitions where they are until they are placed."""
        self.rebalances += 1
        for partition in assigned:
            self._consumer.pause(partition)
            self._consumer.seek(partition, NOWHERE)
            # Only then: whoever sees it may place it at once, and must not be paused after that.
            with self._lock:
                self._added.add(as_place(partition))

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Note partitions that are another's from now on."""
        self.rebalances += 1
        with self._lock:
            for partition in revoked:
                self._added.discard(as_place(partition))
                self._removed.add(as_place(partition))

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """Note partitions that are another's already."""
        self.on_partitions_revoked(lost)

    def is_new(self, place: Place) -> bool:
        """Say whether a partition waits for being placed."""
        with self._lock:
            return place in self._added

    def changes(self) -> tuple[set[Place], set[Place]]:
        """Return what was added and what was removed since the last time."""
        with self._lock:
            changes = self._added, self._removed
            self._added, self._removed = set(), set()
        return changes


def partition_of(place: Place) -> TopicPartition:
    """Return a partition as the client names it."""
    return TopicPartition(*place)


def as_place(partition: TopicPartition) -> Place:
    """Return a partition as we name it."""
    return Place(partition.topic, partition.partition)
