"""The keys of the log and of a witness: where they are kept, and how one is made.

A key is the file's only line, in the words of the signed note format; its name is the origin of the
log, so whoever has the key knows which log it speaks for.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from audit.durable import write_once
from audit.errors import KeyUnusable, NoteInvalid
from audit.formats.notes import COSIGNATURE, ED25519, SigningKey, new_key, parse_signing_key

NAME_BYTES = 8


def log_key(text: str, *, where: str) -> SigningKey:
    """Read the key of a log.

    Raises:
        KeyUnusable: it is not one; `where` says where it came from.
    """
    return _read(text, kind=ED25519, where=where)


def log_key_file(path: Path, *, name: str | None = None) -> SigningKey:
    """Read the key of the log at `path`, or make one there, by a name that no other log has."""
    return _kept(path, name or f"toldonce/{secrets.token_hex(NAME_BYTES)}", kind=ED25519)


def witness_key_file(path: Path, *, name: str | None = None) -> SigningKey:
    """Read the key of a witness at `path`, or make one there."""
    return _kept(path, name or f"witness/{secrets.token_hex(NAME_BYTES)}", kind=COSIGNATURE)


def _kept(path: Path, name: str, *, kind: int) -> SigningKey:
    try:
        if not path.exists():
            write_once(path, new_key(name, kind).text + "\n")
        return _read(path.read_text("utf-8").strip(), kind=kind, where=str(path))
    except (OSError, UnicodeDecodeError, NoteInvalid) as error:
        raise KeyUnusable(path=path, reason=type(error).__name__) from error


def _read(text: str, *, kind: int, where: str) -> SigningKey:
    try:
        key = parse_signing_key(text)
    except NoteInvalid as error:
        raise KeyUnusable(path=where, reason=error.values["reason"]) from error
    if key.kind != kind:
        raise KeyUnusable(path=where, reason="it makes signatures of another kind")
    return key
