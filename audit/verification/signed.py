"""Heads of the log that were signed, as the database keeps them: each opened before it counts.

Promise: a checkpoint that its key did not sign, or that says another size than it is kept under, is
a finding; every other one is a head that the entries must come to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from audit.errors import NoteInvalid
from audit.findings import Findings
from audit.formats.checkpoints import open_checkpoint
from audit.formats.notes import parse_verifier
from audit.formats.tree import TreeHead
from audit.kept import KeptCheckpoint, every_checkpoint


class Signed(NamedTuple):
    """A head that somebody signed, and what it is called where it does not agree with the log."""

    name: str
    head: TreeHead
    signer: str | None = None


def signed_heads(cursor: Cursor, after: int, *, findings: Findings) -> Iterator[Signed]:
    """Yield the head of every checkpoint of more than `after` entries that its signer signed."""
    for kept in every_checkpoint(cursor):
        if kept.size <= after:
            continue
        try:
            yield _opened(kept)
        except NoteInvalid as error:
            expected = f"the checkpoint of {kept.size} entries, signed"
            findings.add("checkpoint", None, expected=expected, found=str(error.values["reason"]))


def _opened(kept: KeptCheckpoint) -> Signed:
    verifier = parse_verifier(kept.signer)
    checkpoint = open_checkpoint(kept.note.encode(), verifier)
    if checkpoint.head.size != kept.size:
        raise NoteInvalid(reason=f"a size of {checkpoint.head.size}")
    return Signed(f"the checkpoint of {verifier.name}", checkpoint.head, kept.signer)
