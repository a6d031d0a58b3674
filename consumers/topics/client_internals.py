"""What kafka-python keeps to itself and we use all the same, all of it here and in `fetched.py`.

Nothing public gives batches as they came, tells a topic's id without a request of its own, or
notices that brokers are asked for metadata no more.
Another version may have none of it: `tests/consumers/topics/test_client_internals.py` then says so.
"""

from __future__ import annotations

from uuid import UUID

from kafka import KafkaConsumer

from consumers.topics.fetched import WholeBatches


def give_whole_batches(consumer: KafkaConsumer) -> None:
    """Have `poll` give batches as they were fetched, in the place of records."""
    consumer._fetcher.PartitionRecords = WholeBatches


def is_refreshed_again(consumer: KafkaConsumer) -> bool:
    """Have brokers be asked for metadata again where that ended; say whether it had.

    What asks them ends with an error of another request that it happened to wait for, and is never
    begun again: then no partition is found, and no new leader of one.
    """
    cluster = consumer._cluster
    refreshing = cluster._refresh_loop_future
    if refreshing is None or not refreshing.is_done:
        return False
    cluster._refresh_loop_future = None
    cluster.request_update()
    return True


def topic_id_of(consumer: KafkaConsumer, topic: str) -> UUID | None:
    """Return which topic of that name the brokers have now; None if they do not tell."""
    found: UUID | None = consumer._cluster.topic_id(topic)
    return found or None
