"""Entries as an auditor reads them: the stored columns, out of which each leaf is hashed anew.

No key is needed, and nothing that was computed at the append is believed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from eventlog.entry import Label, leaf_record
from eventlog.errors import LogBroken
from eventlog.merkle import HASH_BYTES, leaf_hash

# A stream without a key has an empty commitment, which no leaf can have been made with.
STORED = """
SELECT entry.position, entry.stream_id, entry.event_key, entry.type, entry.source,
    entry.occurred_at, entry.observed, entry.sealed, coalesce(key.commitment, ''),
    entry.stream_version, entry.recorded_at, entry.leaf_hash
FROM log.entries AS entry LEFT JOIN log.stream_keys AS key USING (stream_id)
WHERE entry.position > %s AND entry.position <= %s ORDER BY entry.position
"""
SELECT_HEAD = "SELECT position, root FROM log.log_head"

_HEADER_BYTES = 19
_TRAILER = b"\xff\xff"
_FIXED = struct.Struct(">hiqi16si16s")  # count; position, stream_id, event_key
_LENGTH = struct.Struct(">i")
_OCCURRED = struct.Struct(">iq")
_TAIL = struct.Struct(">iiiq")  # stream_version, recorded_at


class StoredEntry(NamedTuple):
    """What an auditor needs of an entry; `record` is rebuilt from the columns, the hash is kept."""

    position: int
    stream: bytes
    version: int
    record: bytes
    leaf_hash: bytes
    commitment: bytes

    @property
    def leaf(self) -> bytes:
        """Return the leaf hash computed anew."""
        return leaf_hash(self.record)


def stored_entries(cursor: Cursor, after: int, *, last: int) -> Iterator[StoredEntry]:
    """Yield the entries after a position up to `last`, those that are there, in position order.

    Raises:
        LogBroken: a row is not of the shape that every row has.
    """
    filled = cursor.mogrify(STORED, (after, last)).decode()
    copied = BytesIO()
    cursor.copy_expert(f"COPY ({filled}) TO STDOUT (FORMAT binary)", copied)
    read = after
    try:
        for entry in _unpacked(copied.getvalue()):
            yield entry
            read = entry.position
    except (struct.error, UnicodeDecodeError) as error:
        raise _missing(read + 1, "a row of another shape") from error


def leaves(cursor: Cursor, after: int, *, last: int) -> list[bytes]:
    """Return the leaf hashes of all entries after a position up to `last`, computed anew.

    Raises:
        LogBroken: one is missing, or its columns are not those that its leaf was made of.
    """
    found: list[bytes] = []
    for entry in stored_entries(cursor, after, last=last):
        if entry.position != after + len(found) + 1:
            break
        leaf = entry.leaf
        if leaf != entry.leaf_hash:
            raise _changed(entry)
        found.append(leaf)
    if len(found) != last - after:
        raise _missing(after + len(found) + 1, "none")
    return found


def _missing(position: int, instead: str) -> LogBroken:
    return LogBroken(position=position, expected="an entry", found=instead)


def _changed(entry: StoredEntry) -> LogBroken:
    if len(entry.commitment) != HASH_BYTES:
        return LogBroken(position=entry.position, expected="a stream key", found="none")
    return LogBroken(
        position=entry.position,
        expected=f"leaf {entry.leaf_hash.hex()}",
        found=f"columns that hash to {entry.leaf.hex()}",
    )


def _unpacked(copied: bytes) -> Iterator[StoredEntry]:
    """Yield the rows that COPY wrote."""
    at = _HEADER_BYTES
    length = _LENGTH.unpack_from

    def field() -> bytes:
        nonlocal at
        start, (size,) = at + _LENGTH.size, length(copied, at)
        if size < 0:
            raise struct.error("a NULL where none can be")
        at = start + size
        return copied[start:at]

    while copied[at : at + 2] != _TRAILER:
        _, _, position, _, stream, _, event_key = _FIXED.unpack_from(copied, at)
        at += _FIXED.size
        named, source = field().decode(), field().decode()
        _, occurred_us = _OCCURRED.unpack_from(copied, at)
        at += _OCCURRED.size
        observed, sealed, commitment = _tokens(field()), field(), field()
        _, version, _, recorded_us = _TAIL.unpack_from(copied, at)
        at += _TAIL.size
        record = leaf_record(
            Label(stream, event_key, named, source, occurred_us, observed),
            sealed,
            key_commitment=commitment,
            version=version,
            recorded_us=recorded_us,
        )
        yield StoredEntry(position, stream, version, record, field(), commitment)


def _tokens(array: bytes) -> bytes:
    """Return the elements of a uuid[] one after the other."""
    return b"".join([array[at : at + 16] for at in range(24, len(array), 20)])
