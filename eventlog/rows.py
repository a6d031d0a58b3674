"""Entries as PostgreSQL's binary COPY rows, both ways: the fastest way in and out of a table."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from io import BytesIO
from uuid import UUID

from eventlog.entry import Draft, Entry, from_microseconds
from eventlog.merkle import HASH_BYTES

COLUMNS = (
    "position, stream_id, stream_version, event_key, type, source, "
    "occurred_at, recorded_at, observed, sealed, leaf_hash"
)
COPY_IN = f"COPY log.entries ({COLUMNS}) FROM STDIN (FORMAT binary)"
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
# One read of the whole batch: psycopg2 otherwise asks for 8 KB at a time, in Python.
COPY_READ_BYTES = 1 << 20
UUID_OID = 2950

_FIELD_COUNT = 11
_FIXED = struct.Struct(">hiqi16siii16s")  # count; position, stream_id, stream_version, event_key
_TIMES = struct.Struct(">iqiq")
_LENGTH = struct.Struct(">i")
_NO_ARRAY = struct.pack(">iii", 0, 0, UUID_OID)
_LEAF_LENGTH = _LENGTH.pack(HASH_BYTES)


def pack_row(draft: Draft, position: int, *, version: int, recorded_us: int, leaf: bytes) -> bytes:
    """Return one binary COPY row."""
    stream, event_key, type_, source, occurred_us, observed = draft.label
    named, origin = type_.encode(), source.encode()
    array = pack_array(observed)
    length = _LENGTH.pack
    return b"".join(
        (
            _FIXED.pack(_FIELD_COUNT, 8, position, 16, stream, 4, version, 16, event_key),
            length(len(named)),
            named,
            length(len(origin)),
            origin,
            _TIMES.pack(8, occurred_us, 8, recorded_us),
            length(len(array)),
            array,
            length(len(draft.sealed)),
            draft.sealed,
            _LEAF_LENGTH,
            leaf,
        )
    )


def pack_array(observed: bytes) -> bytes:
    """Return a uuid[] in PostgreSQL's binary form from concatenated 16-byte tokens."""
    count = len(observed) // 16
    if not count:
        return _NO_ARRAY
    elements = [item for at in range(0, len(observed), 16) for item in (16, observed[at : at + 16])]
    return struct.pack(f">iiiii{'i16s' * count}", 1, 0, UUID_OID, count, 1, *elements)


def stream_of_rows(rows: Sequence[bytes]) -> BytesIO:
    """Return a file that COPY reads the rows from."""
    return BytesIO(b"".join((HEADER, *rows, TRAILER)))


def unpack_rows(copied: bytes) -> Iterator[Entry]:
    """Yield the entries in what COPY wrote."""
    at = len(HEADER)
    fixed, times, length = _FIXED.unpack_from, _TIMES.unpack_from, _LENGTH.unpack_from
    # One loop without calls of our own: every entry that is ever read comes through here.
    while copied[at : at + 2] != TRAILER:
        _, _, position, _, stream, _, version, _, event_key = fixed(copied, at)
        at += _FIXED.size
        (size,) = length(copied, at)
        named = copied[at + 4 : at + 4 + size]
        at += 4 + size
        (size,) = length(copied, at)
        origin = copied[at + 4 : at + 4 + size]
        at += 4 + size
        _, occurred_us, _, recorded_us = times(copied, at)
        at += _TIMES.size
        (size,) = length(copied, at)
        observed = _unpack_array(copied[at + 4 : at + 4 + size])
        at += 4 + size
        (size,) = length(copied, at)
        sealed = copied[at + 4 : at + 4 + size]
        at += 4 + size
        leaf = copied[at + 4 : at + 4 + HASH_BYTES]
        at += 4 + HASH_BYTES
        yield Entry(
            position,
            UUID(bytes=stream),
            version,
            UUID(bytes=event_key),
            named.decode(),
            origin.decode(),
            from_microseconds(occurred_us),
            from_microseconds(recorded_us),
            observed,
            sealed,
            leaf,
        )


def _unpack_array(packed: bytes) -> bytes:
    return b"".join([packed[at : at + 16] for at in range(24, len(packed), 20)])
