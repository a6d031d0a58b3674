"""Whoever has only /checkpoint and /tile verifies every entry of the log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from audit.formats.checkpoints import Checkpoint, open_checkpoint
from audit.formats.tiles import Tile, TiledNodes, tiles_of
from audit.formats.tree import prove_inclusion, root_of, verify_inclusion
from tests.audit.behind_its_back import damage
from tests.audit.checker import answers, b64, path_of, stored
from tests.readers.desk import Desk

ENTRIES = 300


class Served:
    """Tiles as they are answered."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        """Return what is served."""
        found = [self._desk.get(f"/tile/{tile.path}") for tile in wanted]
        assert all(one.headers["content-type"] == "application/octet-stream" for one in found)
        assert all("immutable" in one.headers["cache-control"] for one in found)
        return [one.content for one in found]


@pytest.fixture
def signed(desk: Desk) -> Checkpoint:
    """Give what is served as the checkpoint of a log of 300 entries."""
    lines = [f"2026-01-02T10:00 contact.started c{n} account_no:77{n % 9}" for n in range(ENTRIES)]
    desk.tell(*lines)
    assert [head.size for head in desk.parts.signer.sign()] == [ENTRIES]
    answer = desk.get("/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    return open_checkpoint(answer.content, desk.parts.signing_key.verifier)


def test_every_position_is_verified_from_checkpoint_and_tiles(
    desk: Desk, signed: Checkpoint
) -> None:
    """Proofs made by the client out of tiles hold against the leaves of the stored entries."""
    nodes = TiledNodes(Served(desk), ENTRIES)
    assert root_of(ENTRIES, nodes) == signed.head.root
    leaves = [entry.leaf_hash for entry in desk.parts.log.reader.read(0, ENTRIES)]
    for index in (0, 1, 254, 255, 256, 298, 299):
        path = prove_inclusion(index, ENTRIES, nodes=nodes)
        verify_inclusion(leaves[index], path, index=index, head=signed.head)


def test_another_implementation_verifies_what_is_served(
    desk: Desk, signed: Checkpoint, tmp_path: Path
) -> None:
    """Go's transparency log opens the checkpoint and proves all entries out of the tiles."""
    tiles = list(tiles_of(ENTRIES))
    folder = stored(tmp_path, zip(tiles, Served(desk).tiles(tiles), strict=True))
    leaves = [entry.leaf_hash for entry in desk.parts.log.reader.read(0, ENTRIES)]
    note, key = desk.get("/checkpoint").content, str(desk.parts.signing_key.verifier)
    opened = ("note", key, "", b64(note))
    question = ("tiles", str(folder), str(ENTRIES), b64(signed.head.root), path_of(leaves))
    assert answers([opened, question]) == ["ok", "ok"]


def test_what_is_under_no_checkpoint_is_not_there(desk: Desk, signed: Checkpoint) -> None:
    """Tiles beyond the signed size, and paths that are none, are not found."""
    assert signed.head.size == ENTRIES
    for path in ("0/000.p/0", "0/001", "0/001.p/45", "0/002.p/1", "1/000", "1/000.p/2", "x", ""):
        answer = desk.get(f"/tile/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_before_anything_is_signed_there_is_nothing(desk: Desk) -> None:
    """An entry alone is no checkpoint."""
    desk.tell("2026-01-02T10:00 contact.started c1 account_no:7731")
    assert desk.get("/checkpoint").status_code == 404
    assert desk.get("/tile/0/000.p/1").status_code == 404


def test_a_tile_with_a_hole_is_not_served(
    desk: Desk, signed: Checkpoint, database_url: str
) -> None:
    """Whoever asks is not given fewer hashes than the tile has."""
    assert signed.head.size == ENTRIES
    damage(database_url, "DELETE FROM log.entries WHERE position = 7")
    assert desk.get("/tile/0/000").status_code == 503
