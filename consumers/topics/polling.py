"""A member of the consumer group: what it fetches, and from where it reads each partition on.

Promise: nothing is read from a partition before somebody said from where, and no default ever says
it; whatever the brokers refuse is told by partition.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from uuid import UUID

from kafka import KafkaConsumer, OffsetAndMetadata
from kafka.errors import IllegalStateError, KafkaError, LogTruncationError, OffsetOutOfRangeError

from consumers.topics.assignment import Assignment, as_place, partition_of
from consumers.topics.batches import Record
from consumers.topics.client_internals import (
    give_whole_batches,
    is_refreshed_again,
    topic_id_of,
)
from consumers.topics.connecting import Bounds, Connection, options, unavailable
from consumers.topics.partitions import Place
from consumers.topics.waiting import Unreadable, Waiting

OFFSETS_TIMEOUT_MS = 15_000
CLOSE_TIMEOUT_MS = 5_000
# How often the group hears of us while what was fetched suffices.
POLLED_EVERY_S = 1.0
# What the client keeps of a partition that is paused in the middle it may never give out again.
ALL = 2**31
# How the client says that a partition is not ours: any more, after a sleep longer than our session.
NOT_OURS = (AssertionError, IllegalStateError, KeyError, ValueError)


_logger = logging.getLogger(__name__)


class OutOfRange(Exception):
    """Brokers do not have what comes next in these partitions."""

    def __init__(self, places: Collection[Place]) -> None:
        super().__init__(f"{len(places)} partitions")
        self.places = places


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
            self._consumer = KafkaConsumer(**options(connection, bounds))
        except (KafkaError, OSError, ValueError) as error:
            raise unavailable(connection, error) from error
        give_whole_batches(self._consumer)
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

    def gather(self, wait_s: float, records_max: int) -> None:
        """Fetch what came since the last fetch, if there is room; wait at most `wait_s` for it.

        Raises:
            OutOfRange: brokers do not have what comes next in some partitions, which are paused.
        """
        if self._waiting.count(self._held) < records_max:
            self._fetch(wait_s)

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
        if is_refreshed_again(self._consumer):
            _logger.warning("brokers were asked for metadata no more; they are asked again")
        try:
            found = self._consumer.poll(int(wait_s * 1000), max_records=ALL)
        except (OffsetOutOfRangeError, LogTruncationError) as error:
            refused = _refused_by(error)
            self.pause(refused)
            raise OutOfRange(refused) from error
        except KafkaError as error:
            if error.retriable:
                return
            raise unavailable(self.connection, error) from error
        for partition, batches in found.items():
            self._waiting.add(as_place(partition), batches)

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
            self._consumer.seek(partition_of(place), offset)
            self._consumer.resume(partition_of(place))

    def leave(self, place: Place) -> None:
        """Forget what was fetched of a partition that is another's."""
        self._waiting.forget(place)

    def pause(self, places: Iterable[Place]) -> None:
        """Read nothing more from partitions, until they are resumed or placed."""
        for place in places:
            self._held.add(place)
            with suppress(*NOT_OURS):
                self._consumer.pause(partition_of(place))

    def resume(self, places: Iterable[Place]) -> None:
        """Read on from partitions that were paused, unless they were assigned anew since then."""
        for place in places:
            with suppress(*NOT_OURS):
                if not self.assignment.is_new(place):
                    self._held.discard(place)
                    self._consumer.resume(partition_of(place))

    def end_of(self, place: Place) -> int | None:
        """Return where a partition ends, as of the last fetch; None before there was one."""
        try:
            end: int | None = self._consumer.highwater(partition_of(place))
        except NOT_OURS:
            return None
        return end

    def topic_id(self) -> UUID | None:
        """Return which topic of that name the brokers have now; None if they do not tell."""
        return topic_id_of(self._consumer, self.connection.topic)

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
        partition = partition_of(place)
        with self._told():
            starts = self._consumer.beginning_offsets([partition], timeout_ms=OFFSETS_TIMEOUT_MS)
            ends = self._consumer.end_offsets([partition], timeout_ms=OFFSETS_TIMEOUT_MS)
        return starts[partition], ends[partition]

    def offset_at(self, place: Place, moment: datetime) -> int:
        """Return the offset of the first record of a moment or later, else the end.

        Raises:
            BrokersUnavailable: they do not say.
        """
        partition = partition_of(place)
        asked = {partition: int(moment.timestamp() * 1000)}
        with self._told():
            found = self._consumer.offsets_for_times(asked, timeout_ms=OFFSETS_TIMEOUT_MS)
        at = found[partition]
        return self.range_of(place)[1] if at is None else int(at.offset)

    def tell_group(self, offsets: Mapping[Place, int]) -> None:
        """Tell the group's lag tools how far we are; nothing of ours ever reads it back."""
        said = {
            partition_of(place): OffsetAndMetadata(offset, "", -1)
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
            raise unavailable(self.connection, error) from error


def _refused_by(error: KafkaError) -> list[Place]:
    if isinstance(error, LogTruncationError):
        return [as_place(partition) for partition in error.divergent_offsets]
    return [as_place(partition) for partition in error.args[0]]


def _heard(offsets: object, answer: object) -> None:
    """Leave it: the next batch tells the group again."""
