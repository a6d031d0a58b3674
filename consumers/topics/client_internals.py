"""What kafka-python keeps to itself and we use all the same, all of it here and in `fetched.py`.

Nothing public gives batches as they came, or tells a topic's id without a request of its own.
Another version may have none of it: `tests/consumers/topics/test_client_internals.py` then says so.
"""

from __future__ import annotations

from uuid import UUID

from kafka import KafkaConsumer

from consumers.topics.fetched import WholeBatches


def give_whole_batches(consumer: KafkaConsumer) -> None:
    """Have `poll` give batches as they were fetched, in the place of records."""
    consumer._fetcher.PartitionRecords = WholeBatches


def topic_id_of(consumer: KafkaConsumer, topic: str) -> UUID | None:
    """Return which topic of that name the brokers have now; None if they do not tell."""
    found: UUID | None = consumer._cluster.topic_id(topic)
    return found or None
