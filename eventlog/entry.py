"""What the log takes and gives: drafts on the way in, entries on the way out, their leaf record.

The leaf record (version 1) is every column that an entry's place in the tree does not already
fix, lengths first; auditors rebuild it from the stored row alone. A layout never changes: it gets
a new version.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from eventlog.merkle import leaf_hash

LEAF_VERSION = b"\x01"
EPOCH = datetime(
    2000, 1, 1, tzinfo=UTC
)  # PostgreSQL's own, so that a stored time is taken as it is
_DAY_US = 86_400_000_000
_SECOND_US = 1_000_000
_HEAD = struct.Struct(">c8I16s16s")
_OCCURRED = struct.Struct(">q")
_TAIL = struct.Struct(">Iq")


def to_microseconds(moment: datetime) -> int:
    """Return microseconds since EPOCH: exact, and what PostgreSQL stores."""
    since = moment - EPOCH
    # Dividing by a microsecond takes twice as long.
    return since.days * _DAY_US + since.seconds * _SECOND_US + since.microseconds


def from_microseconds(microseconds: int) -> datetime:
    """Return the moment that many microseconds after EPOCH."""
    return EPOCH + timedelta(microseconds=microseconds)


# Named tuples, not dataclasses: tens of thousands a second are made, at a quarter of the cost.
class Label(NamedTuple):
    """What of an event can be read without its key, before it has a position."""

    stream: bytes
    event_key: bytes
    type: str
    source: str
    occurred_us: int
    observed: bytes


class Draft(NamedTuple):
    """An event that is ready to append: everything that does not depend on its position.

    `named` and `content` are the parts of its row that stand around the time of recording.
    `stream_version` is None for the next one of its stream; the library's aggregates bring theirs.
    """

    stream: bytes
    event_key: bytes
    named: bytes
    content: bytes
    leaf_prefix: bytes
    body: bytes
    stream_version: int | None = None

    def leaf(self, version: int, recorded_us: int) -> bytes:
        """Return the leaf hash of this draft once its version and recording time are known."""
        return leaf_hash(self.leaf_prefix + _TAIL.pack(version, recorded_us))


class Sealed(NamedTuple):
    """What of an entry is needed to open it."""

    position: int
    stream: bytes
    event_key: bytes
    type: str
    recorded_at: datetime
    sealed: bytes


class Entry(NamedTuple):
    """An event as kept."""

    position: int
    stream_id: UUID
    stream_version: int
    event_key: UUID
    type: str
    source: str
    occurred_at: datetime
    recorded_at: datetime
    observed: bytes
    sealed: bytes
    leaf_hash: bytes

    @property
    def to_open(self) -> Sealed:
        """What is needed to open it."""
        ids = (self.stream_id.bytes, self.event_key.bytes)
        return Sealed(self.position, *ids, self.type, self.recorded_at, self.sealed)

    def leaf(self, key_commitment: bytes) -> bytes:
        """Return the leaf hash computed anew from the stored columns."""
        label = Label(
            self.stream_id.bytes,
            self.event_key.bytes,
            self.type,
            self.source,
            to_microseconds(self.occurred_at),
            self.observed,
        )
        record = leaf_record(
            label,
            self.sealed,
            key_commitment=key_commitment,
            version=self.stream_version,
            recorded_us=to_microseconds(self.recorded_at),
        )
        return leaf_hash(record)


def leaf_prefix(label: Label, sealed: bytes, *, key_commitment: bytes) -> bytes:
    """Return the part of the leaf record that does not depend on where the entry comes to stand."""
    stream, event_key, type_, source, occurred_us, observed = label
    named, origin = type_.encode(), source.encode()
    head = _HEAD.pack(
        LEAF_VERSION, 16, 16, len(named), len(origin), 8, len(observed), 32, 32, stream, event_key
    )
    occurred = _OCCURRED.pack(occurred_us)
    return b"".join(
        (head, named, origin, occurred, observed, sha256(sealed).digest(), key_commitment)
    )


def leaf_record(
    label: Label, sealed: bytes, *, key_commitment: bytes, version: int, recorded_us: int
) -> bytes:
    """Return the whole leaf record of an entry as kept."""
    prefix = leaf_prefix(label, sealed, key_commitment=key_commitment)
    return prefix + _TAIL.pack(version, recorded_us)
