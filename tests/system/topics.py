"""Topics of tests, and what was acknowledged of what was published to them: the truth."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import InvalidReplicationFactorError, TopicAlreadyExistsError

TIMEOUT_S = 120
POLL_S = 0.05
CUSTOMERS = 23


class Sent(NamedTuple):
    """One message before it is published; `partition` None: by the key."""

    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None


class Acknowledged(NamedTuple):
    """One message that the brokers have."""

    partition: int
    offset: int
    sent: Sent


@dataclass
class Topic:
    """A topic and everything in it that was acknowledged, in the order of its partitions."""

    bootstrap: str
    name: str
    partitions: int
    truth: list[Acknowledged] = field(default_factory=list)

    def publish(self, messages: Iterable[Sent]) -> list[Acknowledged]:
        """Publish messages with acks=all and note them once they are acknowledged."""
        with closing(producer(self.bootstrap)) as publishing:
            waiting = [
                (
                    sent,
                    publishing.send(
                        self.name, sent.value, sent.key, list(sent.headers), sent.partition
                    ),
                )
                for sent in messages
            ]
            publishing.flush(TIMEOUT_S)
        new = []
        for sent, future in waiting:
            at = future.get(timeout=TIMEOUT_S)
            new.append(Acknowledged(at.partition, at.offset, sent))
        self.truth += new
        return new

    def ends(self) -> dict[int, int]:
        """Return the offset after the last acknowledged message, by partition."""
        ends = dict.fromkeys(range(self.partitions), 0)
        for acknowledged in self.truth:
            at = acknowledged.partition
            ends[at] = max(ends[at], acknowledged.offset + 1)
        return ends

    def members(self) -> int:
        """Return how many are in the group that is called like the topic."""
        with closing(admin(self.bootstrap)) as asking:
            (group,) = asking.describe_groups([self.name]).values()
        return len(group["members"])

    def create(self) -> None:
        """Make the topic, once all brokers have joined and forgotten one of that name.

        Its partitions are led by somebody then.
        """
        deadline = time.monotonic() + TIMEOUT_S
        with closing(admin(self.bootstrap)) as asking:
            while not self._is_made(asking):
                assert time.monotonic() < deadline
                time.sleep(POLL_S)
            asking.wait_for_topics([self.name], TIMEOUT_S * 1_000)

    def _is_made(self, asking: KafkaAdminClient) -> bool:
        replicas = min(3, len(self.bootstrap.split(",")))
        # Records of tests may be of any time: retention would delete them whenever it looks.
        kept = {"retention.ms": "-1"}
        try:
            asking.create_topics(
                [NewTopic(self.name, self.partitions, replicas, topic_configs=kept)]
            )
        except (InvalidReplicationFactorError, TopicAlreadyExistsError):
            return False
        return True

    def delete(self) -> None:
        """Delete the topic; what was acknowledged is no truth any more."""
        with closing(admin(self.bootstrap)) as asking:
            asking.delete_topics([self.name])
        self.truth.clear()


@contextmanager
def topic_on(bootstrap: str, partitions: int) -> Iterator[Topic]:
    """Lend a topic of its own, deleted afterwards."""
    topic = Topic(bootstrap, f"t-{uuid4().hex[:12]}", partitions)
    topic.create()
    try:
        yield topic
    finally:
        topic.delete()


def admin(bootstrap: str) -> KafkaAdminClient:
    """Return a client that makes and deletes topics."""
    return KafkaAdminClient(bootstrap_servers=bootstrap.split(","))


def producer(bootstrap: str) -> KafkaProducer:
    """Return a producer that loses nothing it was told is there."""
    return KafkaProducer(
        bootstrap_servers=bootstrap.split(","),
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        compression_type="gzip",
    )


def events(numbers: Iterable[int], *, source: str = "test") -> Iterator[Sent]:
    """Yield structured events, each keyed by the customer that it is about."""
    for number in numbers:
        customer = f"A-{number % CUSTOMERS}"
        yield Sent(json.dumps(event(number, customer, source=source)).encode(), customer.encode())


def event(number: int, customer: str, *, source: str = "test") -> dict[str, object]:
    """Return the event whose id is `number`."""
    return {
        "specversion": "1.0",
        "id": f"e-{number:09d}",
        "source": source,
        "type": "toldonce.contact.started.v1",
        "time": "2026-03-02T10:00:00Z",
        "data": {
            "identifiers": [{"type": "account_no", "value": customer}],
            "contact_id": f"c-{number}",
            "channel": "voice",
            "direction": "inbound",
            "purpose": "nobody has called back",
        },
    }
