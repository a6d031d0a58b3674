"""Roots and proofs are those of RFC 6962, and nothing else is taken for one."""

from __future__ import annotations

from hashlib import sha256

import pytest

from audit.errors import ProofInvalid
from audit.formats.tiles import TiledNodes
from audit.formats.tree import (
    EMPTY,
    TreeHead,
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from eventlog.merkle import leaf_hash
from tests.audit.trees import NaiveTree, leaves_of

LARGEST = 300
TREE = NaiveTree(leaves_of(LARGEST))

# The eight entries with which implementations of RFC 6962 are commonly compared.
ENTRIES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", bytes(range(0x60, 0x70)))
EIGHT = [
    leaf_hash(entry if isinstance(entry, bytes) else bytes.fromhex(entry)) for entry in ENTRIES
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
PATHS = {
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


@pytest.mark.parametrize("size", ROOTS)
def test_the_published_roots_are_met(size: int) -> None:
    """Every size of the well-known tree of eight entries has its well-known root."""
    eight = NaiveTree(EIGHT)
    assert root_of(size, TiledNodes(eight, size)).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_the_published_paths_are_met(index: int, size: int) -> None:
    """The well-known inclusion paths come out hash by hash."""
    path = prove_inclusion(index, size, nodes=TiledNodes(NaiveTree(EIGHT), size))
    assert tuple(hash_.hex() for hash_ in path) == PATHS[index, size]


def test_every_inclusion_path_is_that_of_the_definition_and_verifies() -> None:
    """All pairs of leaf and size up to 300 agree with the naive recursion."""
    for size in range(LARGEST + 1):
        head = TREE.head(size)
        assert root_of(size, TREE) == head.root
        for index in range(size):
            path = prove_inclusion(index, size, nodes=TREE)
            assert path == TREE.inclusion(index, 0, size)
            verify_inclusion(TREE.leaves[index], path, index=index, head=head)


def test_every_consistency_path_is_that_of_the_definition_and_verifies() -> None:
    """All pairs of sizes up to 300 agree with the naive recursion."""
    for size in range(LARGEST + 1):
        head = TREE.head(size)
        for older in range(size + 1):
            path = prove_consistency(older, size, nodes=TREE)
            assert path == (TREE.consistency(older, size) if older else [])
            verify_consistency(TREE.head(older), head, path=path)


def test_a_path_proves_one_leaf_at_one_place_in_one_tree() -> None:
    """Another leaf, index, size or root, or a longer or shorter path, is refused."""
    leaf, head = TREE.leaves[70], TREE.head(201)
    path = TREE.inclusion(70, 0, 201)
    verify_inclusion(leaf, path, index=70, head=head)
    wrong = [
        (TREE.leaves[71], path, 70, head),
        (leaf, path, 71, head),
        (leaf, path, 70, TreeHead(300, head.root)),
        (leaf, path, 70, TREE.head(202)),
        (leaf, path[:-1], 70, head),
        (leaf, [*path, path[0]], 70, head),
        (leaf, path[::-1], 70, head),
        (leaf, [path[0] + b"\0", *path[1:]], 70, head),
        (leaf, path, -1, head),
        (leaf, path, 201, head),
        (leaf, [], 0, EMPTY),
    ]
    for one, steps, index, of in wrong:
        with pytest.raises(ProofInvalid):
            verify_inclusion(one, steps, index=index, head=of)


def test_an_inner_hash_is_no_leaf() -> None:
    """A subtree's root put forward as a leaf, with what is left of its path, is refused."""
    head, path = TREE.head(256), TREE.inclusion(0, 0, 256)
    inner = sha256(b"\x01" + TREE.leaves[0] + path[0]).digest()
    with pytest.raises(ProofInvalid):
        verify_inclusion(inner, path[1:], index=0, head=head)


def test_consistency_is_proven_between_two_heads_only() -> None:
    """Other sizes or roots, and longer, shorter or needless paths, are refused."""
    older, newer, path = TREE.head(100), TREE.head(201), TREE.consistency(100, 201)
    other = TreeHead(100, TREE.root(0, 99))
    verify_consistency(older, newer, path=path)
    wrong = [
        (other, newer, path),
        (TREE.head(101), newer, path),
        (older, TREE.head(202), path),
        (older, TreeHead(201, other.root), path),
        (older, newer, path[:-1]),
        (older, newer, [*path, path[0]]),
        (older, newer, []),
        (newer, older, path),
        (newer, newer, path),
        (newer, TreeHead(201, older.root), []),
        (TreeHead(0, older.root), newer, []),
        (EMPTY, newer, path),
        (TreeHead(0, older.root), TreeHead(0, older.root), []),
        (TreeHead(-1, older.root), newer, path),
        (TREE.head(64), newer, []),
    ]
    for one, two, steps in wrong:
        with pytest.raises(ProofInvalid):
            verify_consistency(one, two, path=steps)


def test_what_is_not_in_a_tree_is_not_proven() -> None:
    """Asking for a leaf or an older tree that is not there is a mistake of the caller."""
    for index in (-1, 10):
        with pytest.raises(ValueError, match="no such leaf"):
            prove_inclusion(index, 10, nodes=TREE)
    with pytest.raises(ValueError, match="the larger one"):
        prove_consistency(11, 10, nodes=TREE)
