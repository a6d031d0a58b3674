"""The client of the brokers: its settings, what it is assigned, where it reads on.

Promise: nothing is read from a partition before somebody said from where, and no default ever says
it; whatever the brokers refuse is told by partition.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import IllegalStateError, KafkaError, LogTruncationError, OffsetOutOfRangeError

from consumers.batches import Record
from consumers.errors import BrokersUnavailable
from consumers.fetched import WholeBatches
from consumers.partitions import Place
from consumers.waiting import Unreadable, Waiting

# How soon a deleted and re-created topic is noticed: halts are to come within ten seconds.
METADATA_AGE_MS = 3_000
# Freshness is lost by waiting: brokers answer at once when there is anything.
FETCH_WAIT_MS = 500
RETRY_MS = 100
RECONNECT_MS_MAX = 1_000
OFFSETS_TIMEOUT_MS = 15_000
CLOSE_TIMEOUT_MS = 5_000
# A batch waits for the writer lock at most for minutes; the group must not give us up meanwhile.
POLL_INTERVAL_MS_MAX = 300_000
# How often the group hears of us while what was fetched suffices.
POLLED_EVERY_S = 1.0
# What the client keeps of a partition that is paused in the middle it may never give out again.
ALL = 2**31
# How the client says that a partition is not ours: any more, after a sleep longer than our session.
NOT_OURS = (AssertionError, IllegalStateError, KeyError, ValueError)
# Until it is placed a partition stays paused, so this offset is never read from.
NOWHERE = 0


@dataclass(frozen=True, slots=True)
class Connection:
    """How the brokers are reached, and as whom; `security` are options of kafka-python's."""

    servers: str
    topic: str
    group: str = "toldonce"
    instance_id: str | None = None
    client_id: str = "toldonce"
    session_timeout_ms: int = 15_000
    bootstrap_timeout_ms: int = 15_000
    security: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken at a time, and so how much is held in memory: two batches, two fetches."""

    batch_records: int = 5_000
    batch_bytes: int = 8 * 1024 * 1024
    fetch_bytes: int = 8 * 1024 * 1024
    partition_fetch_bytes: int = 2 * 1024 * 1024


class OutOfRange(Exception):
    """Brokers do not have what comes next in these partitions."""

    def __init__(self, places: Collection[Place]) -> None:
        super().__init__(f"{len(places)} partitions")
        self.places = places


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
                self._added.add(_place(partition))

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Note partitions that are another's from now on."""
        self.rebalances += 1
        with self._lock:
            for partition in revoked:
                self._added.discard(_place(partition))
                self._removed.add(_place(partition))

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


class Poller:
    """A member of the consumer group; one thread uses it."""

    def __init__(self, connection: Connection, bounds: Bounds) -> None:
        """Connect.

        Raises:
            BrokersUnavailable: no broker answers, or they do not let us in.
        """
        self.connection = connection
        self._bytes_max = bounds.batch_bytes
        self._waiting = Waiting()
        self._held: set[Place] = set()
        self._polled_at = 0.0
        try:
            self._consumer = KafkaConsumer(**_options(connection, bounds))
        except (KafkaError, OSError, ValueError) as error:
            raise _unavailable(connection, error) from error
        # Nothing public of the client's gives batches as they came.
        self._consumer._fetcher.PartitionRecords = WholeBatches
        self.assignment = Assignment(self._consumer)
        self._consumer.subscribe([connection.topic], listener=self.assignment)

    def poll(self, wait_s: float, records_max: int) -> None:
        """Fetch as many records as are to be read next; wait at most `wait_s` for the first.

        Raises:
            OutOfRange: brokers do not have what comes next in some partitions, which are paused.
        """
        missing = records_max - self._waiting.count(self._held)
        if missing > 0:
            self._fetch(wait_s if missing == records_max else 0)
        elif time.monotonic() - self._polled_at > POLLED_EVERY_S:
            self._show_life()

    def taken(self, records_max: int) -> dict[Place, list[Record]]:
        """Return what was fetched, so many records or the bytes of a batch at most.

        Raises:
            Unreadable: what comes next in a partition, which is paused, cannot be read.
        """
        try:
            return self._waiting.take(records_max, self._bytes_max, held=self._held)
        except Unreadable as failure:
            self.pause([failure.place])
            raise

    def _fetch(self, wait_s: float) -> None:
        """Take over all that was fetched."""
        self._polled_at = time.monotonic()
        try:
            found = self._consumer.poll(int(wait_s * 1000), max_records=ALL)
        except (OffsetOutOfRangeError, LogTruncationError) as error:
            refused = _refused_by(error)
            self.pause(refused)
            raise OutOfRange(refused) from error
        except KafkaError as error:
            if error.retriable:
                return
            raise _unavailable(self.connection, error) from error
        for partition, batches in found.items():
            self._waiting.add(_place(partition), batches)

    def _show_life(self) -> None:
        """Poll without taking anything over: enough is waiting."""
        places = [place for place in self._waiting.places() if place not in self._held]
        self.pause(places)
        try:
            self._fetch(0)
        finally:
            self.resume(places)

    def read_from(self, place: Place, offset: int) -> None:
        """Read a partition from `offset` on."""
        # It may have been taken from us this moment; then nothing of it is read anyway.
        self._waiting.begin(place, offset)
        self._held.discard(place)
        with suppress(*NOT_OURS):
            self._consumer.seek(_partition(place), offset)
            self._consumer.resume(_partition(place))

    def leave(self, place: Place) -> None:
        """Forget what was fetched of a partition that is another's."""
        self._waiting.forget(place)

    def pause(self, places: Iterable[Place]) -> None:
        """Read nothing more from partitions, until they are resumed or placed."""
        for place in places:
            self._held.add(place)
            with suppress(*NOT_OURS):
                self._consumer.pause(_partition(place))

    def resume(self, places: Iterable[Place]) -> None:
        """Read on from partitions that were paused, unless they were assigned anew since then."""
        for place in places:
            with suppress(*NOT_OURS):
                if not self.assignment.is_new(place):
                    self._held.discard(place)
                    self._consumer.resume(_partition(place))

    def end_of(self, place: Place) -> int | None:
        """Return where a partition ends, as of the last fetch; None before there was one."""
        try:
            end: int | None = self._consumer.highwater(_partition(place))
        except NOT_OURS:
            return None
        return end

    def topic_id(self) -> UUID | None:
        """Return which topic of that name the brokers have now; None if they do not tell."""
        # Nothing public of the client's tells it without a request of its own.
        found: UUID | None = self._consumer._cluster.topic_id(self.connection.topic)
        return found or None

    def places(self) -> list[Place]:
        """Return all partitions of the topic; none if there is no such topic.

        Raises:
            BrokersUnavailable: they do not say.
        """
        with self._told():
            found = self._consumer.partitions_for_topic(self.connection.topic) or set()
        return [Place(self.connection.topic, partition) for partition in sorted(found)]

    def range_of(self, place: Place) -> tuple[int, int]:
        """Return the first offset that a partition still has, and the one after its last.

        Raises:
            BrokersUnavailable: they do not say.
        """
        partition = _partition(place)
        with self._told():
            starts = self._consumer.beginning_offsets([partition], timeout_ms=OFFSETS_TIMEOUT_MS)
            ends = self._consumer.end_offsets([partition], timeout_ms=OFFSETS_TIMEOUT_MS)
        return starts[partition], ends[partition]

    def offset_at(self, place: Place, moment: datetime) -> int:
        """Return the offset of the first record of a moment or later, else the end.

        Raises:
            BrokersUnavailable: they do not say.
        """
        partition = _partition(place)
        asked = {partition: int(moment.timestamp() * 1000)}
        with self._told():
            found = self._consumer.offsets_for_times(asked, timeout_ms=OFFSETS_TIMEOUT_MS)
        at = found[partition]
        return self.range_of(place)[1] if at is None else int(at.offset)

    def tell_group(self, offsets: Mapping[Place, int]) -> None:
        """Tell the group's lag tools how far we are; nothing of ours ever reads it back."""
        said = {
            _partition(place): OffsetAndMetadata(offset, "", -1)
            for place, offset in offsets.items()
        }
        with suppress(KafkaError):
            self._consumer.commit_async(said, callback=_heard)

    def close(self) -> None:
        """Leave the group and the brokers."""
        with suppress(KafkaError):
            self._consumer.close(autocommit=False, timeout_ms=CLOSE_TIMEOUT_MS)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except KafkaError as error:
            raise _unavailable(self.connection, error) from error


def _options(connection: Connection, bounds: Bounds) -> dict[str, Any]:
    return {
        "bootstrap_servers": connection.servers.split(","),
        "client_id": connection.client_id,
        "group_id": connection.group,
        "group_instance_id": connection.instance_id,
        "partition_assignment_strategy": [CooperativeStickyAssignor],
        "session_timeout_ms": connection.session_timeout_ms,
        "heartbeat_interval_ms": max(100, connection.session_timeout_ms // 5),
        "max_poll_interval_ms": max(POLL_INTERVAL_MS_MAX, connection.session_timeout_ms),
        "auto_offset_reset": "none",
        "enable_auto_commit": False,
        "allow_auto_create_topics": False,
        "isolation_level": "read_committed",
        "metadata_max_age_ms": METADATA_AGE_MS,
        "bootstrap_timeout_ms": connection.bootstrap_timeout_ms,
        "retry_backoff_ms": RETRY_MS,
        "reconnect_backoff_max_ms": RECONNECT_MS_MAX,
        "fetch_max_wait_ms": FETCH_WAIT_MS,
        "fetch_max_bytes": bounds.fetch_bytes,
        "max_partition_fetch_bytes": bounds.partition_fetch_bytes,
        "metrics_enabled": False,
        **connection.security,
    }


def _refused_by(error: KafkaError) -> list[Place]:
    if isinstance(error, LogTruncationError):
        return [_place(partition) for partition in error.divergent_offsets]
    return [_place(partition) for partition in error.args[0]]


def _heard(offsets: object, answer: object) -> None:
    """Leave it: the next batch tells the group again."""


def _unavailable(connection: Connection, error: Exception) -> BrokersUnavailable:
    reason = str(error).split("\n", 1)[0] or type(error).__name__
    return BrokersUnavailable(servers=connection.servers, reason=reason)


def _partition(place: Place) -> TopicPartition:
    return TopicPartition(*place)


def _place(partition: TopicPartition) -> Place:
    return Place(partition.topic, partition.partition)
