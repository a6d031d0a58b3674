"""The two secrets of an installation, and what is derived from them: tokens and wrapped keys.

The pepper turns identifiers into tokens; the key-encryption key wraps one random key per stream.
Neither is ever in the database.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.handles import Handle
from eventlog.errors import KeyringUnusable, WrongKeyring

KEY_BYTES = 32
NONCE_BYTES = 12
TOKEN_BYTES = 16
TOKEN_CACHE_MAX = 20_000
_COMMIT_KEY = b"toldonce/key-commitment/v1"


def commitment(key: bytes) -> bytes:
    """Return 32 bytes that bind to `key` without telling it (AES-GCM alone does not bind)."""
    # By its name the whole of it is one call of OpenSSL's.
    return hmac.digest(key, _COMMIT_KEY, "sha256")


@dataclass(frozen=True, slots=True)
class Keyring:
    """The key-encryption key and the pepper, 32 bytes each."""

    kek: bytes = field(repr=False)
    pepper: bytes = field(repr=False)
    _tokens: dict[Handle, bytes] = field(default_factory=dict, repr=False, compare=False)

    def token(self, handle: Handle) -> bytes:
        """Return the 16-byte keyed token of an identifier or reference: its stream's id."""
        known = self._tokens.get(handle)
        if known is None:
            known = self._keyed(handle.type, handle.issuer, handle.value)
            if len(self._tokens) >= TOKEN_CACHE_MAX:
                self._tokens.clear()
            self._tokens[handle] = known
        return known

    def stream_of(self, handle: Handle) -> UUID:
        """Return the id of the stream that is filed under `handle`."""
        return UUID(bytes=self.token(handle))

    def event_key(self, source: str, event_id: str) -> bytes:
        """Return the 16-byte keyed token of an event's source and id."""
        return self._keyed("event-key", source, event_id)

    def aggregate_key(self, stream: UUID, version: int) -> bytes:
        """Return the key of an event of our own aggregates; no published event can have it."""
        return self._keyed("aggregate-key", str(stream), str(version))

    def wrap_all(self, streams: Sequence[bytes], keys: Sequence[bytes]) -> list[bytes]:
        """Encrypt the key of each stream under the key-encryption key."""
        encrypt = _cipher(self.kek).encrypt
        wrapped = []
        for stream, key in zip(streams, keys, strict=True):
            nonce = secrets.token_bytes(NONCE_BYTES)
            wrapped.append(nonce + encrypt(nonce, key, stream))
        return wrapped

    def unwrap(self, stream: bytes, wrapped: bytes) -> bytes:
        """Decrypt a stream's key.

        Raises:
            WrongKeyring: it was wrapped under another key-encryption key.
        """
        try:
            return _cipher(self.kek).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], stream)
        except InvalidTag as error:
            raise WrongKeyring(name="key-encryption key") from error

    def _keyed(self, *fields: str) -> bytes:
        # Events hold no NUL, so it parts the fields without doubt.
        message = "\0".join(fields).encode()
        return blake2b(message, digest_size=TOKEN_BYTES, key=self.pepper).digest()


# Making one takes three times as long as what it is then used for.
_cipher = lru_cache(maxsize=2)(AESGCM)


def keyring_from(kek: str, pepper: str) -> Keyring:
    """Build a keyring from two base64 texts of 32 bytes each.

    Raises:
        KeyringUnusable: one of them is not that.
    """
    return Keyring(kek=_decoded(kek, "kek"), pepper=_decoded(pepper, "pepper"))


def keyring_file(path: Path) -> Keyring:
    """Read the keyring at `path`, or make one there that only its owner can read.

    Raises:
        KeyringUnusable: the file cannot be read or written, or is not a keyring.
    """
    try:
        if not path.exists():
            _make(path)
        content = json.loads(path.read_text("utf-8"))
        return keyring_from(content["kek"], content["pepper"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeyringUnusable(path=path, reason=type(error).__name__) from error


def _decoded(text: str, name: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise KeyringUnusable(path=name, reason="it is not base64") from error
    if len(value) != KEY_BYTES:
        raise KeyringUnusable(path=name, reason=f"it is not {KEY_BYTES} bytes long")
    return value


def _make(path: Path) -> None:
    """Write whole, then link into place: two processes that start at once agree on one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    secrets_made = {
        name: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        for name in ("kek", "pepper")
    }
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump({"version": 1, **secrets_made}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
