"""Entries as PostgreSQL's binary COPY rows, both ways: the fastest way in and out of a table."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache
from io import BytesIO
from uuid import UUID

from eventlog.entry import EPOCH, Draft, Entry, Sealed, from_microseconds
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
SEALED_COLUMNS = "position, stream_id, event_key, recorded_at, type, sealed"
UUID_OID = 2950
# Few systems publish few types of event.
SOURCES_REMEMBERED_MAX = 1_000

_FIELD_COUNT = 11
_FIXED = struct.Struct(">hiqi16siii16s")  # count; position, stream_id, stream_version, event_key
_SEALED = struct.Struct(">hiqi16si16siqi")  # the same, without version; recorded_at, type's length
_TIMES = struct.Struct(">iqiq")
_TIME = struct.Struct(">iq")
_LENGTH = struct.Struct(">i")
_ARRAY = struct.Struct(">iiiiii")  # size in bytes; dimensions, nulls, type; length, lower bound
_NO_ARRAY = struct.pack(">iiii", 12, 0, 0, UUID_OID)
_TOKEN_LENGTH = _LENGTH.pack(16)
_LEAF_LENGTH = _LENGTH.pack(HASH_BYTES)


def pack_named(type_: str, source: str, *, occurred_us: int) -> bytes:
    """Return the part of a row from the type to the time of the event."""
    return _from_whom(type_, source) + _TIME.pack(8, occurred_us)


def pack_content(observed: bytes, sealed: bytes) -> bytes:
    """Return the part of a row from the tokens to the length of the leaf's hash."""
    return b"".join((pack_array(observed), _LENGTH.pack(len(sealed)), sealed, _LEAF_LENGTH))


def pack_array(observed: bytes) -> bytes:
    """Return a uuid[] in PostgreSQL's binary form from concatenated 16-byte tokens."""
    if not observed:
        return _NO_ARRAY
    tokens = [observed[at : at + 16] for at in range(0, len(observed), 16)]
    count = len(tokens)
    head = _ARRAY.pack(20 + 20 * count, 1, 0, UUID_OID, count, 1)
    return head + _TOKEN_LENGTH + _TOKEN_LENGTH.join(tokens)


@lru_cache(maxsize=SOURCES_REMEMBERED_MAX)
def _from_whom(type_: str, source: str) -> bytes:
    named, origin = type_.encode(), source.encode()
    return b"".join((_LENGTH.pack(len(named)), named, _LENGTH.pack(len(origin)), origin))


def pack_rows(
    drafts: Sequence[Draft],
    versions: Sequence[int],
    *,
    leaves: Sequence[bytes],
    after: int,
    recorded_us: int,
) -> list[bytes]:
    """Return the binary COPY rows of drafts that come to stand after a position."""
    recorded = _TIME.pack(8, recorded_us)
    fixed, joined = _FIXED.pack, b"".join
    rows = []
    placed = enumerate(zip(drafts, versions, leaves, strict=True), after + 1)
    for position, (draft, version, leaf) in placed:
        stream, event_key, named, content = draft[:4]
        place = fixed(_FIELD_COUNT, 8, position, 16, stream, 4, version, 16, event_key)
        rows.append(joined((place, named, recorded, content, leaf)))
    return rows


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


def unpack_sealed(copied: bytes) -> Iterator[Sealed]:
    """Yield what COPY wrote of SEALED_COLUMNS."""
    at = len(HEADER)
    fixed, length = _SEALED.unpack_from, _LENGTH.unpack_from
    # Whole batches were recorded at one moment.
    last_us, recorded_at = 0, EPOCH
    while copied[at : at + 2] != TRAILER:
        _, _, position, _, stream, _, event_key, _, recorded_us, size = fixed(copied, at)
        at += _SEALED.size
        named = copied[at : at + size].decode()
        at += size
        (size,) = length(copied, at)
        at += _LENGTH.size
        if recorded_us != last_us:
            last_us, recorded_at = recorded_us, from_microseconds(recorded_us)
        yield Sealed(position, stream, event_key, named, recorded_at, copied[at : at + size])
        at += size


def _unpack_array(packed: bytes) -> bytes:
    return b"".join([packed[at : at + 16] for at in range(24, len(packed), 20)])
