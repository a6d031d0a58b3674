"""Topics for tests, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic

READ_S = 20


def new_topic(bootstrap: str, partitions: int = 3) -> str:
    """Make a topic of the test's own and return its name."""
    name = f"events-{uuid4().hex[:8]}"
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics([NewTopic(name, partitions, 1)])
    return name


def records(bootstrap: str, topic: str) -> list[Any]:
    """Return every record of a topic, each partition in its order."""
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)) as consumer:
        places = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        return sorted(_read(consumer, ends), key=lambda record: (record.partition, record.offset))


def _read(consumer: KafkaConsumer, ends: dict[TopicPartition, int]) -> Iterator[Any]:
    while any(consumer.position(place) < end for place, end in ends.items()):
        for found in consumer.poll(timeout_ms=READ_S * 1000).values():
            yield from found
