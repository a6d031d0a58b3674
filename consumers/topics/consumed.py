"""What was consumed of each partition, and that all of it had its verdict.

Promise: at any moment, also while batches are stored, what was consumed is what is accounted for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import cursor as Cursor

SELECT_CONSUMED = """
SELECT topic, partition, owner, epoch, begun_offset, next_offset, end_offset, consumed, stored,
    duplicate, conflict, invalid, suppressed, absent, moved, is_complete, halt, halt_reason,
    halted_at, updated_at
FROM log.ingest_partitions ORDER BY topic, partition
"""


@dataclass(frozen=True, slots=True)
class Consumed:
    """One partition; its offsets are those of Kafka, `moved` is what operators had it leave out.

    `absent` are offsets at which Kafka has no event; `begun_offset` is None until it is begun.
    """

    topic: str
    partition: int
    owner: str | None
    epoch: int
    begun_offset: int | None
    next_offset: int
    end_offset: int | None
    consumed: int | None
    stored: int
    duplicate: int
    conflict: int
    invalid: int
    suppressed: int
    absent: int
    moved: int
    is_complete: bool | None
    halt: str | None
    halt_reason: str | None
    halted_at: datetime | None
    updated_at: datetime

    @property
    def lag(self) -> int | None:
        """Return how many offsets are still to be consumed, where that is known."""
        if self.end_offset is None or self.begun_offset is None:
            return None
        return max(0, self.end_offset - self.next_offset)

    @property
    def is_sound(self) -> bool:
        """Say whether it is read on, and what was consumed is accounted for."""
        return self.halt is None and self.is_complete is not False


def consumed_by(cursor: Cursor) -> Sequence[Consumed]:
    """Return all partitions that were ever claimed."""
    cursor.execute(SELECT_CONSUMED)
    return [Consumed(*row) for row in cursor.fetchall()]
