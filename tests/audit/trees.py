"""Trees for tests: the recursive definitions of RFC 6962, and tiles held in memory."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from audit.formats.tiles import Tile
from audit.formats.tree import Node, TreeHead


class NaiveTree:
    """RFC 6962, section 2.1, word for word; hashes of ranges are remembered."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = list(leaves)
        self._known: dict[tuple[int, int], bytes] = {}

    def head(self, size: int) -> TreeHead:
        """Return the head of the tree of the first `size` leaves."""
        return TreeHead(size, self.root(0, size))

    def root(self, start: int, end: int) -> bytes:
        """Return MTH of a range of leaves."""
        if (start, end) not in self._known:
            self._known[start, end] = self._hashed(start, end)
        return self._known[start, end]

    def inclusion(self, index: int, start: int, end: int) -> list[bytes]:
        """Return PATH."""
        if end - start == 1:
            return []
        split = start + largest_power_below(end - start)
        if index < split:
            return [*self.inclusion(index, start, split), self.root(split, end)]
        return [*self.inclusion(index, split, end), self.root(start, split)]

    def consistency(self, older: int, size: int) -> list[bytes]:
        """Return PROOF."""
        return self._subproof(older, 0, size, is_whole=True)

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        """Return hashes of complete subtrees."""
        spans = [(node.number << node.level, node.number + 1 << node.level) for node in nodes]
        return [self.root(*span) for span in spans]

    def tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        """Return tiles by their definition in C2SP tlog-tiles."""
        return [self._tile(tile) for tile in wanted]

    def _hashed(self, start: int, end: int) -> bytes:
        if start == end:
            return sha256(b"").digest()
        if end - start == 1:
            return self.leaves[start]
        split = start + largest_power_below(end - start)
        return sha256(b"\x01" + self.root(start, split) + self.root(split, end)).digest()

    def _subproof(self, older: int, start: int, end: int, *, is_whole: bool) -> list[bytes]:
        if older == end:
            return [] if is_whole else [self.root(start, end)]
        split = start + largest_power_below(end - start)
        if older <= split:
            return [
                *self._subproof(older, start, split, is_whole=is_whole),
                self.root(split, end),
            ]
        return [*self._subproof(older, split, end, is_whole=False), self.root(start, split)]

    def _tile(self, tile: Tile) -> bytes:
        spans = 256**tile.level
        first = tile.number * 256
        return b"".join(
            self.root(number * spans, (number + 1) * spans)
            for number in range(first, first + tile.width)
        )


def largest_power_below(length: int) -> int:
    """Return the largest power of two that is smaller than `length`."""
    power = 1
    while power * 2 < length:
        power *= 2
    return power


def leaves_of(count: int) -> list[bytes]:
    """Return that many leaf hashes, all different."""
    return [sha256(b"\x00" + number.to_bytes(4, "big")).digest() for number in range(count)]
