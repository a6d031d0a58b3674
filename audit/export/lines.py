"""The lines of an export: what of an entry, an event, a key and a proof is written, and read back.

Everything is JSON, one object a line. Hashes and tokens are hexadecimal, bytes are base64, times
are microseconds since 2000-01-01T00:00:00Z, as the leaf record has them.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from eventlog.entry import Entry, from_microseconds, to_microseconds
from eventlog.keyring import TOKEN_BYTES

FORMAT = "toldonce-export/1"
Json = dict[str, Any]


def entry_line(entry: Entry) -> bytes:
    """Return an entry as kept: all that its leaf is made of, and the sealed event."""
    starts = range(0, len(entry.observed), TOKEN_BYTES)
    return line(
        {
            "position": entry.position,
            "stream_id": entry.stream_id.hex,
            "stream_version": entry.stream_version,
            "event_key": entry.event_key.hex,
            "type": entry.type,
            "source": entry.source,
            "occurred_us": to_microseconds(entry.occurred_at),
            "recorded_us": to_microseconds(entry.recorded_at),
            "observed": [entry.observed[at : at + TOKEN_BYTES].hex() for at in starts],
            "sealed": b64encode(entry.sealed).decode(),
            "leaf_hash": entry.leaf_hash.hex(),
        }
    )


def entry_of(written: Json) -> Entry:
    """Read an entry back.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: it is not one.
    """
    return Entry(
        written["position"],
        UUID(hex=written["stream_id"]),
        written["stream_version"],
        UUID(hex=written["event_key"]),
        written["type"],
        written["source"],
        from_microseconds(written["occurred_us"]),
        from_microseconds(written["recorded_us"]),
        b"".join(UUID(hex=token).bytes for token in written["observed"]),
        b64decode(written["sealed"], validate=True),
        bytes.fromhex(written["leaf_hash"]),
    )


def event_line(position: int, body: bytes | None) -> bytes:
    """Return the event of an entry, byte for byte as it was sealed; or that it was erased."""
    if body is None:
        return line({"position": position, "erased": True})
    if not body.startswith(b"{") or b"\n" in body:
        # A state of somebody's aggregate, which only its application reads.
        return line({"position": position, "state": b64encode(body).decode()})
    return b'{"position":%d,"event":%b}\n' % (position, body)


def body_of(raw: bytes) -> bytes | None:
    """Return the bytes of the event in such a line; None where it was erased, or is none."""
    before, found, rest = raw.partition(b',"event":')
    if found and before.startswith(b'{"position":'):
        return rest.removesuffix(b"\n")[:-1]
    state = json.loads(raw or b"{}").get("state")
    return None if state is None else b64decode(state, validate=True)


class KeyRow(NamedTuple):
    """A stream's key as registered; with the key itself only where that was asked for."""

    stream: bytes
    commitment: bytes
    created_at: datetime
    destroyed_at: datetime | None
    key: bytes | None = None


def key_line(row: KeyRow) -> bytes:
    """Return what commits to a stream's key, and when it was destroyed."""
    written: Json = {
        "stream_id": row.stream.hex(),
        "commitment": bytes(row.commitment).hex(),
        "created_at": row.created_at.isoformat(),
        "destroyed_at": row.destroyed_at and row.destroyed_at.isoformat(),
    }
    return line(written if row.key is None else {**written, "key": row.key.hex()})


def key_of(written: Json) -> KeyRow:
    """Read a row of the register back.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    created_at, destroyed_at = written["created_at"], written["destroyed_at"]
    return KeyRow(
        bytes.fromhex(written["stream_id"]),
        bytes.fromhex(written["commitment"]),
        datetime.fromisoformat(created_at),
        destroyed_at and datetime.fromisoformat(destroyed_at),
        bytes.fromhex(written["key"]) if "key" in written else None,
    )


def path_of(written: Json) -> list[bytes]:
    """Read the path of a proof back.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    return [b64decode(one, validate=True) for one in written["path"]]


def proof_line(position: int, path: Sequence[bytes]) -> bytes:
    """Return the path from an entry's leaf to the root of the checkpoint."""
    return line({"position": position, "path": [b64encode(one).decode() for one in path]})


def line(written: Json) -> bytes:
    """Return one line."""
    return json.dumps(written, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
