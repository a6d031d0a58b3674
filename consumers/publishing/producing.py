"""NDJSON files into a topic of Kafka, as upstream systems publish.

Promise: what is counted as acknowledged is on all in-sync brokers, once and in order for each key;
whatever ends it early, publishing the same files again harms nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Event
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from consumers.errors import BrokersUnavailable, TopicMissing
from consumers.files import QUIET, Watcher, received_from
from consumers.intake import Clock, invalid
from consumers.lines import Line, Lines
from consumers.preparing import decoded_from
from consumers.publishing.outgoing import Outgoing, binary, structured
from consumers.sources import Source, source_at
from domain.decode import Accepted

# The producer itself has no bound: what is not acknowledged yet waits in memory.
UNDER_WAY_BYTES_MAX = 16 * 1024 * 1024
CONNECT_MS_MAX = 10_000
# After this a record that nobody acknowledged is given up, and all that came behind it.
DELIVERY_MS_MAX = 30_000
REQUEST_MS_MAX = 10_000
CLOSE_S_MAX = 10
# A record waits this long for others to share its request: a tenth of the requests, unnoticeable.
LINGER_MS = 5
BATCH_BYTES = 128 * 1024
TOLD_EVERY = 500
POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Destination:
    """Which topic of which brokers; `security` are options of kafka-python's."""

    servers: str
    topic: str
    security: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manner:
    """How to publish; `rate` is how many events a second at most, None: as many as can be."""

    is_binary: bool = False
    is_checked: bool = True
    rate: float | None = None


@dataclass(slots=True)
class Published:
    """How many events the brokers acknowledged, and how many lines are no valid event."""

    acknowledged: int = 0
    invalid: int = 0

    def to_json(self) -> dict[str, int]:
        """Return the counts as JSON."""
        return {"acknowledged": self.acknowledged, "invalid": self.invalid}


class Publishing:
    """Publishes files to one destination; `counts` holds at any moment."""

    def __init__(self, to: Destination, clock: Clock, *, manner: Manner = Manner()) -> None:  # noqa: B008 - frozen
        self.counts = Published()
        self._to = to
        self._clock = clock
        self._manner = manner
        self._changed = Condition()
        self._under_way_bytes = 0
        self._failure: Exception | None = None
        self._stopped = Event()
        self._is_reading = False
        self._is_done = False

    def run(self, paths: Sequence[Path], *, watcher: Watcher = QUIET) -> Published:
        """Publish files in order ("-": standard input) and wait until all is acknowledged.

        Raises:
            FileMissing, FileUnreadable, FileNotLines: a file cannot be read; mostly before any is.
            BrokersUnavailable, TopicMissing: what `counts` says is there, the rest may be.
        """
        sources = [source_at(path) for path in paths]
        sizes = [source.size for source in sources]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        try:
            with self._producer() as producer:
                for done in self._sent(producer, sources, watcher=watcher):
                    watcher.advanced(done, total, counts=self.counts.to_json())
                self._await(bytes_max=0)
        finally:
            self._is_done = True
        return self.counts

    def stop(self) -> None:
        """Have nothing more sent, and wait until what is under way was answered or given up.

        For another thread than the one that runs it, which may read a pipe for ever.
        """
        self._stopped.set()
        deadline = time.monotonic() + CLOSE_S_MAX
        while not self._is_at_rest() and time.monotonic() < deadline:
            time.sleep(POLL_S)

    def _sent(
        self, producer: KafkaProducer, sources: Sequence[Source], *, watcher: Watcher
    ) -> Iterator[int]:
        """Send every line; yield now and then how many bytes are read."""
        pace = _Pace(self._manner.rate, self._stopped)
        before = 0
        for source in sources:
            with source.opened() as stream:
                lines = Lines(stream)
                for line in self._read(lines):
                    record = self._record(source.name, line, watcher=watcher)
                    if record is not None and pace.wait():
                        self._send(producer, record)
                    if line.number % TOLD_EVERY == 0:
                        yield before + lines.mark().offset
                before += lines.mark().offset
            yield before

    def _read(self, lines: Lines) -> Iterator[Line]:
        """Yield every line, until it is stopped."""
        remaining = iter(lines)
        while True:
            self._is_reading = True
            line = next(remaining, None)
            self._is_reading = False
            if line is None or self._stopped.is_set():
                return
            yield line

    def _is_at_rest(self) -> bool:
        return self._is_done or (self._is_reading and not self._under_way_bytes)

    def _record(self, file: str, line: Line, *, watcher: Watcher) -> Outgoing | None:
        """Return what a line becomes; None for one that is refused, which is told."""
        received = received_from(file, line)
        decoded = decoded_from(received, now=self._clock())
        if isinstance(decoded, Accepted):
            if self._manner.is_binary:
                return binary(decoded)
            return structured(line.raw, decoded.event)
        if not self._manner.is_checked and not line.is_cut:
            return structured(line.raw, None)
        self.counts.invalid += 1
        watcher.refused(file, line.number, verdict=invalid(received, decoded))
        return None

    def _send(self, producer: KafkaProducer, record: Outgoing) -> None:
        self._await(bytes_max=UNDER_WAY_BYTES_MAX)
        size = record.size
        with self._changed:
            self._under_way_bytes += size
        try:
            future = producer.send(self._to.topic, record.value, record.key, record.headers)
        except KafkaError as error:
            raise self._unavailable(error) from error
        future.add_callback(lambda _: self._answered(size))
        future.add_errback(lambda error: self._answered(size, error))

    def _answered(self, size: int, failure: Exception | None = None) -> None:
        with self._changed:
            self._under_way_bytes -= size
            if failure is None:
                self.counts.acknowledged += 1
            else:
                self._failure = self._failure or failure
            self._changed.notify_all()

    def _await(self, *, bytes_max: int) -> None:
        """Wait until no more than so many bytes are under way; the producer ends every wait."""
        with self._changed:
            while self._under_way_bytes > bytes_max and self._failure is None:
                self._changed.wait(1)
            if self._failure is not None:
                raise self._unavailable(self._failure)

    @contextmanager
    def _producer(self) -> Iterator[KafkaProducer]:
        try:
            producer = _Producer(**_options(self._to))
        except KafkaError as error:
            raise self._unavailable(error) from error
        try:
            self._check_topic(producer)
            yield producer
        finally:
            # Where nothing failed, what is under way is given the time to be acknowledged.
            producer.close(0 if self._failure else CLOSE_S_MAX)

    def _check_topic(self, producer: KafkaProducer) -> None:
        try:
            producer.partitions_for(self._to.topic)
        except KafkaTimeoutError as error:
            # The brokers were reached before, and none of them knows it.
            raise TopicMissing(topic=self._to.topic) from error
        except (KafkaError, ValueError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> BrokersUnavailable:
        reason = str(error).split("\n", 1)[0] or type(error).__name__
        return BrokersUnavailable(servers=self._to.servers, reason=reason)


class _Producer(KafkaProducer):  # type: ignore[misc]
    """A producer that can be closed also when its brokers answer no more."""

    def flush(self, timeout: float | None = None) -> None:
        """Wait until nothing is under way, no longer than `timeout` seconds."""
        # Closing begins with this, and would leave its thread running if it raised.
        with suppress(KafkaTimeoutError):
            super().flush(timeout)


class _Pace:
    """Keeps to a rate, without making up in a burst for what was late."""

    def __init__(self, rate: float | None, stopped: Event) -> None:
        self._interval_s = None if rate is None else 1 / rate
        self._stopped = stopped
        self._next = time.monotonic()

    def wait(self) -> bool:
        """Wait until the next event is due; False if nothing more is to be sent."""
        if self._interval_s is None:
            return True
        now = time.monotonic()
        if self._next > now and self._stopped.wait(self._next - now):
            return False
        self._next = max(self._next, now - 1) + self._interval_s
        return True


def _options(to: Destination) -> dict[str, Any]:
    return {
        "bootstrap_servers": to.servers.split(","),
        "client_id": "toldonce-publish",
        "acks": "all",
        "enable_idempotence": True,
        "allow_auto_create_topics": False,
        "linger_ms": LINGER_MS,
        "batch_size": BATCH_BYTES,
        "bootstrap_timeout_ms": CONNECT_MS_MAX,
        "max_block_ms": CONNECT_MS_MAX,
        "request_timeout_ms": REQUEST_MS_MAX,
        "delivery_timeout_ms": DELIVERY_MS_MAX,
        "metrics_enabled": False,
        **to.security,
    }
