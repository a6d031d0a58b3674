"""Reading the log: pages in position order, chosen positions, one stream; opened or as stored.

Readers need only "position > p": positions have no gaps, so a hole is damage and is said loudly.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg2.extensions import cursor as Cursor

from domain.corrections import EventName
from domain.decode import restore
from domain.event import Event
from domain.events import is_published
from domain.handles import Handle
from eventlog.database import Database
from eventlog.entry import Entry, Sealed
from eventlog.errors import LogBroken
from eventlog.keyring import NONCE_BYTES, Keyring
from eventlog.rows import COLUMNS, SEALED_COLUMNS, unpack_rows, unpack_sealed
from eventlog.sealing import StreamKeys, bound_to

READER = "toldonce_reader"

SELECT_HEAD = "SELECT position, root, recorded_at FROM log.log_head"
SELECT_RECORDED_AT = "SELECT recorded_at FROM log.entries WHERE position = %s"
PAGE = f"SELECT {COLUMNS} FROM log.entries WHERE position > %s ORDER BY position LIMIT %s"  # noqa: S608
CHOSEN = f"""
SELECT {COLUMNS} FROM log.entries WHERE position = ANY(%s::bigint[]) ORDER BY position
"""  # noqa: S608
SEALED_PAGE = f"""
SELECT {SEALED_COLUMNS} FROM log.entries WHERE position > %s ORDER BY position LIMIT %s
"""  # noqa: S608
SEALED_CHOSEN = f"""
SELECT {SEALED_COLUMNS} FROM log.entries WHERE position = ANY(%s::bigint[]) ORDER BY position
"""  # noqa: S608
STREAM = f"""
SELECT {COLUMNS} FROM log.entries
WHERE stream_id = %s::uuid AND stream_version > %s ORDER BY stream_version LIMIT %s
"""  # noqa: S608
KNOWN = "SELECT uuid_send(event_key), position FROM log.entries WHERE event_key = ANY(%s::uuid[])"
FILED = "SELECT position, observed::text[] FROM log.entries WHERE stream_id = ANY(%s::uuid[])"


@dataclass(frozen=True, slots=True)
class LogHead:
    """The end of the log: its newest position, the root over all leaves, when it was written."""

    position: int
    root: bytes
    recorded_at: datetime | None


class LogReader:
    """Reads the log over one connection and opens what it reads."""

    def __init__(self, url: str, keyring: Keyring, *, role: str = READER) -> None:
        self._database = Database(url, role=role)
        self._keys_database = Database(url, role=role)
        self._keyring = keyring
        self._keys = StreamKeys(self._keys_database, keyring)

    def head(self) -> LogHead:
        """Return the end of the log."""
        with self._database.statements() as cursor:
            cursor.execute(SELECT_HEAD)
            position, root, recorded_at = cursor.fetchone() or (0, b"", None)
        return LogHead(position, bytes(root), recorded_at if position else None)

    def position_at(self, moment: datetime) -> int:
        """Return the newest position that was recorded at or before `moment`; 0 for none.

        Recording times never decrease with the position, so this halves the log until it is found.
        """
        low, high = 0, self.head().position
        with self._database.transaction() as cursor:
            while low < high:
                middle = (low + high + 1) // 2
                cursor.execute(SELECT_RECORDED_AT, (middle,))
                row = cursor.fetchone()
                if row is None:
                    raise LogBroken(position=middle, expected="an entry", found="none")
                low, high = (middle, high) if row[0] <= moment else (low, middle - 1)
        return low

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries that follow position `after`.

        Raises:
            LogBroken: a position is missing.
        """
        with self._database.transaction() as cursor:
            entries = copy_entries(cursor, PAGE, after, limit)
        _check_gapless(after, [entry.position for entry in entries])
        return entries

    def read_sealed(self, after: int, limit: int) -> list[Sealed]:
        """Return what is needed to open the entries that `read` returns.

        Raises:
            LogBroken: a position is missing.
        """
        with self._database.transaction() as cursor:
            sealed = _copy_sealed(cursor, SEALED_PAGE, after, limit)
        _check_gapless(after, [one.position for one in sealed])
        return sealed

    def read_at(self, positions: Sequence[int]) -> list[Entry]:
        """Return the entries at these positions, in position order.

        Raises:
            LogBroken: one of them is missing.
        """
        if not positions:
            return []
        with self._database.transaction() as cursor:
            entries = copy_entries(cursor, CHOSEN, list(positions))
        _check_found(positions, [entry.position for entry in entries])
        return entries

    def sealed_at(self, positions: Sequence[int]) -> list[Sealed]:
        """Return what is needed to open the entries that `read_at` returns.

        Raises:
            LogBroken: one of them is missing.
        """
        if not positions:
            return []
        with self._database.transaction() as cursor:
            return _chosen(cursor, positions)

    def read_stream(self, handle: Handle, *, after_version: int = 0, limit: int) -> list[Entry]:
        """Return entries filed under `handle`, in version order."""
        stream = str(self._keyring.stream_of(handle))
        with self._database.transaction() as cursor:
            return copy_entries(cursor, STREAM, stream, after_version, limit)

    def positions_of(self, names: Collection[EventName]) -> dict[EventName, int]:
        """Return the positions of those events, named by source and id, that the log holds."""
        by_key = {self._keyring.event_key(source, id_): (source, id_) for source, id_ in names}
        if not by_key:
            return {}
        with self._database.transaction() as cursor:
            cursor.execute(KNOWN, ([key.hex() for key in by_key],))
            return {by_key[bytes(key)]: position for key, position in cursor.fetchall()}

    def filed_under(self, streams: Collection[UUID]) -> dict[int, list[UUID]]:
        """Return the positions of all entries of these streams, with what each observed."""
        if not streams:
            return {}
        with self._database.transaction() as cursor:
            cursor.execute(FILED, ([stream.hex for stream in streams],))
            return {at: [UUID(one) for one in observed] for at, observed in cursor.fetchall()}

    def bodies(self, entries: Sequence[Entry]) -> list[bytes | None]:
        """Open entries; None where the key was destroyed because the person was erased.

        Raises:
            LogBroken: sealed bytes, or the columns that they are bound to, were changed.
        """
        return self.opened([entry.to_open for entry in entries])

    def opened(self, sealed: Sequence[Sealed]) -> list[bytes | None]:
        """Open what is sealed, as `bodies` does."""
        keys = self._keys.find_now({one.stream for one in sealed})
        # Making a cipher costs more than opening with it, and many entries are of few streams.
        ciphers = {stream: key.cipher() for stream, key in keys.items()}
        bodies = []
        for one in sealed:
            if one.stream not in ciphers:
                raise LogBroken(position=one.position, expected="a stream key", found="none")
            cipher = ciphers[one.stream]
            bodies.append(None if cipher is None else _open(one, cipher))
        return bodies

    def bodies_within(self, cursor: Cursor, positions: Collection[int]) -> dict[int, bytes | None]:
        """Return the opened bytes at these positions as somebody's open transaction sees them."""
        sealed = _chosen(cursor, positions)
        opened = zip(sealed, self.opened(sealed), strict=True)
        return {one.position: body for one, body in opened}

    def events(self, entries: Sequence[Entry]) -> list[Event | None]:
        """Return the events of entries as typed facts, in order.

        None stands where the person was erased, and where an aggregate of the library keeps a
        state of its own that is not one of the published types of event.

        Raises:
            TypeUnknown: a later version of this program stored a type that this one cannot read.
        """
        return self.restored([entry.to_open for entry in entries])

    def restored(self, sealed: Sequence[Sealed]) -> list[Event | None]:
        """Return the events of what is sealed, as `events` does."""
        published = {kind for kind in {one.type for one in sealed} if is_published(kind)}
        return [
            restore(body, position=one.position, recorded_at=one.recorded_at)
            if body is not None and one.type in published
            else None
            for one, body in zip(sealed, self.opened(sealed), strict=True)
        ]

    def events_at(self, positions: Sequence[int]) -> list[Event]:
        """Return the events at these positions, without those of erased persons."""
        events = self.restored(self.sealed_at(positions))
        return [event for event in events if event is not None]

    def token(self, handle: Handle) -> bytes:
        """Return the keyed token under which `handle` is filed and known to views."""
        return self._keyring.token(handle)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()
        self._keys_database.close()


def copy_entries(cursor: Cursor, query: str, *parameters: object) -> list[Entry]:
    """Run a query over the entry columns through binary COPY and return its rows."""
    return list(unpack_rows(_copied(cursor, query, *parameters)))


def _chosen(cursor: Cursor, positions: Collection[int]) -> list[Sealed]:
    sealed = _copy_sealed(cursor, SEALED_CHOSEN, list(positions))
    _check_found(positions, [one.position for one in sealed])
    return sealed


def _copy_sealed(cursor: Cursor, query: str, *parameters: object) -> list[Sealed]:
    return list(unpack_sealed(_copied(cursor, query, *parameters)))


def _copied(cursor: Cursor, query: str, *parameters: object) -> bytes:
    filled = cursor.mogrify(query, parameters).decode()
    copied = BytesIO()
    cursor.copy_expert(f"COPY ({filled}) TO STDOUT (FORMAT binary)", copied)
    return copied.getvalue()


def _check_gapless(after: int, found: Sequence[int]) -> None:
    for expected, position in enumerate(found, start=after + 1):
        if position != expected:
            raise LogBroken(position=expected, expected="an entry", found=f"position {position}")


def _check_found(wanted: Collection[int], found: Collection[int]) -> None:
    missing = set(wanted).difference(found)
    if missing:
        raise LogBroken(position=min(missing), expected="an entry", found="none")


def _open(one: Sealed, cipher: AESGCM) -> bytes:
    sealed = one.sealed
    bound = bound_to(one.stream, one.event_key, type_=one.type)
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except InvalidTag as error:
        raise LogBroken(
            position=one.position, expected="the sealed bytes", found="other bytes"
        ) from error
