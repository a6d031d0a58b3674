"""The hash tree over leaves as they are read: chunk by chunk, at any size, by any number of hands.

A chunk is a complete subtree. Whoever has the roots of the complete chunks and the frontier within
the last one has the whole tree, whoever hashed which chunk.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.formats.tree import Node, frontier_of
from eventlog import merkle

# Whole tiles of height 8, and few enough entries that several hands end at about the same time; a
# billion entries are 61,000 of them.
CHUNK_HEIGHT = 14


class Chunk:
    """The leaves of a chunk, all or the first of them, and every complete subtree above."""

    def __init__(self, leaves: list[bytes]) -> None:
        _, self._levels = merkle.grown([], leaves, size=0)

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        """Return the hashes of these subtrees."""
        return [self._levels[node.level][node.number] for node in nodes]

    def row(self, height: int) -> list[bytes]:
        """Return the roots of all its complete subtrees of that height."""
        return self._levels[height] if height < len(self._levels) else []

    def frontier(self, size: int) -> list[bytes]:
        """Return the frontier of the first `size` leaves, largest subtree first."""
        return frontier_of(size, self)
