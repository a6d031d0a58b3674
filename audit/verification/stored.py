"""What is taken as stored where a verification goes on from an earlier one.

None of it is trusted for itself: a checkpoint of that size says whether its tree is the right one.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence

from psycopg2.extensions import cursor as Cursor

from audit.errors import ProofInvalid
from audit.verification.copied import rows_of
from audit.verification.scan import Scanned, Span, fold
from eventlog.merkle import HASH_BYTES

COPY_LEAVES = """
COPY (SELECT leaf_hash FROM log.entries WHERE position > %s AND position <= %s ORDER BY position)
TO STDOUT (FORMAT binary)
"""
SELECT_NEWEST = """
SELECT uuid_send(stream_id), (SELECT max(stream_version) FROM log.entries
    WHERE entries.stream_id = wanted.stream_id AND position <= %s)
FROM unnest(%s::uuid[]) AS wanted (stream_id)
"""
_ROW = struct.Struct(f">6x{HASH_BYTES}s")  # one column and its length come before it


def stored(cursor: Cursor, span: Span, *, sizes: Sequence[int]) -> Scanned:
    """Return what a span comes to by the leaf hashes as they are stored, and nothing else of it.

    Raises:
        ProofInvalid: they are not all there.
    """
    scanned, chunk_leaves = Scanned(span), 1 << span.height
    for base in range(span.after, span.upto, chunk_leaves):
        leaves = _leaves(cursor, base, upto=min(base + chunk_leaves, span.upto))
        fold(scanned, leaves, base=base, sizes=sizes)
    return scanned


def newest_versions(cursor: Cursor, base: int, *, streams: Collection[bytes]) -> dict[bytes, int]:
    """Return the newest version at `base` of those streams that have one there, as stored."""
    if not base or not streams:
        return {}
    cursor.execute(SELECT_NEWEST, (base, [stream.hex() for stream in streams]))
    found = cursor.fetchall()
    return {bytes(stream): version for stream, version in found if version is not None}


def _leaves(cursor: Cursor, after: int, *, upto: int) -> list[bytes]:
    rows = rows_of(cursor, cursor.mogrify(COPY_LEAVES, (after, upto)).decode())
    if len(rows) != _ROW.size * (upto - after):
        raise ProofInvalid(reason=f"not every entry from {after + 1} to {upto} has its leaf hash")
    return [leaf for (leaf,) in _ROW.iter_unpack(rows)]
