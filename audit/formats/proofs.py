"""Proofs as files that need nothing else: C2SP's tlog-proof, and a consistency proof like it.

An inclusion proof carries the leaf record as its extra data, so whoever checks it hashes the record
instead of believing a hash. A consistency proof has the form in which witnesses take one.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from audit.errors import NoteInvalid, ProofInvalid
from audit.formats.checkpoints import Checkpoint, open_checkpoint
from audit.formats.notes import Verifier, decoded
from audit.formats.tree import TreeHead, verify_consistency, verify_inclusion
from eventlog.merkle import leaf_hash

FORMAT = "c2sp.org/tlog-proof@v1"
PATH_MAX = 63
_NUMBER = re.compile("0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a leaf record stands at an index of the tree under a checkpoint."""

    index: int
    record: bytes
    path: tuple[bytes, ...]
    checkpoint: str

    @property
    def position(self) -> int:
        """Return the position of the entry in the log."""
        return self.index + 1

    @property
    def text(self) -> str:
        """Return the proof as a tlog-proof."""
        extra = b64encode(self.record).decode()
        lines = [FORMAT, f"extra {extra}", f"index {self.index}", *_encoded(self.path)]
        return "\n".join((*lines, "", self.checkpoint))

    def check(self, log: Verifier, *, witnesses: Sequence[Verifier] = ()) -> Checkpoint:
        """Return the checkpoint under which the record stands in this log.

        Raises:
            NoteInvalid: the checkpoint is not that log's, or a witness did not cosign it.
            ProofInvalid: the record does not stand there.
        """
        checkpoint = open_checkpoint(self.checkpoint.encode(), log, witnesses=witnesses)
        leaf = leaf_hash(self.record)
        verify_inclusion(leaf, self.path, index=self.index, head=checkpoint.head)
        return checkpoint


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the log of `older` entries grew into the one under a checkpoint."""

    older: int
    path: tuple[bytes, ...]
    checkpoint: str

    @property
    def text(self) -> str:
        """Return the proof as witnesses take it."""
        return "\n".join((f"old {self.older}", *_encoded(self.path), "", self.checkpoint))

    def check(
        self, older: TreeHead, log: Verifier, *, witnesses: Sequence[Verifier] = ()
    ) -> Checkpoint:
        """Return the checkpoint into which the older head grew.

        Raises:
            NoteInvalid: the checkpoint is not that log's, or a witness did not cosign it.
            ProofInvalid: the log did not grow out of that head.
        """
        checkpoint = open_checkpoint(self.checkpoint.encode(), log, witnesses=witnesses)
        if older.size != self.older:
            raise ProofInvalid(reason="it begins at another size")
        verify_consistency(older, checkpoint.head, path=self.path)
        return checkpoint


def parse_proof(text: str) -> InclusionProof | ConsistencyProof:
    """Read either kind of proof; nothing in it is verified yet.

    Raises:
        ProofInvalid: it is neither.
    """
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not gap:
        raise ProofInvalid(reason="it has no checkpoint")
    if lines[0] == FORMAT and len(lines) >= 3:
        record = _value(lines[1], "extra")
        index = _numbered(lines[2], "index")
        return InclusionProof(index, _decoded(record), _hashes(lines[3:]), checkpoint)
    return ConsistencyProof(_numbered(lines[0], "old"), _hashes(lines[1:]), checkpoint)


def _encoded(path: Sequence[bytes]) -> list[str]:
    return [b64encode(hash_).decode() for hash_ in path]


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > PATH_MAX:
        raise ProofInvalid(reason="the path is too long")
    return tuple(_decoded(line) for line in lines)


def _numbered(line: str, name: str) -> int:
    value = _value(line, name)
    if not _NUMBER.fullmatch(value):
        raise ProofInvalid(reason=f"its {name} is no number")
    return int(value)


def _value(line: str, name: str) -> str:
    found, gap, value = line.partition(" ")
    if found != name or not gap:
        raise ProofInvalid(reason=f"it does not say its {name}")
    return value


def _decoded(text: str) -> bytes:
    try:
        return decoded(text)
    except NoteInvalid as error:
        raise ProofInvalid(reason="a line of it is not base64") from error
