"""Checkpoints as C2SP has them: a signed note that says how large a log is, and its root.

What was signed under one origin is one history: of two checkpoints, the larger grew out of the
smaller one, or somebody was lied to.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

from audit.errors import NoteInvalid
from audit.formats.notes import SigningKey, Verifier, decoded, open_note, sign
from audit.formats.tree import TreeHead
from eventlog.merkle import HASH_BYTES

_SIZE = re.compile("0|[1-9][0-9]{0,18}")
SIZE_MAX = (1 << 63) - 1


class Checkpoint(NamedTuple):
    """What a log says about itself at one size; other extension lines are kept as they came."""

    origin: str
    head: TreeHead
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the text that is signed."""
        root = b64encode(self.head.root).decode()
        return "".join(
            f"{line}\n" for line in (self.origin, self.head.size, root, *self.extensions)
        )


def signed_checkpoint(head: TreeHead, key: SigningKey) -> str:
    """Return the note in which the owner of `key` says that this is the head of its log."""
    return sign(Checkpoint(key.name, head).text, key)


def open_checkpoint(raw: bytes, log: Verifier, *, witnesses: Sequence[Verifier] = ()) -> Checkpoint:
    """Return a checkpoint of the log with this key, which all these witnesses cosigned.

    Raises:
        NoteInvalid: it is not that.
    """
    checkpoint = parse_checkpoint(open_note(raw, [log, *witnesses]))
    if checkpoint.origin != log.name:
        raise NoteInvalid(reason="it is about another log")
    return checkpoint


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint, signed or not.

    Raises:
        NoteInvalid: it does not have the form of one.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        raise NoteInvalid(reason="a checkpoint has three lines at least")
    origin, size, root, *extensions = lines
    if not origin or not all(extensions):
        raise NoteInvalid(reason="a line of the checkpoint is empty")
    if not _SIZE.fullmatch(size) or int(size) > SIZE_MAX:
        raise NoteInvalid(reason="the size of the checkpoint is no number")
    hash_ = decoded(root)
    if len(hash_) != HASH_BYTES:
        raise NoteInvalid(reason="the root of the checkpoint has another length")
    return Checkpoint(origin, TreeHead(int(size), hash_), tuple(extensions))
