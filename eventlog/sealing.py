"""Sealing: AES-256-GCM under the key of a stream, one random key per stream.

Destroying a stream's key makes its entries unreadable for ever and leaves every hash valid.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database, hexed
from eventlog.errors import WrongKeyring
from eventlog.fence import Fence
from eventlog.keyring import KEY_BYTES, NONCE_BYTES, TOKEN_BYTES, Keyring, commitment

# About 270 bytes each: bounded, so that a process that meets every customer stays small.
KEY_CACHE_MAX = 40_000

SELECT_KEYS = """
SELECT uuid_send(stream_id), wrapped, commitment FROM log.stream_keys
WHERE stream_id = ANY((SELECT string_to_array(%s, ',')::uuid[])::uuid[])
"""
# One order for everybody: two processes that make the same keys never deadlock. One row answers, so
# that it commits without anybody having read thousands.
INSERT_KEYS = """
WITH inserted AS (
    INSERT INTO log.stream_keys (stream_id, wrapped, commitment)
    SELECT stream_id::uuid, decode(wrapped, 'hex'), decode(commitment, 'hex')
    FROM unnest(string_to_array(%s, ','), string_to_array(%s, ','), string_to_array(%s, ','))
        AS made (stream_id, wrapped, commitment)
    ORDER BY 1
    ON CONFLICT (stream_id) DO NOTHING RETURNING uuid_send(stream_id) AS stream
)
SELECT coalesce(string_agg(stream, ''::bytea), '') FROM inserted
"""
# The row stays as a fence: the key never comes back, and what is filed there is suppressed.
DESTROY_KEYS = """
UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = clock_timestamp()
WHERE stream_id = ANY(%s::uuid[]) AND destroyed_at IS NULL
"""
SELECT_CHECKS = "SELECT name, commitment FROM log.key_checks"
INSERT_CHECK = """
INSERT INTO log.key_checks (name, commitment) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING
"""

_Row = tuple[memoryview, memoryview | None, memoryview]


class Sealing(NamedTuple):
    """What seals entries of one stream, for as long as a batch; None once its key was destroyed."""

    cipher: AESGCM | None
    commitment: bytes


@dataclass(frozen=True, slots=True)
class StreamKey:
    """The key of one stream; None once it was destroyed. The commitment outlives the key."""

    key: bytes | None
    commitment: bytes

    def seal(self, nonce: bytes, plain: bytes, *, bound: bytes) -> bytes:
        """Encrypt `plain`, bound to `bound`; the stream's key must not be destroyed."""
        cipher = self.cipher()
        if cipher is None:
            raise ValueError("a destroyed key seals nothing")
        return nonce + cipher.encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes | None:
        """Decrypt, or return None when the key was destroyed.

        Raises:
            cryptography.exceptions.InvalidTag: the bytes or what they are bound to were changed.
        """
        cipher = self.cipher()
        if cipher is None:
            return None
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)

    def sealing(self) -> Sealing:
        """Return what seals many entries: it takes more memory than a key that is remembered."""
        return Sealing(self.cipher(), self.commitment)

    def cipher(self) -> AESGCM | None:
        """Return what seals and opens many entries of the stream; None if the key was destroyed."""
        return None if self.key is None else AESGCM(self.key)


def bound_to(stream: bytes, event_key: bytes, *, type_: str) -> bytes:
    """Return the associated data of an entry; it does not depend on the position."""
    return stream + event_key + type_.encode()


class StreamKeys:
    """Finds, makes and remembers the keys of streams, in transactions of its own."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._known: dict[bytes, StreamKey] = {}
        # What was met before those: as soon as they are half of all, it is forgotten for them.
        self._older: dict[bytes, StreamKey] = {}
        self.fence = Fence()

    def find_now(self, streams: Iterable[bytes]) -> dict[bytes, StreamKey]:
        """Return the keys of those streams that have one, none that was destroyed by now."""
        with self._database.statements() as cursor:
            self.fence.catch_up(cursor)
            known, missing = self._at_hand(streams)
            rows = _rows(cursor, missing)
        return known | self._learned(rows)

    def find(self, streams: Iterable[bytes]) -> dict[bytes, StreamKey]:
        """Return the keys of those streams that have one, as remembered where they are.

        For sealing that is enough: an append refuses what was sealed under a key destroyed since.
        """
        known, missing = self._at_hand(streams)
        if not missing:
            return known
        with self._database.statements() as cursor:
            self.fence.catch_up(cursor)
            rows = _rows(cursor, missing)
        return known | self._learned(rows)

    def find_or_make(self, streams: Iterable[bytes]) -> tuple[dict[bytes, StreamKey], list[bytes]]:
        """Return a key for every stream, and which streams had none until now."""
        wanted = set(streams)
        found = self.find(wanted)
        fresh = self._make([stream for stream in wanted if stream not in found])
        if len(found) + len(fresh) < len(wanted):
            # Somebody else made a key between our look and our insert: theirs is the one.
            found = self.find(wanted - fresh.keys())
        self._remember(fresh)
        return found | fresh, list(fresh)

    def destroy(self, cursor: Cursor, streams: Collection[bytes]) -> None:
        """Destroy the keys of these streams, which all have one, in somebody's open transaction.

        Until it commits it holds the row lock of the log's head, like an append.
        """
        cursor.execute(DESTROY_KEYS, ([stream.hex() for stream in streams],))

    def check_keyring(self) -> None:
        """Record what this log is written with, or refuse another keyring.

        Raises:
            WrongKeyring: the log was begun with other secrets.
        """
        ours = {
            "key-encryption key": commitment(self._keyring.kek),
            "pepper": commitment(self._keyring.pepper),
        }
        with self._database.transaction() as cursor:
            cursor.execute(SELECT_CHECKS)
            theirs = {name: bytes(value) for name, value in cursor.fetchall()}
            if not theirs:
                cursor.executemany(INSERT_CHECK, list(ours.items()))
                cursor.execute(SELECT_CHECKS)
                theirs = {name: bytes(value) for name, value in cursor.fetchall()}
        for name, value in theirs.items():
            if ours.get(name) != value:
                raise WrongKeyring(name=name)

    def _at_hand(self, streams: Iterable[bytes]) -> tuple[dict[bytes, StreamKey], list[bytes]]:
        """Return the keys that are remembered, and the streams of which none is."""
        wanted = set(streams)
        # Taken out before anything is remembered: a full memory forgets the older half.
        remembered, erased = self._remembered, self.fence.streams
        known = {
            stream: key
            for stream in wanted
            if (key := remembered(stream)) is not None and (key.key is None or stream not in erased)
        }
        return known, list(wanted - known.keys())

    def _learned(self, rows: Sequence[_Row]) -> dict[bytes, StreamKey]:
        """Return the keys that were read, remembered from now on."""
        read = {
            bytes(stream): StreamKey(self._unwrapped(bytes(stream), wrapped), bytes(committed))
            for stream, wrapped, committed in rows
        }
        if read:
            self._remember(read)
        return read

    def _unwrapped(self, stream: bytes, wrapped: memoryview | None) -> bytes | None:
        return None if wrapped is None else self._keyring.unwrap(stream, bytes(wrapped))

    def _make(self, streams: Sequence[bytes]) -> dict[bytes, StreamKey]:
        if not streams:
            return {}
        entropy = secrets.token_bytes(KEY_BYTES * len(streams))
        starts = range(0, len(entropy), KEY_BYTES)
        keys = [entropy[at : at + KEY_BYTES] for at in starts]
        commitments = [commitment(key) for key in keys]
        wrapped = self._keyring.wrap_all(streams, keys)
        with self._database.statements() as cursor:
            self.fence.catch_up(cursor)
            cursor.execute(INSERT_KEYS, (hexed(streams), hexed(wrapped), hexed(commitments)))
            inserted = _parted(*(cursor.fetchone() or (b"",)))
        made = zip(streams, keys, commitments, strict=True)
        return {stream: StreamKey(*key) for stream, *key in made if stream in inserted}

    def _remembered(self, stream: bytes) -> StreamKey | None:
        key = self._known.get(stream)
        if key is None and (key := self._older.get(stream)) is not None:
            self._known[stream] = key
        return key

    def _remember(self, keys: dict[bytes, StreamKey]) -> None:
        if len(self._known) + len(keys) > KEY_CACHE_MAX // 2:
            self._older, self._known = self._known, {}
        self._known.update(keys)


def _parted(streams: bytes) -> set[bytes]:
    starts = range(0, len(streams), TOKEN_BYTES)
    return {bytes(streams[at : at + TOKEN_BYTES]) for at in starts}


def _rows(cursor: Cursor, streams: Sequence[bytes]) -> Sequence[_Row]:
    if not streams:
        return ()
    cursor.execute(SELECT_KEYS, (hexed(streams),))
    return cursor.fetchall()
