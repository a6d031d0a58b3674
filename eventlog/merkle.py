"""The frontier of an RFC 6962 Merkle tree: all that is needed to add leaves and know the root.

The frontier lists the hashes of the complete subtrees, largest first: one per set bit of the size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(record: bytes) -> bytes:
    """Return the leaf hash of a record."""
    return sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def extend(frontier: list[bytes], leaves: Iterable[bytes], *, size: int) -> list[bytes]:
    """Return the frontier after `leaves` were added to a tree of `size` leaves."""
    return grown(frontier, leaves, size=size)[0]


def grown(
    frontier: Sequence[bytes], leaves: Iterable[bytes], *, size: int
) -> tuple[list[bytes], list[list[bytes]]]:
    """Add leaves to a tree of `size`; return its frontier, and what was completed by level.

    The first list is the leaves; in that of level L, the first subtree has number size >> L.
    """
    pending, row = list(frontier), list(leaves)
    completed, left_over = [], []
    # Level by level, not leaf by leaf: a third of the cost.
    while row or size:
        completed.append(row)
        if size & 1:
            row = [pending.pop(), *row]
        if len(row) & 1:
            left_over.append(row[-1])
        row = [sha256(b"\x01" + left + right).digest() for left, right in _pairs(row)]
        size >>= 1
    return left_over[::-1], completed


def root(frontier: list[bytes]) -> bytes:
    """Return the root of the tree with this frontier."""
    if not frontier:
        return EMPTY_ROOT
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = node_hash(left, node)
    return node


def pack(frontier: list[bytes]) -> bytes:
    """Return the frontier as the bytes kept in the head row."""
    return b"".join(frontier)


def unpack(packed: bytes) -> list[bytes]:
    """Return the frontier from the bytes kept in the head row."""
    return [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)]


def _pairs(row: list[bytes]) -> Iterable[tuple[bytes, bytes]]:
    return zip(row[::2], row[1::2], strict=False)
