"""A witness cosigns one history of a log, whoever holds the log's key."""

from __future__ import annotations

import fcntl
from collections.abc import Sequence
from pathlib import Path

import pytest

from audit.errors import LogUnreachable, NoteInvalid, SigningRefused
from audit.formats.checkpoints import open_checkpoint, signed_checkpoint
from audit.formats.notes import COSIGNATURE, SigningKey, new_key
from audit.formats.tiles import Tile
from audit.keys import witness_key_file
from audit.witness import Witness
from tests.audit.trees import NaiveTree, leaves_of

NOW_S = 1_700_000_000
LOG = new_key("example.org/log")
TREE = NaiveTree(leaves_of(700))
FORKED = NaiveTree([*leaves_of(300), *leaves_of(400)])
KEY = new_key("example.org/witness", COSIGNATURE)


class Shown:
    """A log that shows a checkpoint, and the tiles of a tree."""

    def __init__(self, note: bytes, tree: NaiveTree = TREE) -> None:
        self._note = note
        self._tree = tree

    def checkpoint(self) -> bytes:
        """Return the checkpoint."""
        return self._note

    def tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        """Return tiles of the tree."""
        return self._tree.tiles(wanted)


class Unreachable(Shown):
    """A log whose tiles nobody serves."""

    def tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        """Fail if any tile is wanted."""
        assert wanted
        raise LogUnreachable(url="/tile", reason="nobody is there")


def checkpoint(size: int, tree: NaiveTree = TREE, key: SigningKey = LOG) -> bytes:
    """Return what the log shows as its checkpoint."""
    return signed_checkpoint(tree.head(size), key).encode()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Give where the witness remembers what it cosigned."""
    return tmp_path / "witness.checkpoint"


@pytest.fixture
def witness(state: Path) -> Witness:
    """Give a witness that has seen nothing yet."""
    return Witness(KEY, log=LOG.verifier, state=state)


def test_what_grew_is_cosigned(witness: Witness, state: Path) -> None:
    """The first checkpoint as it is, then whatever grew out of the last; both keys open it."""
    for size in (10, 10, 300, 700):
        note = witness.cosign(Shown(checkpoint(size)), at_s=NOW_S)
        opened = open_checkpoint(note.encode(), LOG.verifier, witnesses=[KEY.verifier])
        assert opened.head == TREE.head(size)
        assert state.read_text("utf-8") == note


@pytest.mark.parametrize(
    ("tree", "size", "reason"),
    [
        (TREE, 600, "shows 600 entries and had signed 650"),
        (FORKED, 650, "two roots of 650 entries"),
        (FORKED, 700, "do not prove that its 650 entries grew into 700"),
    ],
)
def test_another_history_signed_with_the_logs_own_key_is_refused(
    witness: Witness, state: Path, tree: NaiveTree, size: int, reason: str
) -> None:
    """A stolen key signs anything; what was seen before it cannot change, and both are kept."""
    seen = witness.cosign(Shown(checkpoint(650)), at_s=NOW_S)
    shown = checkpoint(size, tree)
    with pytest.raises(SigningRefused, match=reason) as refused:
        witness.cosign(Shown(shown, tree), at_s=NOW_S + 1)
    assert state.read_text("utf-8") == seen
    assert state.with_name("witness.checkpoint.refused").read_bytes() == shown
    assert "the log signed both" in str(refused.value)
    assert witness.cosign(Shown(checkpoint(700)), at_s=NOW_S)


def test_tiles_are_not_believed(witness: Witness) -> None:
    """Tiles of another tree do not prove that this one grew."""
    witness.cosign(Shown(checkpoint(650)), at_s=NOW_S)
    with pytest.raises(SigningRefused, match="do not prove"):
        witness.cosign(Shown(checkpoint(700), FORKED), at_s=NOW_S)


def test_without_tiles_nothing_is_cosigned(witness: Witness, state: Path) -> None:
    """Whoever cannot look says nothing, and remembers what it saw."""
    seen = witness.cosign(Shown(checkpoint(650)), at_s=NOW_S)
    with pytest.raises(LogUnreachable):
        witness.cosign(Unreachable(checkpoint(700)), at_s=NOW_S)
    assert state.read_text("utf-8") == seen


def test_the_log_is_asked_when_no_other_run_cosigns(witness: Witness, state: Path) -> None:
    """What it showed before another run cosigned more would look like a log that shrank."""

    class Asked(Shown):
        def checkpoint(self) -> bytes:
            lock = state.with_name("witness.checkpoint.lock")
            with lock.open() as opened, pytest.raises(BlockingIOError):
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return super().checkpoint()

    assert witness.cosign(Asked(checkpoint(650)), at_s=NOW_S)


def test_another_log_is_not_cosigned(witness: Witness) -> None:
    """Neither another key of the same name nor a note that the log did not sign."""
    with pytest.raises(NoteInvalid):
        witness.cosign(Shown(checkpoint(10, key=new_key("example.org/log"))), at_s=NOW_S)


def test_a_memory_that_is_not_its_own_is_refused(witness: Witness, state: Path) -> None:
    """What somebody put in the place of the last cosigned checkpoint is not taken for it."""
    witness.cosign(Shown(checkpoint(650)), at_s=NOW_S)
    state.write_bytes(checkpoint(10))
    with pytest.raises(NoteInvalid, match="example.org/witness did not sign"):
        witness.cosign(Shown(checkpoint(700, FORKED), FORKED), at_s=NOW_S)


def test_a_witness_keeps_its_key(tmp_path: Path) -> None:
    """The key is made once, readable to its owner alone."""
    path = tmp_path / "deep" / "witness.key"
    key = witness_key_file(path)
    assert witness_key_file(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
