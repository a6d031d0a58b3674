"""Signed notes as C2SP has them: a text, and who signed it with Ed25519.

Keys are written as the format's verifier and signer keys; a note counts only when every key that is
asked for signed it. A cosignature (v1) also says when the text was seen.
"""

from __future__ import annotations

import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import NoteInvalid

ED25519 = 0x01
COSIGNATURE = 0x04
KINDS = (ED25519, COSIGNATURE)
PUBLIC_BYTES = SEED_BYTES = 32
KEY_ID_BYTES = 4
# The format asks for at least 16; a note with more is somebody's attempt to keep us busy.
SIGNATURES_MAX = 64
NOTE_BYTES_MAX = 1 << 16
TIME_MAX = (1 << 63) - 1
PRIVATE = "PRIVATE+KEY+"
_LINE = re.compile(r"— (\S+) (\S+)")
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_TIME = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with the name and the kind of the signatures that it verifies."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return what tells this key from others in a signature line."""
        return _key_id(self.name, bytes([self.kind]) + self.public)

    def __str__(self) -> str:
        encoded = b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def verify(self, text: str, signature: bytes) -> None:
        """Check one signature of a text.

        Raises:
            NoteInvalid: this key did not make it.
        """
        stamp = b""
        if self.kind == COSIGNATURE:
            stamp, signature = signature[: _TIME.size], signature[_TIME.size :]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(
                signature, _signed(text, stamp=stamp)
            )
        except (InvalidSignature, struct.error) as error:
            raise NoteInvalid(reason="a signature is not that of its key") from error


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the name and the kind of the signatures that it makes."""

    name: str
    kind: int
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        """Return the public half."""
        return Verifier(self.name, self.kind, self._private.public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """Return the key in the format's own words: a secret."""
        encoded = b64encode(bytes([self.kind]) + self.seed).decode()
        return f"{PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{encoded}"

    def line(self, text: str, *, at_s: int | None = None) -> str:
        """Return the signature line for a text; a cosignature says when, in Unix seconds."""
        stamp = b"" if at_s is None else _TIME.pack(at_s)
        if (self.kind == COSIGNATURE) != bool(stamp):
            raise ValueError("cosignatures have a time, signatures have none")
        signature = stamp + self._private.sign(_signed(text, stamp=stamp))
        return Signature(self.name, self.verifier.key_id, signature).line

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


class Signature(NamedTuple):
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """Return it as it stands in a note."""
        return f"— {self.name} {b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note as parsed: nothing in it can be trusted before it is opened with keys."""

    text: str
    signatures: tuple[Signature, ...]


def new_key(name: str, kind: int = ED25519) -> SigningKey:
    """Make a key by chance."""
    return SigningKey(_checked_name(name), kind, token_bytes(SEED_BYTES))


def parse_signing_key(text: str) -> SigningKey:
    """Read a signer key.

    Raises:
        NoteInvalid: it is not one.
    """
    if not text.startswith(PRIVATE):
        raise NoteInvalid(reason="it is not a signer key")
    name, key_id, kind, seed = _key_parts(text.removeprefix(PRIVATE))
    key = SigningKey(name, kind, seed)
    if key.verifier.key_id != key_id:
        raise NoteInvalid(reason="the id of the key is not its own")
    return key


def parse_verifier(text: str) -> Verifier:
    """Read a verifier key.

    Raises:
        NoteInvalid: it is not one.
    """
    name, key_id, kind, public = _key_parts(text)
    verifier = Verifier(name, kind, public)
    if verifier.key_id != key_id:
        raise NoteInvalid(reason="the id of the key is not its own")
    return verifier


def sign(text: str, key: SigningKey) -> str:
    """Return the note of a text with one signature."""
    _check_text(text)
    return f"{text}\n{key.line(text)}"


def cosigned(raw: bytes, key: SigningKey, *, at_s: int) -> str:
    """Return a note with a cosignature made now, in the place of an earlier one of that key.

    Raises:
        NoteInvalid: it does not have the form of a note.
    """
    note, ours = parse_note(raw), (key.name, key.verifier.key_id)
    others = [one.line for one in note.signatures if (one.name, one.key_id) != ours]
    return "".join((note.text, "\n", *others, key.line(note.text, at_s=at_s)))


def parse_note(raw: bytes) -> SignedNote:
    """Part a note into its text and its signatures, none of them verified.

    Raises:
        NoteInvalid: it does not have the form of a note.
    """
    if len(raw) > NOTE_BYTES_MAX:
        raise NoteInvalid(reason="it is too long")
    try:
        whole = raw.decode()
    except UnicodeDecodeError as error:
        raise NoteInvalid(reason="it is not UTF-8") from error
    body, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise NoteInvalid(reason="it has no signatures")
    text = body + "\n"
    _check_text(text)
    found = lines[:-1].split("\n")
    if len(found) > SIGNATURES_MAX:
        raise NoteInvalid(reason="it has too many signatures")
    return SignedNote(text, tuple(_parsed_line(line) for line in found))


def open_note(raw: bytes, verifiers: Sequence[Verifier]) -> str:
    """Return the text of a note that each of these keys signed; other signatures are ignored.

    Raises:
        NoteInvalid: it is no note, or one of the keys did not sign it.
    """
    if not verifiers:
        raise ValueError("a note that nobody needs to have signed says nothing")
    note = parse_note(raw)
    for verifier in verifiers:
        theirs = [
            line.signature
            for line in note.signatures
            if (line.name, line.key_id) == (verifier.name, verifier.key_id)
        ]
        if not theirs:
            raise NoteInvalid(reason=f"{verifier.name} did not sign it")
        for signature in theirs:
            verifier.verify(note.text, signature)
    return note.text


def decoded(text: str) -> bytes:
    """Return the bytes of a base64 text, of which there is only one for any bytes.

    Raises:
        NoteInvalid: it is not that text.
    """
    try:
        value = b64decode(text, validate=True)
    except ValueError as error:
        raise NoteInvalid(reason="it is not base64") from error
    if b64encode(value).decode() != text:
        raise NoteInvalid(reason="it is not the base64 of any bytes")
    return value


def _signed(text: str, *, stamp: bytes) -> bytes:
    """Return the bytes that a signature is made over; a stamp makes it a cosignature."""
    if not stamp:
        return text.encode()
    (at_s,) = _TIME.unpack(stamp)
    if at_s > TIME_MAX:
        raise NoteInvalid(reason="its time is out of range")
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()


def _key_id(name: str, key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + key).digest()[:KEY_ID_BYTES]


def _key_parts(text: str) -> tuple[str, bytes, int, bytes]:
    # The last part is base64, which has a plus of its own.
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    key = decoded(encoded)
    if (
        len(key) != 1 + PUBLIC_BYTES
        or key[0] not in KINDS
        or not re.fullmatch("[0-9a-f]{8}", key_id)
    ):
        raise NoteInvalid(reason="it is not a key of a kind that is known here")
    return _checked_name(name), bytes.fromhex(key_id), key[0], key[1:]


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name) or _CONTROL.search(name):
        raise NoteInvalid(reason="the name of a key is empty, or has spaces or a plus")
    return name


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteInvalid(reason="its text is not made of lines")


def _parsed_line(line: str) -> Signature:
    found = _LINE.fullmatch(line)
    if found is None:
        raise NoteInvalid(reason="a signature line is not one")
    name, encoded = found.groups()
    value = decoded(encoded)
    if len(value) <= KEY_ID_BYTES:
        raise NoteInvalid(reason="a signature line holds no signature")
    return Signature(_checked_name(name), value[:KEY_ID_BYTES], value[KEY_ID_BYTES:])
