"""What a verification rests on here: the keyring if it is there, and checkpoints kept elsewhere."""

from __future__ import annotations

from pathlib import Path

from audit.formats.checkpoints import parse_checkpoint
from audit.formats.notes import parse_note
from audit.verification.signed import Signed
from audit.verification.verify import Asked
from cli.wiring import Installation
from eventlog.keyring import Keyring


def asked_of(parts: Installation, since: int | Signed | None, *, signer: str | None) -> Asked:
    """Return what is to be verified: after a position, or a checkpoint that somebody kept.

    What is on record here as signed last, outside of the database, is asked for as well.
    """
    record = parts.settings.signed_path
    kept = [_kept(record)] if record.exists() else []
    begin = since if isinstance(since, int) else 0
    if isinstance(since, Signed):
        kept, begin = [since, *kept], since.head.size
    return Asked(begin, tuple(kept), signer, _keyring_if_any(parts))


def since_in(text: str) -> int | Signed:
    """Read a position, or the file of a checkpoint.

    Raises:
        NoteInvalid: the file is not one.
        OSError: it cannot be read.
    """
    if text.isascii() and text.isdecimal():
        return int(text)
    return _kept(Path(text))


def _kept(path: Path) -> Signed:
    # Whoever kept the file trusts it: the signature on it is for those who did not.
    checkpoint = parse_checkpoint(parse_note(path.read_bytes()).text)
    return Signed(path.name, checkpoint.head)


def _keyring_if_any(parts: Installation) -> Keyring | None:
    settings = parts.settings
    is_there = settings.kek is not None or settings.keyring_path.exists()
    # An auditor has none, and none is to be made.
    return parts.keyring if is_there else None
