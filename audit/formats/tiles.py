"""Tiles of the hash tree as C2SP tlog-tiles has them: 256 hashes of one level in a row.

Pure. A tile of level L holds the roots of subtrees of 256^L leaves; what lies between two levels
is hashed anew. From tiles alone everybody makes proofs of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from audit.errors import ProofInvalid
from audit.formats.tree import Node
from eventlog import merkle
from eventlog.merkle import HASH_BYTES

HEIGHT = 8
WIDTH = 1 << HEIGHT
LEVEL_MAX = 63
_PATH = re.compile(r"(0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class Tile(NamedTuple):
    """Where a tile stands in the tree, and how many hashes it holds: all but the last are full."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return its place below `tile/`, such as `1/x001/234.p/67`."""
        thousands, last = divmod(self.number, 1000)
        parts = [f"{last:03}"]
        while thousands:
            thousands, part = divmod(thousands, 1000)
            parts.insert(0, f"x{part:03}")
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"{self.level}/{'/'.join(parts)}{partial}"

    @property
    def byte_count(self) -> int:
        """Return how long its content is."""
        return self.width * HASH_BYTES


class TileReader(Protocol):
    """Reads the content of tiles: from a database, a folder, over HTTP."""

    def tiles(self, wanted: Sequence[Tile]) -> Sequence[bytes]:
        """Return the hashes of each tile, one after the other."""
        ...


def parse_path(path: str) -> Tile | None:
    """Return the tile at a place below `tile/`; None for what is no place of a tile."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level, number, width = found.groups()
    tile = Tile(int(level), int(re.sub("[x/]", "", number)), int(width or WIDTH))
    is_one = tile.level <= LEVEL_MAX and tile.width <= WIDTH and tile.path == path
    return tile if is_one else None


def tile_at(level: int, number: int, *, size: int) -> Tile:
    """Return the tile of that place as wide as it is in a tree of `size` leaves; 0 wide: none."""
    hashes = (size >> (HEIGHT * level)) - number * WIDTH
    return Tile(level, number, max(0, min(WIDTH, hashes)))


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile of a tree of `size` leaves, level by level."""
    level, hashes = 0, size
    while hashes:
        for number in range(-(-hashes // WIDTH)):
            yield tile_at(level, number, size=size)
        level, hashes = level + 1, hashes >> HEIGHT


class TileHash(NamedTuple):
    """A hash of a tile above level 0, which is the root of a full tile of the level below."""

    level: int
    number: int
    hash: bytes


def grown(
    frontier: Sequence[bytes], leaves: Iterable[bytes], *, size: int
) -> tuple[list[bytes], list[TileHash]]:
    """Add leaves to a tree of `size`; return its frontier, and the tile hashes they completed."""
    after, completed = merkle.grown(frontier, leaves, size=size)
    return after, [
        TileHash(level // HEIGHT, number, hash_)
        for level in range(HEIGHT, len(completed), HEIGHT)
        for number, hash_ in enumerate(completed[level], size >> level)
    ]


class TiledNodes:
    """The subtrees of a tree of one size, out of its tiles."""

    def __init__(self, reader: TileReader, size: int) -> None:
        self._reader = reader
        self._size = size

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        """Return the hashes of these subtrees, in order; each tile is read once.

        Raises:
            ProofInvalid: a tile has another length than it must have.
        """
        places = [self._place(node) for node in nodes]
        wanted = list(dict.fromkeys(tile for tile, _ in places))
        contents = dict(zip(wanted, self._reader.tiles(wanted), strict=True))
        if any(len(contents[tile]) != tile.byte_count for tile in wanted):
            raise ProofInvalid(reason="a tile has another length")
        return [_subtree_root(contents[tile][at]) for tile, at in places]

    def _place(self, node: Node) -> tuple[Tile, slice]:
        """Return the tile in which a subtree's hashes stand, and where in it."""
        level, height = divmod(node.level, HEIGHT)
        first = node.number << height
        tile = tile_at(level, first // WIDTH, size=self._size)
        start = first % WIDTH * HASH_BYTES
        return tile, slice(start, start + (HASH_BYTES << height))


def _subtree_root(hashes: bytes) -> bytes:
    """Return the root over hashes whose number is a power of two."""
    (found,) = merkle.extend([], merkle.unpack(hashes), size=0)
    return found
