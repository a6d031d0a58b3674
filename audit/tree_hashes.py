"""Whether the hashes that proofs are made of are those of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from audit.chunks import CHUNK_HEIGHT, Chunk
from audit.findings import Findings
from audit.tiles import HEIGHT

READ_HASHES = 5_000

SELECT_HASHES = "SELECT level, number, hash FROM log.tree_hashes ORDER BY level, number"


@dataclass(frozen=True, slots=True)
class Level:
    """The hashes of one level of tiles that were computed anew, from the one with `first` on."""

    first: int
    hashes: Sequence[bytes]

    @property
    def end(self) -> int:
        """Return how many hashes the level has."""
        return self.first + len(self.hashes)


def levels_of(tiles: Sequence[bytes], chunks: Sequence[bytes], *, base: int) -> dict[int, Level]:
    """Return the levels of a tree whose lowest tiles are known from `base` on, and all its chunks.

    Chunks are of the usual height, that of two levels.
    """
    levels = {1: Level(base >> HEIGHT, tiles), CHUNK_HEIGHT // HEIGHT: Level(0, chunks)}
    above, level = chunks, CHUNK_HEIGHT // HEIGHT
    while len(above) >> HEIGHT:
        above, level = Chunk(list(above)).row(HEIGHT), level + 1
        levels[level] = Level(0, above)
    return levels


def check_tree_hashes(
    cursor: Cursor, levels: dict[int, Level], *, size: int, findings: Findings
) -> int:
    """Check the kept hashes, which go up to `size` at least; return how many there are."""
    count = 0
    ends = dict.fromkeys(levels, 0)
    with cursor.connection.cursor(name="audit_tree_hashes") as streaming:
        streaming.itersize = READ_HASHES
        streaming.execute(SELECT_HASHES)
        for level, number, kept in streaming:
            count += 1
            computed = levels.get(level)
            if computed is None or not _is(bytes(kept), number, computed):
                expected = f"the hash {number} of level {level} of the tree"
                findings.add("tiles", None, expected=expected, found="another one")
            ends[level] = ends.get(level, 0) + 1
    for level in levels:
        if ends[level] < size >> (HEIGHT * level):
            expected = f"{size >> (HEIGHT * level)} hashes of level {level} of the tree"
            findings.add("tiles", None, expected=expected, found=str(ends[level]))
    return count


def _is(kept: bytes, number: int, computed: Level) -> bool:
    """Say whether a kept hash is the computed one; below what was computed, any is taken."""
    if number < computed.first:
        return True
    return number < computed.end and computed.hashes[number - computed.first] == kept
