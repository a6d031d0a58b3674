"""The quarantine: what could not be stored and nobody waited to hear about.

Promise: the original bytes are kept, sealed, with the reason and the place they came from, until
somebody decides; the same bytes from the same place again are one row, seen once more.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from consumers.verdicts import Received, Verdict
from domain.handles import Handle
from domain.problems import Problem
from eventlog.keyring import NONCE_BYTES
from eventlog.log import Log
from eventlog.sealing import StreamKey

STREAM = Handle("quarantine", "held")
HELD_MAX = 200

INSERT = """
INSERT INTO log.quarantine (quarantine_id, origin, verdict, problems, sealed) VALUES %s
ON CONFLICT (quarantine_id) DO UPDATE
    SET seen_count = quarantine.seen_count + 1, last_seen = now()
"""
COLUMNS = "quarantine_id, origin, verdict, problems, state, seen_count, first_seen, last_seen"
SELECT_HELD = f"""
SELECT {COLUMNS} FROM log.quarantine WHERE state = 'held'
ORDER BY first_seen, quarantine_id LIMIT %s
"""  # noqa: S608 - only constants
SELECT_ONE = f"""
SELECT {COLUMNS}, sealed FROM log.quarantine WHERE quarantine_id = %s
"""  # noqa: S608 - only constants


@dataclass(frozen=True, slots=True)
class Held:
    """One refused event and why; `received` are its original bytes, None where not asked for."""

    id: UUID
    origin: str
    verdict: Literal["invalid", "conflict"]
    problems: tuple[Problem, ...]
    state: Literal["held", "stored", "discarded"]
    seen_count: int
    first_seen: datetime
    last_seen: datetime
    received: Received | None = None


class Quarantine:
    """Keeps refused events and gives them back."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def keep(self, cursor: Cursor, refused: Iterable[tuple[Received, Verdict]]) -> None:
        """Keep refused events, in the transaction of their batch."""
        rows = {}
        for received, verdict in refused:
            packed = _pack(received)
            kept_as = self._id(received.origin, packed)
            rows[kept_as] = (received.origin, verdict.kind, _said(verdict), packed)
        if not rows:
            return
        key = self._key()
        # One order for everybody: two imports of one file never deadlock.
        sealed = [
            (str(kept_as), origin, kind, *(_sealed(key, plain, kept_as=kept_as) for plain in both))
            for kept_as, (origin, kind, *both) in sorted(rows.items())
        ]
        execute_values(cursor, INSERT, sealed, page_size=500)

    def held(self, limit: int = HELD_MAX) -> list[Held]:
        """Return what waits for a decision, oldest first, without the bytes."""
        with self._log.transaction() as transaction:
            transaction.cursor.execute(SELECT_HELD, (min(limit, HELD_MAX),))
            rows = transaction.cursor.fetchall()
        key = self._key()
        return [_held(row, key) for row in rows]

    def get(self, quarantine_id: UUID) -> Held | None:
        """Return one refused event with its original bytes, or None when there is none."""
        with self._log.transaction() as transaction:
            transaction.cursor.execute(SELECT_ONE, (str(quarantine_id),))
            row = transaction.cursor.fetchone()
        if row is None:
            return None
        key = self._key()
        opened = key.open(bytes(row[-1]), quarantine_id.bytes)
        received = None if opened is None else _unpack(opened, row[1])
        return _held(row[:-1], key, received=received)

    def _key(self) -> StreamKey:
        stream = self._log.reader.token(STREAM)
        return self._log.keys_for([stream])[stream]

    def _id(self, origin: str, packed: bytes) -> UUID:
        """Return the same id for the same bytes from the same place; keyed, so it tells nothing."""
        handle = Handle(STREAM.type, sha256(packed).hexdigest(), origin)
        return UUID(bytes=self._log.reader.token(handle))


def _said(verdict: Verdict) -> bytes:
    return json.dumps([asdict(problem) for problem in verdict.problems]).encode()


def _sealed(key: StreamKey, plain: bytes, *, kept_as: UUID) -> bytes:
    return key.seal(secrets.token_bytes(NONCE_BYTES), plain, bound=kept_as.bytes)


def _held(row: tuple[Any, ...], key: StreamKey, *, received: Received | None = None) -> Held:
    kept_as, origin, verdict, problems, state, seen_count, first_seen, last_seen = row
    opened = key.open(bytes(problems), UUID(kept_as).bytes)
    said = tuple(Problem(**problem) for problem in json.loads(opened or b"[]"))
    seen = seen_count, first_seen, last_seen
    return Held(UUID(kept_as), origin, verdict, said, state, *seen, received)


def _pack(received: Received) -> bytes:
    """Put the envelope of binary mode, if any, as one line of JSON before the bytes."""
    if received.attributes is None:
        return b"\n" + received.raw
    return json.dumps(dict(received.attributes), sort_keys=True).encode() + b"\n" + received.raw


def _unpack(packed: bytes, origin: str) -> Received:
    envelope, _, raw = packed.partition(b"\n")
    return Received(raw, origin, json.loads(envelope) if envelope else None)
