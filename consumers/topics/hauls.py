"""Hauls: what one transaction takes from several partitions, and the offsets that go with it.

Promise: offsets move in the transaction that stores what was read, from exactly where they stood,
under the epoch under which it was read; what became of each is counted there too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID, uuid4

from psycopg2.extensions import cursor as Cursor

from consumers.errors import PartitionTaken
from consumers.intake import Batch
from consumers.topics.batches import Record
from consumers.topics.partitions import Standing
from consumers.topics.records import fingerprint, received_from
from consumers.verdicts import Tally, Verdict
from eventlog.keyring import Keyring

# The first statement of the transaction: compare and set. Whoever was overtaken stops here.
ADVANCE = """
UPDATE log.ingest_offsets
SET next_offset = %s, undecided = undecided + %s, absent = absent + %s, end_offset = %s,
    fingerprint = %s, batch_id = %s, updated_at = now()
WHERE source = %s AND epoch = %s AND next_offset = %s AND halt IS NULL
"""
ACCOUNT = """
UPDATE log.ingest_offsets
SET stored = stored + %s, duplicate = duplicate + %s, conflict = conflict + %s,
    invalid = invalid + %s, suppressed = suppressed + %s, undecided = undecided - %s
WHERE source = %s
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """Records of one partition, all from `start` on; `end` is where the partition ends now."""

    standing: Standing
    start: int
    records: Sequence[Record]
    end: int | None

    @property
    def stop(self) -> int:
        """Return the offset after the last record."""
        return self.records[-1].offset + 1

    @property
    def size(self) -> int:
        """Return how many bytes the records have, with their keys and headers."""
        return sum(record.size for record in self.records)

    def split(self, records_max: int, bytes_max: int) -> tuple[Piece, Piece | None]:
        """Return what is within the bounds, at least one record, and what is left of it."""
        size = 0
        for at, record in enumerate(self.records):
            if at and (at >= records_max or size + record.size > bytes_max):
                head = replace(self, records=self.records[:at])
                return head, replace(self, start=head.stop, records=self.records[at:])
            size += record.size
        return self, None


@dataclass(frozen=True, slots=True)
class Span:
    """What a haul takes of one partition: offsets from `start` to before `stop`."""

    standing: Standing
    start: int
    stop: int
    records: int
    end: int | None
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Haul(Batch):
    """Events of several partitions that become durable together, with the offsets after them."""

    spans: Sequence[Span] = ()
    batch_id: UUID = UUID(int=0)


def haul_of(pieces: Sequence[Piece], keyring: Keyring) -> Haul:
    """Return the pieces as one batch."""
    # One order for everybody: two consumers of the same partitions never deadlock.
    ordered = sorted(pieces, key=lambda piece: piece.standing.place.source)
    spans = [
        Span(
            piece.standing,
            piece.start,
            piece.stop,
            records=len(piece.records),
            end=piece.end,
            fingerprint=fingerprint(piece.records[-1], keyring),
        )
        for piece in ordered
    ]
    batch_id = uuid4()
    return Haul(
        [received_from(record) for piece in ordered for record in piece.records],
        is_awaited=False,
        beside=partial(_advance, spans=spans, batch_id=batch_id),
        judged=partial(_account, spans=spans),
        spans=spans,
        batch_id=batch_id,
    )


def _advance(cursor: Cursor, *, spans: Sequence[Span], batch_id: UUID) -> None:
    for span in spans:
        standing = span.standing
        absent = span.stop - span.start - span.records
        values = (span.stop, span.records, absent, span.end, span.fingerprint, str(batch_id))
        expected = (standing.place.source, standing.epoch, span.start)
        cursor.execute(ADVANCE, (*values, *expected))
        if cursor.rowcount != 1:
            raise PartitionTaken(source=standing.place.source)


def _account(cursor: Cursor, verdicts: Sequence[Verdict], *, spans: Sequence[Span]) -> None:
    at = 0
    for span in spans:
        tally = Tally()
        tally.add(verdicts[at : at + span.records])
        at += span.records
        counts = (tally.stored, tally.duplicate, tally.conflict, tally.invalid, tally.suppressed)
        cursor.execute(ACCOUNT, (*counts, span.records, span.standing.place.source))
