"""The frontier of an RFC 6962 Merkle tree: all that is needed to add leaves and know the root.

The frontier lists the hashes of the complete subtrees, largest first: one per set bit of the size.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    stack = list(frontier)
    for leaf in leaves:
        node, index = leaf, size
        while index & 1:
            node = sha256(b"\x01" + stack.pop() + node).digest()
            index >>= 1
        stack.append(node)
        size += 1
    return stack


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
