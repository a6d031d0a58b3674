"""A witness: somebody apart from the log who cosigns its checkpoints, each grown out of the last.

Needs no database and believes nothing that it is sent. Its only memory is the checkpoint that it
cosigned last; whoever trusts it knows that the log showed everybody one history.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from audit import durable
from audit.errors import ProofInvalid, SigningRefused
from audit.formats.checkpoints import Checkpoint, open_checkpoint
from audit.formats.notes import SigningKey, Verifier, cosigned
from audit.formats.tiles import TiledNodes, TileReader
from audit.formats.tree import TreeHead, prove_consistency, verify_consistency

SMALLER = "the log shows {new} entries and had signed {old}"
OTHER_ROOT = "the log signed two roots of {new} entries"
NOT_GROWN = "the log's tiles do not prove that its {old} entries grew into {new}"

REMEDY = (
    "ask the log's operator for the checkpoint that grew out of {seen}; keep it and {shown}, for "
    "the log signed both"
)


class ShownLog(TileReader, Protocol):
    """A log as it shows itself now."""

    def checkpoint(self) -> bytes:
        """Return the newest checkpoint."""


class Witness:
    """Cosigns checkpoints of one log."""

    def __init__(self, key: SigningKey, *, log: Verifier, state: Path) -> None:
        self._key = key
        self._log = log
        self._state = state

    def cosign(self, log: ShownLog, *, at_s: int) -> str:
        """Return its newest checkpoint with our cosignature, made at `at_s` (Unix seconds).

        Raises:
            NoteInvalid: what it shows is not a checkpoint of the log.
            SigningRefused: it did not grow out of the one that was cosigned last.
            LogUnreachable: it shows none, or not the tiles that would show it.
        """
        with durable.alone(self._state):
            # Asked here: one of before another run cosigned would look like a log that shrank.
            note = log.checkpoint()
            self._check(open_checkpoint(note, self._log), note, tiles=log)
            signed = cosigned(note, self._key, at_s=at_s)
            # On record before anybody has it: a cosignature that we forgot would be a lie.
            durable.write(self._state, signed)
        return signed

    def _check(self, shown: Checkpoint, note: bytes, *, tiles: TileReader) -> None:
        seen = self._seen()
        reason = None if seen is None else _contradiction(seen.head, shown.head, tiles=tiles)
        if reason is not None:
            durable.write(self._refused, note.decode())
            remedy = REMEDY.format(seen=self._state, shown=self._refused)
            raise SigningRefused(reason=reason, remedy=remedy)

    def _seen(self) -> Checkpoint | None:
        if not self._state.exists():
            return None
        return open_checkpoint(self._state.read_bytes(), self._log, witnesses=[self._key.verifier])

    @property
    def _refused(self) -> Path:
        return self._state.with_name(f"{self._state.name}.refused")


def _contradiction(old: TreeHead, new: TreeHead, *, tiles: TileReader) -> str | None:
    """Return why the newer head is not known to have grown out of the older one."""
    if new.size < old.size:
        return SMALLER.format(old=old.size, new=new.size)
    if new.size == old.size:
        return None if new.root == old.root else OTHER_ROOT.format(new=new.size)
    try:
        path = prove_consistency(old.size, new.size, nodes=TiledNodes(tiles, new.size))
        verify_consistency(old, new, path=path)
    except ProofInvalid:
        return NOT_GROWN.format(old=old.size, new=new.size)
    return None
