"""The hash tree over leaves as they are read: chunk by chunk, at any size, by any number of hands.

A chunk is a complete subtree. Whoever has the roots of the complete chunks and the frontier within
the last one has the whole tree, whoever hashed which chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from eventlog import merkle

# Aligned with tiles of height 8, and some hundred thousand of them are a very long log.
CHUNK_HEIGHT = 16
CHUNK_LEAVES = 1 << CHUNK_HEIGHT


class Chunk:
    """The leaves of a chunk, all or the first of them, and every complete subtree above."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.levels = [leaves]
        digest = sha256
        while len(self.levels[-1]) > 1:
            nodes = iter(self.levels[-1])
            # A node without its right neighbour waits: zip drops it.
            pairs = zip(nodes, nodes, strict=False)
            self.levels.append([digest(b"\x01" + one + two).digest() for one, two in pairs])

    def frontier(self, size: int) -> list[bytes]:
        """Return the frontier of the first `size` leaves, largest subtree first."""
        nodes: list[bytes] = []
        done = 0
        for height in reversed(range(size.bit_length())):
            if size >> height & 1:
                nodes.append(self.levels[height][done >> height])
                done += 1 << height
        return nodes


def frontier_of(chunks: Sequence[bytes], within: Sequence[bytes]) -> list[bytes]:
    """Return the frontier of complete chunks, given by their roots, and of a part of the next."""
    return [*merkle.extend([], chunks, size=0), *within]
