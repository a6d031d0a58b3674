"""The hash tree of RFC 6962 over the log: its roots, its proofs, and how they are verified.

Pure. Whoever proves reads hashes of complete subtrees through `Nodes`; whoever verifies needs
nothing but the proof and the heads, which come from checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from audit.errors import ProofInvalid
from eventlog.merkle import EMPTY_ROOT, HASH_BYTES, node_hash, root


class TreeHead(NamedTuple):
    """The tree at one size."""

    size: int
    root: bytes


EMPTY = TreeHead(0, EMPTY_ROOT)


class Node(NamedTuple):
    """The root of a complete subtree: of the 2^level leaves that begin at number · 2^level."""

    level: int
    number: int


class Nodes(Protocol):
    """Reads hashes of complete subtrees."""

    def read(self, nodes: Sequence[Node]) -> Sequence[bytes]:
        """Return the hashes of these subtrees, in order."""
        ...


Range = tuple[int, int]
"""Leaves from the first index up to, and without, the second."""


def frontier_of(size: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes of the complete subtrees that make up a tree, largest first."""
    return list(nodes.read(_subtrees(0, size)))


def root_of(size: int, nodes: Nodes) -> bytes:
    """Return the root of the tree of `size` leaves."""
    return root(frontier_of(size, nodes))


def prove_inclusion(index: int, size: int, *, nodes: Nodes) -> list[bytes]:
    """Return the path that proves leaf `index` in the tree of `size` leaves, lowest first.

    Raises:
        ValueError: there is no such leaf in that tree.
    """
    if not 0 <= index < size:
        raise ValueError("the tree has no such leaf")
    return _hashes_of(_beside_leaf(index, size), nodes)


def prove_consistency(older: int, size: int, *, nodes: Nodes) -> list[bytes]:
    """Return the path that proves that the tree of `older` leaves grew into that of `size`.

    Raises:
        ValueError: the older tree is the larger one.
    """
    if not 0 <= older <= size:
        raise ValueError("the older tree is the larger one")
    return _hashes_of(_between_trees(older, size), nodes) if older else []


def verify_inclusion(leaf: bytes, path: Sequence[bytes], *, index: int, head: TreeHead) -> None:
    """Check that `path` leads from the leaf at `index` to the root of `head` (RFC 9162, 2.1.3.2).

    Raises:
        ProofInvalid: it does not.
    """
    _check_lengths(path)
    if not 0 <= index < head.size:
        raise ProofInvalid(reason="the tree has no such leaf")
    at, last, found = index, head.size - 1, leaf
    for hash_ in path:
        if last == 0:
            raise ProofInvalid(reason="the path is too long")
        if at & 1 or at == last:
            found = node_hash(hash_, found)
            at, last = _up_to_sibling(at, last)
        else:
            found = node_hash(found, hash_)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofInvalid(reason="the path is too short")
    if found != head.root:
        raise ProofInvalid(reason="the path leads to another root")


def verify_consistency(older: TreeHead, newer: TreeHead, *, path: Sequence[bytes]) -> None:
    """Check that `path` proves that `older` grew into `newer` (RFC 9162, 2.1.4.2).

    Raises:
        ProofInvalid: it does not.
    """
    _check_lengths(path)
    if not 0 <= older.size <= newer.size:
        raise ProofInvalid(reason="the older tree is the larger one")
    if older.size in (0, newer.size):
        _verify_trivial(older, newer, path=path)
        return
    # A complete older tree is a node of the newer one, and whoever verifies knows it already.
    steps = [older.root, *path] if older.size & (older.size - 1) == 0 else list(path)
    if not steps:
        raise ProofInvalid(reason="the path is too short")
    old, new = _climbed(steps, older.size - 1, last=newer.size - 1)
    if old != older.root:
        raise ProofInvalid(reason="the path does not come from the older root")
    if new != newer.root:
        raise ProofInvalid(reason="the path leads to another root")


def _check_lengths(path: Sequence[bytes]) -> None:
    if any(len(hash_) != HASH_BYTES for hash_ in path):
        raise ProofInvalid(reason="a hash of the path has another length")


def _verify_trivial(older: TreeHead, newer: TreeHead, *, path: Sequence[bytes]) -> None:
    """Check heads of which no path is needed: of one size, or grown out of nothing."""
    if path:
        raise ProofInvalid(reason="the path is too long")
    expected = newer.root if older.size == newer.size else EMPTY_ROOT
    if older.root != expected or (newer.size == 0 and newer.root != EMPTY_ROOT):
        raise ProofInvalid(reason="two roots of one size")


def _climbed(steps: Sequence[bytes], at: int, *, last: int) -> tuple[bytes, bytes]:
    """Return the older and the newer root to which a path of consistency leads."""
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for hash_ in steps[1:]:
        if last == 0:
            raise ProofInvalid(reason="the path is too long")
        if at & 1 or at == last:
            old, new = node_hash(hash_, old), node_hash(hash_, new)
            at, last = _up_to_sibling(at, last)
        else:
            new = node_hash(new, hash_)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofInvalid(reason="the path is too short")
    return old, new


def _up_to_sibling(at: int, last: int) -> Range:
    """Skip the levels at which the rightmost subtree has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _beside_leaf(index: int, size: int) -> list[Range]:
    """Return the leaves under each hash of an inclusion path, lowest first."""
    path, start, end = [], 0, size
    while end - start > 1:
        split = _split(start, end)
        if index < split:
            path.append((split, end))
            end = split
        else:
            path.append((start, split))
            start = split
    return path[::-1]


def _between_trees(older: int, size: int) -> list[Range]:
    """Return the leaves under each hash of a consistency path, lowest first."""
    path, start, end = [], 0, size
    while older < end:
        split = _split(start, end)
        if older <= split:
            path.append((split, end))
            end = split
        else:
            path.append((start, split))
            start = split
    # What is left is the older tree's own rightmost part; all of it is the older root itself.
    return [*([(start, end)] if start else []), *path[::-1]]


def _split(start: int, end: int) -> int:
    """Return where RFC 6962 halves a range: at the largest power of two below its length."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _hashes_of(ranges: Sequence[Range], nodes: Nodes) -> list[bytes]:
    parts = [_subtrees(*each) for each in ranges]
    hashes = iter(nodes.read([node for part in parts for node in part]))
    return [root(list(islice(hashes, len(part)))) for part in parts]


def _subtrees(start: int, end: int) -> list[Node]:
    """Return the complete subtrees of a range, largest first; `start` is aligned to the first."""
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append(Node(level, start >> level))
        start += 1 << level
    return found
