"""What the log's database keeps for proofs: the tree's hashes as tiles, and every checkpoint.

Leaves stand in the entries, of the levels above them each hash is kept from the moment it is
complete: any tile is one range of rows, full or partial, and nothing is kept twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from audit.formats.tiles import WIDTH, Tile, TileHash
from eventlog.database import Database
from eventlog.errors import LogBroken

AUDITOR = "toldonce_auditor"
# Bounds one statement; a hundred thousand entries complete four hundred hashes.
HASHES_WRITTEN = 1_000
CHECKPOINTS_READ = 1_000

SELECT_LEAVES = """
SELECT (
    SELECT string_agg(leaf_hash, ''::bytea ORDER BY position) FROM log.entries
    WHERE position > first AND position <= first + width
) FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS wanted (first, width, place)
ORDER BY place
"""
SELECT_HASHES = """
SELECT (
    SELECT string_agg(hash, ''::bytea ORDER BY number) FROM log.tree_hashes AS kept
    WHERE kept.level = wanted.level AND number >= first AND number < first + width
) FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[])
    WITH ORDINALITY AS wanted (level, first, width, place)
ORDER BY place
"""
# What is there already must be the same: leaves never change, so neither do their hashes.
INSERT_HASHES = """
INSERT INTO log.tree_hashes (level, number, hash) VALUES %s ON CONFLICT DO NOTHING
"""
SELECT_OTHER = """
SELECT min((made.number::bigint + 1) << (8 * made.level))
FROM (VALUES %s) AS made (level, number, hash)
JOIN log.tree_hashes AS kept ON kept.level = made.level AND kept.number = made.number
WHERE kept.hash <> made.hash
"""
INSERT_CHECKPOINT = """
INSERT INTO log.checkpoints (signer, size, note) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
SELECT_NEWEST_OF = """
SELECT signer, size, note FROM log.checkpoints WHERE signer = %s ORDER BY size DESC LIMIT 1
"""
SELECT_NEWEST = """
SELECT signer, size, note FROM log.checkpoints ORDER BY signed_at DESC, size DESC LIMIT 1
"""
SELECT_ALL = """
SELECT signer, size, note FROM log.checkpoints
WHERE (signer, size) > (%s, %s) ORDER BY signer, size LIMIT %s
"""


class KeptCheckpoint(NamedTuple):
    """A checkpoint as the database has it: nothing about it was verified yet."""

    signer: str
    size: int
    note: str


class KeptTiles:
    """Reads tiles in somebody's open transaction."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        """Return what is kept of each tile: too short where the tree does not reach that far."""
        leaves = [tile for tile in wanted if tile.level == 0]
        upper = [tile for tile in wanted if tile.level > 0]
        found = self._read(SELECT_LEAVES, leaves, _firsts(leaves), _widths(leaves))
        levels = [tile.level for tile in upper]
        found |= self._read(SELECT_HASHES, upper, levels, _firsts(upper), _widths(upper))
        return [found[tile] for tile in wanted]

    def _read(self, query: str, tiles: Sequence[Tile], *columns: list[int]) -> dict[Tile, bytes]:
        if not tiles:
            return {}
        self._cursor.execute(query, columns)
        rows = self._cursor.fetchall()
        return {tile: bytes(row[0] or b"") for tile, row in zip(tiles, rows, strict=True)}


class KeptTree:
    """Reads tiles and checkpoints out of the log's database; threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        """Return what is kept of each tile: too short where the tree does not reach that far."""
        with self._database.transaction() as cursor:
            return KeptTiles(cursor).tiles(wanted)

    def newest(self) -> KeptCheckpoint | None:
        """Return what was signed last, whoever signed it."""
        with self._database.transaction() as cursor:
            return newest(cursor)

    def newest_of(self, signer: str) -> KeptCheckpoint | None:
        """Return the largest checkpoint of one signer."""
        with self._database.transaction() as cursor:
            cursor.execute(SELECT_NEWEST_OF, (signer,))
            return _checkpoint(cursor)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()


def newest(cursor: Cursor) -> KeptCheckpoint | None:
    """Return what was signed last, whoever signed it."""
    cursor.execute(SELECT_NEWEST)
    return _checkpoint(cursor)


def every_checkpoint(cursor: Cursor) -> Iterator[KeptCheckpoint]:
    """Yield all checkpoints, each signer's from the smallest to the largest."""
    after: tuple[str, int] = ("", 0)
    while True:
        cursor.execute(SELECT_ALL, (*after, CHECKPOINTS_READ))
        page = [KeptCheckpoint(*row) for row in cursor.fetchall()]
        if not page:
            return
        yield from page
        after = (page[-1].signer, page[-1].size)


def keep(cursor: Cursor, checkpoint: KeptCheckpoint, *, hashes: Sequence[TileHash]) -> None:
    """Keep a checkpoint with the hashes that were completed under it.

    Raises:
        LogBroken: another hash stands in the place of one of them.
    """
    if hashes:
        execute_values(cursor, INSERT_HASHES, hashes, page_size=HASHES_WRITTEN)
        _check_hashes(cursor, hashes)
    cursor.execute(INSERT_CHECKPOINT, checkpoint)


def _check_hashes(cursor: Cursor, hashes: Sequence[TileHash]) -> None:
    for start in range(0, len(hashes), HASHES_WRITTEN):
        some = hashes[start : start + HASHES_WRITTEN]
        execute_values(cursor, SELECT_OTHER, some, page_size=HASHES_WRITTEN)
        (last,) = cursor.fetchone() or (None,)
        if last is not None:
            raise LogBroken(
                position=last, expected="the hash of the tree up to there", found="another one"
            )


def _firsts(tiles: Sequence[Tile]) -> list[int]:
    return [tile.number * WIDTH for tile in tiles]


def _widths(tiles: Sequence[Tile]) -> list[int]:
    return [tile.width for tile in tiles]


def _checkpoint(cursor: Cursor) -> KeptCheckpoint | None:
    row = cursor.fetchone()
    return None if row is None else KeptCheckpoint(*row)
