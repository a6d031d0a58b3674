"""Batches that were fetched and are not read yet, by partition; one thread uses it.

Promise: records of a partition come in their order, each once, and no more at a time than was asked
for, whatever the batches come to; one that cannot be read is told once all before it were given.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence

from consumers.topics.batches import BatchUnreadable, Record, RecordBatch
from consumers.topics.partitions import Place

# Each partition in a batch takes two statements of its transaction.
SHARE_MIN = 500


class Unreadable(Exception):
    """What comes next in a partition cannot be read, up to `stop`; the message says why."""

    def __init__(self, place: Place, failure: BatchUnreadable) -> None:
        super().__init__(str(failure))
        self.place = place
        self.stop = failure.stop


class Waiting:
    """What was fetched and not read yet."""

    def __init__(self) -> None:
        self._lines: dict[Place, _Line] = {}

    def begin(self, place: Place, offset: int) -> None:
        """Forget what there is of a partition: it is read from `offset` on."""
        self._lines[place] = _Line(offset)

    def forget(self, place: Place) -> None:
        """Forget what there is of a partition, and take no more of it."""
        self._lines.pop(place, None)

    def add(self, place: Place, batches: Sequence[RecordBatch]) -> None:
        """Add what was fetched."""
        if place in self._lines:
            self._lines[place].batches.extend(batches)

    def places(self) -> list[Place]:
        """Return the partitions of which something is waiting."""
        return [place for place, line in self._lines.items() if line.batches]

    def count(self, held: Collection[Place]) -> int:
        """Return how many records wait, at most, without those of partitions that are held."""
        return sum(line.count() for place, line in self._lines.items() if place not in held)

    def take(
        self, records_max: int, bytes_max: int, *, held: Collection[Place]
    ) -> dict[Place, list[Record]]:
        """Return records within the bounds, of partitions that are not held, as many of each.

        Where one has fewer the others fill up: a partition that is behind holds up no other one.
        Where there are too many for all of them, they take turns.

        Raises:
            Unreadable: the next one of a partition cannot be read.
        """
        taken: dict[Place, list[Record]] = {}
        places = [place for place in self.places() if place not in held]
        # Before others give theirs: they might have more for ever.
        self._require_readable(places)
        level = _level([self._lines[place].count() for place in places], records_max)
        for place in places:
            if records_max <= 0 or bytes_max <= 0:
                break
            # Next time others come first.
            line = self._lines[place] = self._lines.pop(place)
            records = line.take(min(level, records_max), bytes_max)
            if records:
                taken[place] = records
                records_max -= len(records)
                bytes_max -= sum(record.size for record in records)
        if not taken:
            self._require_readable(places)
        return taken

    def _require_readable(self, places: Sequence[Place]) -> None:
        for place in places:
            line = self._lines[place]
            if line.failure is not None:
                self._lines[place] = _Line(line.wanted)
                raise Unreadable(place, line.failure)


class _Line:
    """What waits of one partition."""

    def __init__(self, wanted: int) -> None:
        self.batches: deque[RecordBatch] = deque()
        self.wanted = wanted
        self.failure: BatchUnreadable | None = None
        self._records: Iterator[Record] | None = None
        self._read = 0

    def count(self) -> int:
        return sum(batch.count for batch in self.batches) - self._read

    def take(self, records_max: int, bytes_max: int) -> list[Record]:
        taken: list[Record] = []
        size = 0
        while self.batches and self.failure is None:
            if self._records is None:
                self._records = self.batches[0].records()
            try:
                for record in self._records:
                    self._read += 1
                    if record.offset < self.wanted:
                        continue
                    taken.append(record)
                    self.wanted = record.offset + 1
                    size += record.size
                    if len(taken) >= records_max or size >= bytes_max:
                        return taken
            except BatchUnreadable as failure:
                self.failure = failure
            else:
                self.batches.popleft()
                self._records = None
                self._read = 0
        return taken


def _level(counts: Sequence[int], total: int) -> int:
    """Return how many to take of each at most, so that together they come to a total, or to all."""
    for at, count in enumerate(sorted(counts)):
        left = len(counts) - at
        if count * left >= total:
            return max(SHARE_MIN, -(-total // left))
        total -= count
    return max(counts, default=0)
