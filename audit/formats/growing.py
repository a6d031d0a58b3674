"""A hash tree that grows leaf by leaf and keeps what its tiles are made of."""

from __future__ import annotations

from audit.formats.tiles import WIDTH, Tile, grown
from audit.formats.tree import TreeHead
from eventlog import merkle
from eventlog.merkle import HASH_BYTES


class GrowingTree:
    """The tree over the leaves that were added; the hashes of its tiles are held, 32 bytes each."""

    def __init__(self) -> None:
        self.size = 0
        self._frontier: list[bytes] = []
        self._levels = {0: bytearray()}

    def add(self, leaf: bytes) -> None:
        """Add a leaf."""
        self._frontier, completed = grown(self._frontier, [leaf], size=self.size)
        self._levels[0] += leaf
        for one in completed:
            self._levels.setdefault(one.level, bytearray()).extend(one.hash)
        self.size += 1

    @property
    def root(self) -> bytes:
        """Return the root over all leaves."""
        return merkle.root(self._frontier)

    @property
    def head(self) -> TreeHead:
        """Return size and root."""
        return TreeHead(self.size, self.root)

    def tile(self, tile: Tile) -> bytes:
        """Return what a tile must hold."""
        first = tile.number * WIDTH * HASH_BYTES
        return bytes(self._levels[tile.level][first : first + tile.byte_count])
