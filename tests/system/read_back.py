"""What stands in a topic, read without being a member of any group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from kafka import KafkaConsumer, TopicPartition

READ_S = 20


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
