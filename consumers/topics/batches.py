"""Batches of records as brokers give them, read record by record.

Promise: nothing that a publisher writes into a record makes reading fail: such a record has its
refusal, and its neighbours are read. Only a batch that is damaged as a whole cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from consumers.topics.decompressing import NotUndone, pieces
from domain.decode import EVENT_BYTES_MAX
from domain.problems import Problem

# What is larger is passed over, so that it takes no memory; an event has 64 KiB.
RECORD_BYTES_MAX = 8 * 1024 * 1024
RECORD_TOO_LARGE = Problem("", f"is in a record larger than {RECORD_BYTES_MAX >> 20} MiB: cut off")
NOT_A_RECORD = Problem("", "is in a record that is not laid out as Kafka says")

# Instead of where a record ends.
CUT_OFF = -1
_LENGTH_BYTES_MAX = 5
_NUMBER_BITS_MAX = 70

Header = tuple[bytes, bytes | None]


class BatchUnreadable(Exception):
    """A batch cannot be read any further; the message says why, `stop` is where it ends."""

    def __init__(self, reason: str, stop: int) -> None:
        super().__init__(reason)
        self.stop = stop


# A named tuple, not a dataclass: there is one for every event.
class Record(NamedTuple):
    """One record; `size` is that of all it holds, `refusal` what is wrong with it as a record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()
    size: int = 0
    refusal: Problem | None = None


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """A batch of format 2; `damage` says what is wrong with it as a whole, if anything is.

    `appended_ms` is when brokers appended it, where that is the time of all its records.
    """

    topic: str
    partition: int
    base_offset: int
    last_offset: int
    count: int
    codec: int
    first_ms: int
    appended_ms: int | None
    body: bytes
    damage: str | None = None

    def records(self) -> Iterator[Record]:
        """Yield the records in the order of their offsets.

        Raises:
            BatchUnreadable: it is damaged, there or as a whole.
        """
        offset = self.base_offset - 1
        try:
            if self.damage is not None:
                raise _Damaged(self.damage)
            window = _Window(pieces(self.codec, self.body))
            # Where no record was removed since, places tell offsets; records may state any others.
            is_dense = self.count == self.last_offset - self.base_offset + 1
            for _ in range(self.count):
                record = self._record(window, offset, is_dense=is_dense)
                offset = record.offset
                yield record
        except (NotUndone, _Damaged) as error:
            raise BatchUnreadable(str(error), self.last_offset + 1) from error

    def _record(self, window: _Window, before: int, *, is_dense: bool) -> Record:
        """Return the record that comes after the one at an offset."""
        data, start, end = window.next()
        if end == CUT_OFF:
            return self._refused(before, data, why=RECORD_TOO_LARGE)
        try:
            since, delta, key, value, headers = _read(data, start, end=end)
        except (IndexError, ValueError):
            return self._refused(before, data[start:end], why=NOT_A_RECORD)
        offset = before + 1 if is_dense else self.base_offset + delta
        if not before < offset <= self.last_offset:
            raise _Damaged("offsets do not rise")
        time_ms = self.first_ms + since if self.appended_ms is None else self.appended_ms
        size = end - start
        return Record(self.topic, self.partition, offset, time_ms, key, value, headers, size)

    def _refused(self, before: int, beginning: bytes, *, why: Problem) -> Record:
        """Return a record that cannot be read as one; its value is what it begins with."""
        place = (self.topic, self.partition, before + 1)
        return Record(*place, self.first_ms, None, beginning, (), len(beginning), why)


class _Damaged(Exception):
    """What a batch holds is not what its head says."""


class _Window:
    """The part of what a batch comes to that is in memory."""

    def __init__(self, undone: Iterator[bytes]) -> None:
        self._undone = undone
        self._data = next(undone, b"")
        self._at = 0

    def next(self) -> tuple[bytes, int, int]:
        """Return bytes in which the next record is, and from where to where.

        One that is larger than any may be is passed over: what it begins with, and CUT_OFF.
        """
        data, at = self._data, self._at
        if len(data) - at < _LENGTH_BYTES_MAX:
            self._have(_LENGTH_BYTES_MAX)
            data, at = self._data, self._at
        try:
            length, at = _number(data, at)
        except (IndexError, ValueError):
            raise _Damaged("it ends before its last record") from None
        end = at + length
        self._at = at
        if length < 0:
            raise _Damaged("a record has no length")
        if length > RECORD_BYTES_MAX:
            return self._passed_over(length), 0, CUT_OFF
        if end > len(data):
            if not self._have(length):
                raise _Damaged("it ends within a record")
            data, at, end = self._data, 0, length
        self._at = end
        return data, at, end

    def _passed_over(self, length: int) -> bytes:
        """Pass over a record; return what it begins with."""
        self._have(EVENT_BYTES_MAX)
        beginning = self._data[self._at : self._at + EVENT_BYTES_MAX]
        while len(self._data) - self._at < length:
            length -= len(self._data) - self._at
            self._data, self._at = next(self._undone, b""), 0
            if not self._data:
                raise _Damaged("it ends within a record")
        self._at += length
        return beginning

    def _have(self, length: int) -> bool:
        """Have that many bytes more in memory; say whether there are as many."""
        parts, size = [self._data[self._at :]], len(self._data) - self._at
        while size < length and (piece := next(self._undone, None)) is not None:
            parts.append(piece)
            size += len(piece)
        self._data, self._at = b"".join(parts), 0
        return size >= length


def _read(
    data: bytes, at: int, *, end: int
) -> tuple[int, int, bytes | None, bytes | None, Sequence[Header]]:
    """Return times since the batch's, offset since the batch's, key, value and headers.

    Raises:
        IndexError, ValueError: that is not what is between `at` and `end`.
    """
    # Calls would cost more than the work: every record comes through here.
    since, delta, size = data[at + 1], data[at + 2], data[at + 3]
    if since < 128 and delta < 128 and size < 128:
        since, delta, size = -(since & 1) ^ since >> 1, delta >> 1, -(size & 1) ^ size >> 1
        at += 4
    else:
        since, at = _number(data, at + 1)
        delta, at = _number(data, at)
        size, at = _number(data, at)
    key = None if size < 0 else data[at : at + size]
    at += max(size, 0)
    size, at = _number(data, at)
    value = None if size < 0 else data[at : at + size]
    at += max(size, 0)
    headers: Sequence[Header] = ()
    if data[at]:
        headers, at = _headers(data, at, end=end)
    else:
        at += 1
    if at != end:
        raise ValueError
    return since, delta, key, value, headers


def _headers(data: bytes, at: int, *, end: int) -> tuple[Sequence[Header], int]:
    count, at = _number(data, at)
    headers: list[Header] = []
    for _ in range(count):
        name, at = _sized(data, at)
        content, at = _sized(data, at)
        if name is None or at > end:
            raise ValueError
        headers.append((name, content))
    return headers, at


def _sized(data: bytes, at: int) -> tuple[bytes | None, int]:
    size, at = _number(data, at)
    return (None, at) if size < 0 else (data[at : at + size], at + size)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of as many bytes as it needs, and where it ends."""
    number = data[at]
    if number > 0x7F:
        # Two bytes are most, and need no loop.
        part = data[at + 1]
        number, at = number & 0x7F | (part & 0x7F) << 7, at + 1
        shift = 7
        while part > 0x7F:
            at += 1
            shift += 7
            if shift >= _NUMBER_BITS_MAX:
                raise ValueError
            part = data[at]
            number |= (part & 0x7F) << shift
    return number >> 1 ^ -(number & 1), at + 1
