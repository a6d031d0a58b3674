"""Whether the keys of streams are those that the leaves commit to, and destroyed ones destroyed.

A key is destroyed by an erasure that the log tells, and only by one; it never comes back. Whether a
wrapped key is the one that was committed to can only be told by whoever holds the keyring.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from audit.findings import Findings
from audit.verification.rows import Told
from eventlog.errors import WrongKeyring
from eventlog.keyring import Keyring, commitment

READ_KEYS = 5_000

# An auditor's role may not read wrapped keys, and needs none for anything but the last check.
SELECT_COUNT = "SELECT count(*) FROM log.stream_keys"
SELECT_DESTROYED = "SELECT uuid_send(stream_id) FROM log.stream_keys WHERE destroyed_at IS NOT NULL"
SELECT_WRAPPED = """
SELECT uuid_send(stream_id), commitment, wrapped FROM log.stream_keys WHERE wrapped IS NOT NULL
"""
SELECT_LISTED = "SELECT number, uuid_send(stream_id) FROM log.destroyed_keys"
SELECT_CHECKS = "SELECT name, commitment FROM log.key_checks"


class Registered(NamedTuple):
    """How many keys there are, and which streams' are destroyed."""

    key_count: int
    destroyed: frozenset[bytes]


def registered(cursor: Cursor) -> Registered:
    """Read the register of keys."""
    cursor.execute(SELECT_COUNT)
    (key_count,) = cursor.fetchone() or (0,)
    cursor.execute(SELECT_DESTROYED)
    return Registered(key_count, frozenset(bytes(stream) for (stream,) in cursor.fetchall()))


def check_destroyed(
    cursor: Cursor,
    keys: Registered,
    *,
    told: Collection[Told],
    keys_destroyed: int,
    findings: Findings,
) -> None:
    """Check that the keys which are destroyed are exactly those that the log tells of.

    `told` are all erasures of the log, `keys_destroyed` is what its head counts.
    """
    erased = {stream: one.position for one in told for stream in one.streams}
    for stream, position in erased.items():
        if stream not in keys.destroyed:
            expected = f"the key of stream {_named(stream)} destroyed"
            findings.add("keys", position, expected=expected, found="that it is not")
    for stream in sorted(keys.destroyed - erased.keys()):
        expected = f"an erasure that destroyed the key of stream {_named(stream)}"
        findings.add("keys", None, expected=expected, found="none in the log")
    _check_fence(cursor, keys, keys_destroyed=keys_destroyed, findings=findings)


def check_wrapped(cursor: Cursor, keyring: Keyring, *, findings: Findings) -> int:
    """Check that each wrapped key opens and is the one committed to; return how many there are."""
    count = 0
    for stream, committed, wrapped in _rows(cursor, SELECT_WRAPPED):
        count += 1
        if _opened(keyring, bytes(stream), wrapped=bytes(wrapped)) != bytes(committed):
            expected = f"the key that stream {_named(bytes(stream))} was sealed with"
            findings.add("keys", None, expected=expected, found="another")
    _check_secrets(cursor, keyring, has_keys=count > 0, findings=findings)
    return count


def _opened(keyring: Keyring, stream: bytes, *, wrapped: bytes) -> bytes:
    """Return what commits to the wrapped key; nothing where it does not open."""
    try:
        return commitment(keyring.unwrap(stream, wrapped))
    except WrongKeyring:
        return b""


def _check_fence(
    cursor: Cursor, keys: Registered, *, keys_destroyed: int, findings: Findings
) -> None:
    """Check the list by which every process learns which keys it must forget."""
    cursor.execute(SELECT_LISTED)
    rows = cursor.fetchall()
    listed = {bytes(stream) for _, stream in rows}
    numbers = sorted({number for number, _ in rows})
    if listed != keys.destroyed:
        found = f"{len(listed)} streams, not all the same"
        findings.add("keys", None, expected="every destroyed key listed as such", found=found)
    if numbers != list(range(1, keys_destroyed + 1)):
        expected = f"{keys_destroyed} destructions of keys listed, as the head counts them"
        findings.add("keys", None, expected=expected, found=str(len(numbers)))


def _check_secrets(cursor: Cursor, keyring: Keyring, *, has_keys: bool, findings: Findings) -> None:
    cursor.execute(SELECT_CHECKS)
    kept = {name: bytes(committed) for name, committed in cursor.fetchall()}
    ours = {"key-encryption key": commitment(keyring.kek), "pepper": commitment(keyring.pepper)}
    # Whoever writes first notes them: an empty log has none.
    if kept != ours and (kept or has_keys):
        findings.add("keys", None, expected="the keyring of this log", found="another one's")


def _rows(cursor: Cursor, query: str) -> Iterator[tuple[memoryview, memoryview, memoryview]]:
    """Yield rows without holding all of them in memory."""
    with cursor.connection.cursor(name="audit_keys") as streaming:
        streaming.itersize = READ_KEYS
        streaming.execute(query)
        yield from streaming


def _named(stream: bytes) -> str:
    return stream.hex()
