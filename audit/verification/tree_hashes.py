"""Whether the hashes that proofs are made of are those of the tree."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg2.extensions import cursor as Cursor

from audit.findings import Findings
from audit.formats.tiles import HEIGHT
from audit.verification.chunks import Chunk

READ_HASHES = 5_000

SELECT_HASHES = "SELECT level, number, hash FROM log.tree_hashes ORDER BY level, number"


Levels = dict[int, Sequence[bytes]]
"""The hashes of each level of tiles, computed anew."""


def levels_of(tiles: Sequence[bytes]) -> Levels:
    """Return the levels of a tree by the roots of its lowest tiles."""
    level = 1
    levels = {level: tiles}
    while len(levels[level]) >> HEIGHT:
        levels[level + 1] = Chunk(list(levels[level])).row(HEIGHT)
        level += 1
    return levels


def check_tree_hashes(cursor: Cursor, levels: Levels, *, size: int, findings: Findings) -> int:
    """Check the kept hashes, which go up to `size` at least; return how many there are."""
    count = 0
    ends = dict.fromkeys(levels, 0)
    with cursor.connection.cursor(name="audit_tree_hashes") as streaming:
        streaming.itersize = READ_HASHES
        streaming.execute(SELECT_HASHES)
        for level, number, kept in streaming:
            count += 1
            computed = levels.get(level, ())
            if number >= len(computed) or computed[number] != bytes(kept):
                expected = f"the hash {number} of level {level} of the tree"
                findings.add("tiles", None, expected=expected, found="another one")
            ends[level] = ends.get(level, 0) + 1
    for level in levels:
        if ends[level] < size >> (HEIGHT * level):
            expected = f"{size >> (HEIGHT * level)} hashes of level {level} of the tree"
            findings.add("tiles", None, expected=expected, found=str(ends[level]))
    return count
