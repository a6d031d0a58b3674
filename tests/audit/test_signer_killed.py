"""Wherever a signer dies, the next one goes on, and no size ever has two signed roots."""

from __future__ import annotations

import signal
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from audit.errors import SigningRefused
from audit.formats.checkpoints import open_checkpoint
from audit.formats.notes import SigningKey
from audit.formats.tiles import TiledNodes
from audit.formats.tree import TreeHead, prove_consistency, verify_consistency
from audit.kept import AUDITOR, KeptTree
from audit.signer import Signer
from eventlog.database import Database
from tests.audit.behind_its_back import head_row, restore_to
from tests.audit.conftest import Append
from tests.audit.struck import POINTS, killed_at

ROUNDS = 3


def test_a_signer_that_is_killed_anywhere_signed_one_history(
    append: Append, key: SigningKey, signer: Signer, database_url: str, tmp_path: Path
) -> None:
    """24 kills, three at each point; every head that was ever on record or published is kept."""
    seen: set[TreeHead] = set()
    for round_ in range(ROUNDS):
        for point in POINTS:
            position = append(40 + round_)
            assert killed_at(point, database_url, tmp_path) == -signal.SIGKILL, point
            seen |= heads(database_url, key, tmp_path)
            if round_ == 0:
                # Somebody goes on after each kill; later, kill follows kill.
                seen |= heads_after(signer, database_url, key)
                assert max(seen).size == position, point
    seen |= heads_after(signer, database_url, key)
    assert max(seen).size == position
    assert len({head.size for head in seen}) == len(seen)
    verify_grown(database_url, sorted(seen))


def test_what_a_killed_signer_put_on_record_outlives_an_older_database(
    append: Append, signer: Signer, database_url: str, tmp_path: Path
) -> None:
    """Signed, not yet published, and then the database is brought back: nothing is signed again."""
    append(5)
    assert [head.size for head in signer.sign()] == [5]
    older = head_row(database_url)
    append(5)
    assert killed_at("on record", database_url, tmp_path) == -signal.SIGKILL
    restore_to(database_url, older)
    with pytest.raises(SigningRefused, match="holds 5 entries and 10 were signed"):
        list(signer.sign())
    append(7)
    with pytest.raises(SigningRefused, match="first 10 entries .* are not those"):
        list(signer.sign())


def heads_after(signer: Signer, url: str, key: SigningKey) -> set[TreeHead]:
    """Have what is left to sign signed, and return every published head."""
    assert len(list(signer.sign())) <= 1
    return published(url, key)


def published(url: str, key: SigningKey) -> set[TreeHead]:
    """Return every head that the database says was signed, verified."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT note FROM log.checkpoints")
        return {open_checkpoint(note.encode(), key.verifier).head for (note,) in cursor}


def heads(url: str, key: SigningKey, folder: Path) -> set[TreeHead]:
    """Return every signed head that can be found anywhere now."""
    record = folder / "signed.checkpoint"
    draft = folder / "signed.checkpoint.draft"
    notes = [path.read_bytes() for path in (record, draft) if path.exists()]
    return published(url, key) | {open_checkpoint(note, key.verifier).head for note in notes}


def verify_grown(url: str, found: list[TreeHead]) -> None:
    """Check that each head grew out of the one before, by what the database keeps."""
    with closing(KeptTree(Database(url, role=AUDITOR))) as tree:
        nodes = TiledNodes(tree, found[-1].size)
        for older in found:
            path = prove_consistency(older.size, found[-1].size, nodes=nodes)
            verify_consistency(older, found[-1], path=path)
