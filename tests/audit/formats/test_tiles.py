"""Tiles stand where C2SP tlog-tiles has them, and hold what its definition says."""

from __future__ import annotations

import pytest

from audit.errors import ProofInvalid
from audit.formats.tiles import WIDTH, Tile, TiledNodes, grown, parse_path, tile_at, tiles_of
from audit.formats.tree import Node, root_of
from eventlog.merkle import root
from tests.audit.trees import NaiveTree, leaves_of

PATHS = {
    "0/000": Tile(0, 0),
    "1/x001/x234/067": Tile(1, 1234067),
    "0/x001/000": Tile(0, 1000),
    "63/999.p/255": Tile(63, 999, 255),
    "2/x012/345.p/1": Tile(2, 12345, 1),
}
NO_PATHS = (
    "",
    "0",
    "0/",
    "0/0",
    "0/00",
    "0/0000",
    "00/000",
    "01/000",
    "64/000",
    "-1/000",
    "0/x000/001",
    "0/001/000",
    "0/x001",
    "0/x001/x000",
    "0/000.p/0",
    "0/000.p/01",
    "0/000.p/256",
    "0/000.p/257",
    "0/000.p/",
    "0/000.p/1/",
    "0/000\n",
    "0/٠٠٠",
    "entries/000",
    "0/" + "x999/" * 6 + "999",
)


@pytest.mark.parametrize(("path", "tile"), PATHS.items())
def test_paths_are_those_of_the_format(path: str, tile: Tile) -> None:
    """Numbers come in groups of three; only partial tiles say how wide they are."""
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize("path", NO_PATHS)
def test_there_is_one_path_for_a_tile(path: str) -> None:
    """Everything that is not exactly a path leads nowhere."""
    assert parse_path(path) is None


def test_a_tree_has_the_tiles_that_the_format_counts() -> None:
    """The format's own example: a tree of 70,000 leaves."""
    tiles = list(tiles_of(70_000))
    full = [tile for tile in tiles if tile.width == WIDTH]
    partial = [tile for tile in tiles if tile.width < WIDTH]
    assert [sum(tile.level == level for tile in full) for level in range(3)] == [273, 1, 0]
    assert partial == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []
    assert tile_at(0, 274, size=70_000).width == 0


def test_growing_a_tree_completes_the_hashes_of_its_upper_tiles() -> None:
    """However leaves are batched, the completed hashes are those of the definition, each once."""
    tree = NaiveTree(leaves_of(70_000))
    frontier: list[bytes] = []
    completed = []
    for start in range(0, 70_000, 3_331):
        frontier, found = grown(frontier, tree.leaves[start : start + 3_331], size=start)
        completed += found
    by_level = {level: [h for h in completed if h.level == level] for level in (1, 2)}
    assert [len(found) for found in by_level.values()] == [273, 1]
    for level, found in by_level.items():
        assert [one.number for one in found] == list(range(len(found)))
        spans = 256**level
        assert all(h.hash == tree.root(h.number * spans, (h.number + 1) * spans) for h in found)
    assert root(frontier) == tree.root(0, 70_000)
    assert root_of(70_000, TiledNodes(tree, 70_000)) == root(frontier)


def test_subtrees_come_out_of_tiles_at_every_level() -> None:
    """Each complete subtree of a tree is read from the one tile in which its hashes stand."""
    size = 1_000
    tree = NaiveTree(leaves_of(size))
    nodes = [Node(level, n) for level in range(10) for n in range(size >> level)]
    assert TiledNodes(tree, size).read(nodes) == tree.read(nodes)


def test_a_tile_of_another_length_is_refused() -> None:
    """Whoever serves tiles cannot have too few or too many bytes taken for hashes."""

    class Cut:
        def tiles(self, wanted: list[Tile]) -> list[bytes]:
            return [bytes(tile.byte_count - 1) for tile in wanted]

    with pytest.raises(ProofInvalid):
        TiledNodes(Cut(), 300).read([Node(0, 7)])
