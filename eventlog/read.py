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
from psycopg2.extensions import cursor as Cursor

from domain.corrections import EventName
from domain.decode import restore
from domain.event import Event
from domain.events import is_published
from domain.handles import Handle
from eventlog.database import Database
from eventlog.entry import Entry
from eventlog.errors import LogBroken
from eventlog.keyring import Keyring
from eventlog.rows import COLUMNS, unpack_rows
from eventlog.sealing import StreamKeys, bound_to

READER = "toldonce_reader"

SELECT_HEAD = "SELECT position, root, recorded_at FROM log.log_head"
SELECT_RECORDED_AT = "SELECT recorded_at FROM log.entries WHERE position = %s"
PAGE = f"SELECT {COLUMNS} FROM log.entries WHERE position > %s ORDER BY position LIMIT %s"  # noqa: S608
CHOSEN = f"""
SELECT {COLUMNS} FROM log.entries WHERE position = ANY(%s::bigint[]) ORDER BY position
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
        with self._database.transaction() as cursor:
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
        for expected, entry in enumerate(entries, start=after + 1):
            if entry.position != expected:
                raise LogBroken(
                    position=expected, expected="an entry", found=f"position {entry.position}"
                )
        return entries

    def read_at(self, positions: Sequence[int]) -> list[Entry]:
        """Return the entries at these positions, in position order.

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
        keys = self._keys.find_now({entry.stream_id.bytes for entry in entries})
        bodies = []
        for entry in entries:
            stream = entry.stream_id.bytes
            if stream not in keys:
                raise LogBroken(position=entry.position, expected="a stream key", found="none")
            bound = bound_to(stream, entry.event_key.bytes, type_=entry.type)
            try:
                bodies.append(keys[stream].open(entry.sealed, bound))
            except InvalidTag as error:
                raise LogBroken(
                    position=entry.position, expected="the sealed bytes", found="other bytes"
                ) from error
        return bodies

    def bodies_within(self, cursor: Cursor, positions: Collection[int]) -> dict[int, bytes | None]:
        """Return the opened bytes at these positions as somebody's open transaction sees them."""
        entries = _chosen(cursor, positions)
        opened = zip(entries, self.bodies(entries), strict=True)
        return {entry.position: body for entry, body in opened}

    def events(self, entries: Sequence[Entry]) -> list[Event | None]:
        """Return the events of entries as typed facts, in order.

        None stands where the person was erased, and where an aggregate of the library keeps a
        state of its own that is not one of the published types of event.

        Raises:
            TypeUnknown: a later version of this program stored a type that this one cannot read.
        """
        return [
            restore(body, position=entry.position, recorded_at=entry.recorded_at)
            if body is not None and is_published(entry.type)
            else None
            for entry, body in zip(entries, self.bodies(entries), strict=True)
        ]

    def events_at(self, positions: Sequence[int]) -> list[Event]:
        """Return the events at these positions, without those of erased persons."""
        events = self.events(self.read_at(positions))
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
    filled = cursor.mogrify(query, parameters).decode()
    copied = BytesIO()
    cursor.copy_expert(f"COPY ({filled}) TO STDOUT (FORMAT binary)", copied)
    return list(unpack_rows(copied.getvalue()))


def _chosen(cursor: Cursor, positions: Collection[int]) -> list[Entry]:
    entries = copy_entries(cursor, CHOSEN, list(positions))
    missing = set(positions) - {entry.position for entry in entries}
    if missing:
        raise LogBroken(position=min(missing), expected="an entry", found="none")
    return entries
