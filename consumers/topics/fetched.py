"""What the brokers' client fetched, taken over from it as whole batches and not as records.

The client reads records slowly, and ends where a record is not as it likes it: the name of a header
that is no UTF-8. It is left what it does well: fetching, and passing over aborted transactions.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import KafkaError

from consumers.topics.batches import RecordBatch

NEWEST_FORMAT = 2
_HEAD_BYTES = 61
_APPEND_TIME = 1


class WholeBatches(Fetcher.PartitionRecords):  # type: ignore[misc]
    """What was fetched of one partition; the client takes our batches for its records."""

    def _unpack_records(self, tp: TopicPartition, records: Any, *_: Any) -> Iterator[RecordBatch]:
        try:
            while (batch := records.next_batch()) is not None:
                if batch.magic != NEWEST_FORMAT or not batch.validate_crc():
                    yield self._damaged(tp, _what_is_wrong(batch), last_offset=_last_of(batch))
                    break
                self.leader_epoch = batch.leader_epoch
                self.next_fetch_offset = batch.next_offset
                self.bytes_read += batch.size_in_bytes
                if not self._is_left_out(batch):
                    yield _taken_over(tp, batch)
        except (KafkaError, struct.error) as error:
            yield self._damaged(tp, type(error).__name__)
        # Without this the client would ask for more for ever.
        self.drain()

    def _maybe_skip_record(self, record: RecordBatch) -> bool:
        return record.damage is None and record.last_offset < self.fetch_offset

    def _is_left_out(self, batch: Any) -> bool:
        """Say whether a batch says where a transaction ended, or belongs to an aborted one."""
        if batch.has_producer_id():
            self._consume_aborted_transactions_up_to(batch.last_offset)
            if self._contains_abort_marker(batch):
                self.aborted_producer_ids.discard(batch.producer_id)
            elif self._is_batch_aborted(batch):
                return True
        return bool(batch.is_control_batch)

    def _damaged(self, tp: TopicPartition, damage: str, *, last_offset: int = 0) -> RecordBatch:
        """Return what stands for a batch of which nothing can be believed."""
        at = self.next_fetch_offset
        last = max(at, last_offset)
        return RecordBatch(tp.topic, tp.partition, at, last, 1, 0, 0, None, b"", damage)


def _last_of(batch: Any) -> int:
    return int(batch.last_offset if batch.magic == NEWEST_FORMAT else batch.base_offset)


def _what_is_wrong(batch: Any) -> str:
    if batch.magic == NEWEST_FORMAT:
        return "its checksum is wrong"
    return f"it is of format {batch.magic}, from before Kafka 0.11"


def _taken_over(tp: TopicPartition, batch: Any) -> RecordBatch:
    is_append_time = batch.timestamp_type == _APPEND_TIME
    return RecordBatch(
        tp.topic,
        tp.partition,
        batch.base_offset,
        batch.last_offset,
        batch.records_count,
        batch.compression_type,
        batch.first_timestamp,
        batch.max_timestamp if is_append_time else None,
        # The client has no other way to the bytes of a batch.
        bytes(memoryview(batch._buffer)[_HEAD_BYTES:]),
    )
