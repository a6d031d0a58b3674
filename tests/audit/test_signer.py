"""What is signed grew out of what was signed before; anything else is refused, with the way on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from audit.errors import SigningRefused
from audit.formats.checkpoints import open_checkpoint
from audit.formats.notes import SigningKey
from audit.formats.tiles import TiledNodes
from audit.formats.tree import TreeHead, root_of
from audit.kept import AUDITOR, KeptTree
from audit.keys import log_key_file
from audit.signer import Signer
from eventlog.database import Database
from eventlog.errors import LogBroken
from tests.audit.behind_its_back import damage, head_row, restore_to
from tests.audit.conftest import Append


def sizes(signer: Signer) -> list[int]:
    """Sign, and return the sizes of what was signed."""
    return [head.size for head in signer.sign()]


def kept(url: str, key: SigningKey) -> list[TreeHead]:
    """Return every head that the database says was signed, verified."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT note FROM log.checkpoints ORDER BY size")
        return [open_checkpoint(note.encode(), key.verifier).head for (note,) in cursor]


def test_the_head_is_signed_once(signer: Signer, append: Append) -> None:
    """An empty log has nothing to sign, and a log that did not grow nothing more."""
    assert sizes(signer) == []
    append(3)
    assert sizes(signer) == [3]
    assert sizes(signer) == []
    append(300)
    assert sizes(signer) == [303]


def test_what_is_signed_is_the_root_of_the_stored_bytes(
    signer: Signer, append: Append, key: SigningKey, database_url: str, tmp_path: Path
) -> None:
    """Record and database hold the same note, whose root follows from the kept tiles."""
    append(700)
    (head,) = signer.sign()
    note = (tmp_path / "signed.checkpoint").read_bytes()
    assert open_checkpoint(note, key.verifier).head == head
    with closing(KeptTree(Database(database_url, role=AUDITOR))) as tree:
        newest = tree.newest()
        assert newest is not None
        assert newest.note.encode() == note
        assert root_of(700, TiledNodes(tree, 700)) == head.root


def test_much_is_signed_in_steps(
    signer: Signer, append: Append, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that is done is not done again, whenever the signer ends."""
    monkeypatch.setattr("audit.signer.SIGNED_ENTRIES_MAX", 20)
    monkeypatch.setattr("audit.signer.PAGE_ENTRIES", 7)
    append(50)
    assert next(signer.sign()).size == 20
    assert sizes(signer) == [40, 50]


def test_a_log_that_never_stops_growing_is_signed_as_far_as_it_was(
    signer: Signer, append: Append
) -> None:
    """Whoever appends meanwhile is signed with the next look, so that looks come to an end."""
    append(3)
    signing = signer.sign()
    assert next(signing).size == 3
    append(2)
    assert list(signing) == []
    assert sizes(signer) == [5]


def test_what_was_erased_is_signed_like_everything_else(
    signer: Signer, append: Append, database_url: str
) -> None:
    """The commitment outlives the key, so the leaf of an erased entry stays what it was."""
    append(5)
    with (
        closing(psycopg2.connect(database_url)) as connection,
        connection,
        connection.cursor() as c,
    ):
        c.execute("UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now()")
    assert sizes(signer) == [5]


def test_a_checkpoint_that_the_key_did_not_sign_is_damage(
    signer: Signer, append: Append, database_url: str
) -> None:
    """Whoever writes into the table of checkpoints cannot have their head continued."""
    append(5)
    assert sizes(signer) == [5]
    damage(database_url, "UPDATE log.checkpoints SET note = replace(note, '5', '4')")
    with pytest.raises(LogBroken, match="at position 5: expected a checkpoint of this key"):
        sizes(signer)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log.entries SET sealed = sealed || '\\x00' WHERE position = 8",
        "UPDATE log.entries SET type = type || '2' WHERE position = 8",
        "UPDATE log.entries SET occurred_at = occurred_at + interval '1us' WHERE position = 8",
        "UPDATE log.entries SET recorded_at = recorded_at + interval '1us' WHERE position = 8",
        "UPDATE log.entries SET observed = observed || observed WHERE position = 8",
        "UPDATE log.entries SET stream_version = 99 WHERE position = 8",
        "UPDATE log.entries SET leaf_hash = sha256('x') WHERE position = 8",
        "UPDATE log.entries SET event_key = gen_random_uuid() WHERE position = 8",
        "DELETE FROM log.entries WHERE position = 8",
        "DELETE FROM log.stream_keys WHERE stream_id ="
        " (SELECT stream_id FROM log.entries WHERE position = 8)",
        "UPDATE log.stream_keys SET commitment = sha256('x') WHERE stream_id ="
        " (SELECT stream_id FROM log.entries WHERE position = 8)",
    ],
)
def test_what_was_changed_before_it_was_signed_is_not_signed(
    signer: Signer, append: Append, database_url: str, statement: str
) -> None:
    """Stored bytes are hashed anew, and the entry that does not fit is named."""
    append(5)
    assert sizes(signer) == [5]
    append(5)
    damage(database_url, statement)
    with pytest.raises(LogBroken, match="at position 8"):
        sizes(signer)


@pytest.mark.parametrize(
    "change",
    ["source = NULL", "observed = NULL", "observed = '{NULL}'", "sealed = NULL", "leaf_hash = ''"],
)
def test_a_row_of_another_shape_is_named(
    signer: Signer, append: Append, database_url: str, change: str
) -> None:
    """Whoever drops the constraints first is found all the same, and takes nobody down."""
    append(5)
    column = change.split()[0]
    damage(
        database_url,
        f"ALTER TABLE log.entries ALTER {column} DROP NOT NULL",
        "ALTER TABLE log.entries DROP CONSTRAINT entries_leaf_hash_check",
        f"UPDATE log.entries SET {change} WHERE position = 3",
    )
    with pytest.raises(LogBroken, match="at position 3"):
        sizes(signer)


def test_a_head_that_is_not_that_of_the_entries_is_not_signed(
    signer: Signer, append: Append, database_url: str
) -> None:
    """The root that the append left must be that of the entries."""
    append(5)
    damage(database_url, "UPDATE log.log_head SET root = sha256('x')")
    with pytest.raises(LogBroken, match="as the root of the log"):
        sizes(signer)


def test_what_was_changed_after_it_was_signed_is_not_signed_again(
    signer: Signer, append: Append, database_url: str
) -> None:
    """A tree that has no longer the signed root is not extended."""
    append(5)
    assert sizes(signer) == [5]
    damage(database_url, "UPDATE log.entries SET leaf_hash = sha256('x') WHERE position = 2")
    append(1)
    with pytest.raises(SigningRefused, match="are not those that were signed"):
        sizes(signer)


def test_an_older_database_is_refused_and_the_way_on_is_said(
    signer: Signer, append: Append, database_url: str
) -> None:
    """A snapshot from before the last signature cannot pass for the log."""
    append(5)
    assert sizes(signer) == [5]
    older = head_row(database_url)
    append(5)
    assert sizes(signer) == [10]
    restore_to(database_url, older)
    with pytest.raises(SigningRefused) as refused:
        sizes(signer)
    said = str(refused.value)
    assert "holds 5 entries and 10 were signed" in said
    assert "restore a database that holds what was signed" in said
    assert "signed.checkpoint and the key as evidence" in said


def test_an_older_database_that_grew_again_is_refused(
    signer: Signer, append: Append, database_url: str, key: SigningKey
) -> None:
    """Other entries in the place of those that were signed are another history."""
    append(5)
    assert sizes(signer) == [5]
    older = head_row(database_url)
    append(5)
    assert sizes(signer) == [10]
    restore_to(database_url, older)
    append(20)
    with pytest.raises(SigningRefused, match="first 10 entries .* are not those"):
        sizes(signer)
    assert [head.size for head in kept(database_url, key)] == [5]


def test_a_restored_database_that_holds_all_that_was_signed_is_signed_on(
    signer: Signer, append: Append, database_url: str, key: SigningKey
) -> None:
    """What is on record but not in the database is published again, not signed again."""
    append(300)
    assert sizes(signer) == [300]
    damage(database_url, "DELETE FROM log.checkpoints", "DELETE FROM log.tree_hashes")
    assert sizes(signer) == []
    append(1)
    assert sizes(signer) == [301]
    assert [head.size for head in kept(database_url, key)] == [300, 301]


def test_without_its_record_nothing_is_signed_until_somebody_takes_the_databases_word(
    signer: Signer, append: Append, tmp_path: Path
) -> None:
    """The database alone cannot say whether it was restored from an older copy."""
    append(5)
    assert sizes(signer) == [5]
    (tmp_path / "signed.checkpoint").unlink()
    append(1)
    with pytest.raises(SigningRefused, match="audit checkpoint --adopt"):
        sizes(signer)
    signer.adopt()
    assert sizes(signer) == [6]


def test_adopting_never_replaces_a_record(signer: Signer, append: Append, tmp_path: Path) -> None:
    """Where a record is, its word counts."""
    append(5)
    assert sizes(signer) == [5]
    note = (tmp_path / "signed.checkpoint").read_bytes()
    append(1)
    signer.adopt()
    assert (tmp_path / "signed.checkpoint").read_bytes() == note


def test_a_record_of_another_key_is_refused(
    signer: Signer, append: Append, database_url: str, tmp_path: Path
) -> None:
    """Two logs never share a record."""
    append(5)
    assert sizes(signer) == [5]
    other = log_key_file(tmp_path / "other.key")
    with (
        closing(Signer(database_url, other, record=tmp_path / "signed.checkpoint")) as stranger,
        pytest.raises(SigningRefused, match="no checkpoint of the key in use"),
    ):
        sizes(stranger)


def test_signers_of_one_key_on_several_machines_follow_each_other(
    signer: Signer, append: Append, key: SigningKey, database_url: str, tmp_path: Path
) -> None:
    """What another one published is checked against one's own record, and taken over."""
    append(5)
    assert sizes(signer) == [5]
    with closing(Signer(database_url, key, record=tmp_path / "elsewhere")) as elsewhere:
        elsewhere.adopt()
        append(300)
        assert sizes(elsewhere) == [305]
        append(1)
        assert sizes(signer) == [306]
        assert sizes(elsewhere) == []
    assert (tmp_path / "elsewhere").read_bytes() == (tmp_path / "signed.checkpoint").read_bytes()


def test_a_key_that_is_given_away_does_not_sign_another_history_here(
    signer: Signer, append: Append, key: SigningKey, database_url: str, tmp_path: Path
) -> None:
    """A published head that did not grow out of the record is refused, whoever signed it."""
    append(5)
    assert sizes(signer) == [5]
    older = head_row(database_url)
    append(5)
    assert sizes(signer) == [10]
    restore_to(database_url, older)
    append(7)
    with closing(Signer(database_url, key, record=tmp_path / "thief")) as thief:
        thief.adopt()
        assert sizes(thief) == [12]
    with pytest.raises(SigningRefused, match="first 10 entries .* are not those"):
        sizes(signer)


def test_the_signers_role_can_only_add(append: Append, signer: Signer, database_url: str) -> None:
    """It sees no key, changes no entry and takes nothing back that it signed."""
    append(1)
    assert sizes(signer) == [1]
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        for statement in (
            "SELECT wrapped FROM log.stream_keys",
            "INSERT INTO log.entries SELECT * FROM log.entries",
            "UPDATE log.log_head SET position = position + 1",
            "UPDATE log.checkpoints SET size = 2",
            "DELETE FROM log.checkpoints",
            "DELETE FROM log.tree_hashes",
        ):
            cursor.execute("SET ROLE toldonce_signer")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
            connection.rollback()
