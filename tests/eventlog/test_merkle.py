"""The frontier agrees with the recursive definition of RFC 6962."""

from __future__ import annotations

from hashlib import sha256

import pytest

from eventlog import merkle


def naive_root(leaves: list[bytes]) -> bytes:
    """Return the root by the recursive definition."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    left, right = naive_root(leaves[:half]), naive_root(leaves[half:])
    return sha256(b"\x01" + left + right).digest()


LEAVES = [merkle.leaf_hash(bytes([n % 256, n // 256])) for n in range(300)]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 299])
def test_the_root_is_that_of_the_recursive_definition(step: int) -> None:
    """However the leaves are batched, every intermediate root is the definition's."""
    frontier: list[bytes] = []
    for size in range(0, 300, step):
        assert merkle.root(frontier) == naive_root(LEAVES[:size])
        frontier = merkle.extend(frontier, LEAVES[size : size + step], size=size)


def test_the_known_roots_of_rfc_6962_are_met() -> None:
    """The empty tree and the tree of one empty leaf have their published roots."""
    assert merkle.EMPTY_ROOT.hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")
    assert merkle.leaf_hash(b"").hex().startswith("6e340b9cffb37a989ca544e6bb780a2c")


def test_packing_a_frontier_loses_nothing() -> None:
    """A frontier survives its stored form."""
    frontier = merkle.extend([], LEAVES[:211], size=0)
    assert merkle.unpack(merkle.pack(frontier)) == frontier
