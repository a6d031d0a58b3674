"""The log as the library's recorders use it: states go in sealed and come out opened.

Whatever the log or the driver raises leaves here as the library's error of the same meaning.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg2
from eventsourcing import persistence as library
from eventsourcing.persistence import Notification, StoredEvent, Tracking
from psycopg2.extensions import cursor as Cursor

from domain.decode import restore
from domain.event import OUR_SOURCE, Event
from domain.events import EVENT_TYPES
from eventlog.append import Appender
from eventlog.database import WRITER, Database
from eventlog.drafts import keys_for, label_of, sealed_draft
from eventlog.entry import Draft, Entry, Label, to_microseconds
from eventlog.errors import EventLogError, LogNotMigrated, LogUnavailable, VersionConflict
from eventlog.keyring import NONCE_BYTES, Keyring
from eventlog.migrate import check_migrated
from eventlog.read import LogReader, copy_entries
from eventlog.rows import COLUMNS
from eventlog.sealing import StreamKey, StreamKeys

VERSION_MAX = 2**31 - 1
NUMBER_MAX = 2**63 - 1
# A long stream is read in pages, so that no query holds more than 64 MiB of the largest events.
PAGE_ENTRIES = 1_000

SELECT_ASCENDING = f"""
SELECT {COLUMNS} FROM log.entries
WHERE stream_id = %s::uuid AND stream_version > %s AND stream_version <= %s
ORDER BY stream_version LIMIT %s
"""  # noqa: S608 - a constant
SELECT_DESCENDING = f"""
SELECT {COLUMNS} FROM log.entries
WHERE stream_id = %s::uuid AND stream_version > %s AND stream_version <= %s
ORDER BY stream_version DESC LIMIT %s
"""  # noqa: S608 - a constant
SELECT_TYPES = f"""
SELECT {COLUMNS} FROM log.entries
WHERE position > %s AND position <= %s AND type = ANY(%s::text[])
ORDER BY position LIMIT %s
"""  # noqa: S608 - a constant
SELECT_TRACKED = "SELECT position FROM log.tracking WHERE name = %s"
ADVANCE_TRACKED = """
INSERT INTO log.tracking AS kept (name, position) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET position = excluded.position
WHERE kept.position < excluded.position
"""

_REFUSED = {"known": "is already there", "erased": "cannot be added: the stream was erased"}
LIBRARY_ERRORS: dict[type, type[library.PersistenceError]] = {
    VersionConflict: library.IntegrityError,
    LogUnavailable: library.OperationalError,
    LogNotMigrated: library.ProgrammingError,
    EventLogError: library.DatabaseError,
    psycopg2.InterfaceError: library.InterfaceError,
    psycopg2.DataError: library.DataError,
    psycopg2.OperationalError: library.OperationalError,
    psycopg2.IntegrityError: library.IntegrityError,
    psycopg2.InternalError: library.InternalError,
    psycopg2.ProgrammingError: library.ProgrammingError,
    psycopg2.NotSupportedError: library.NotSupportedError,
    psycopg2.DatabaseError: library.DatabaseError,
    psycopg2.Error: library.PersistenceError,
}


@dataclass(frozen=True, slots=True)
class Span:
    """The versions or positions that follow `after`, up to and including `upto`."""

    after: int
    upto: int

    @classmethod
    def of(cls, after: int | None, upto: int | None) -> Span:
        """Return the span in which None is no bound."""
        return cls(-1 if after is None else after, NUMBER_MAX if upto is None else upto)


class SealedStreams:
    """One opened log for any number of recorders; may be shared between threads."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        """Open the log at `url`.

        Raises:
            OperationalError, ProgrammingError, DatabaseError: no log to be used with this keyring.
        """
        self._keyring = keyring
        self._writing = Database(url, role=WRITER)
        self._reading = Database(url, role=WRITER)
        self._reader = LogReader(url, keyring, role=WRITER)
        self._keys = StreamKeys(self._reading, keyring)
        self._appender = Appender(self._writing, self._keys.fence)
        with translated():
            with self._reading.transaction() as cursor:
                check_migrated(cursor)
            self._keys.check_keyring()

    def append(
        self,
        events: Sequence[StoredEvent],
        tracking: Tracking | None = None,
        *,
        erases: Collection[UUID] = (),
    ) -> list[int]:
        """Append events and advance `tracking` in one transaction; return the events' positions.

        In the same transaction the keys of the streams that the events say it `erases` are
        destroyed, and what is not yet filed there never will be; the events observe them.

        Raises:
            IntegrityError: a version is taken, a stream was erased, or the tracking is not ahead.
        """
        if not events and tracking is None:
            return []
        with translated():
            erased = sorted(_stream(stream) for stream in erases)
            self._keys.find_or_make(erased)
            drafts = self._drafts(events, erased)
            with self._appender.transaction() as transaction:
                if tracking is not None:
                    _advance(transaction.cursor, tracking)
                appended = transaction.append(drafts)
                for event, answer in zip(events, appended, strict=True):
                    if answer.fate != "stored":
                        raise library.IntegrityError(f"{_named(event)} {_REFUSED[answer.fate]}")
                if erased:
                    self._keys.destroy(transaction.cursor, erased)
        return [answer.position for answer in appended]

    def events_of(
        self, originator_id: UUID | str, versions: Span, *, desc: bool, limit: int | None
    ) -> list[StoredEvent]:
        """Return the events of one stream in the order of their versions, opened.

        Raises:
            DataError: the stream was erased.
        """
        stream = _stream(originator_id)
        events: list[StoredEvent] = []
        with translated():
            for entries in self._pages(stream, versions, desc=desc, limit=limit):
                bodies = self._reader.bodies(entries)
                events += map(_stored_event, entries, bodies)
        return events

    def notifications(
        self, positions: Span, *, limit: int, types: Sequence[str]
    ) -> list[Notification]:
        """Return up to `limit` entries of a span as notifications; of these types, if any.

        Raises:
            DatabaseError: a position is missing, or an entry was changed.
        """
        after = max(positions.after, 0)
        with translated():
            if types:
                entries = self._entries(SELECT_TYPES, after, positions.upto, list(types), limit)
            else:
                entries = self._reader.read(after, max(0, min(limit, positions.upto - after)))
            return list(map(_notification, entries, self._reader.bodies(entries)))

    def newest_position(self) -> int:
        """Return the newest position of the log; 0 while it is empty."""
        with translated():
            return self._reader.head().position

    def tracked_position(self, name: str) -> int | None:
        """Return how far the reader called `name` has read; None if it never did."""
        with translated(), self._reading.transaction() as cursor:
            cursor.execute(SELECT_TRACKED, (name,))
            row = cursor.fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close the connections."""
        self._writing.close()
        self._reading.close()
        self._reader.close()

    def _drafts(self, events: Sequence[StoredEvent], erased: Sequence[bytes]) -> list[Draft]:
        streams = [_stream(event.originator_id) for event in events]
        keys = keys_for(streams, self._keys, versions=self._appender.versions)
        return [
            self._draft(event, self._label(event, stream, erased=erased), key=keys[stream])
            for event, stream in zip(events, streams, strict=True)
        ]

    def _label(self, event: StoredEvent, stream: bytes, *, erased: Sequence[bytes]) -> Label:
        """Return the label of a fact of ours, or of a state that only its aggregate reads."""
        if event.topic in EVENT_TYPES:
            label = label_of(_fact(event), self._keyring, decision=stream)
        else:
            key = self._keyring.aggregate_key(UUID(bytes=stream), event.originator_version)
            now_us = to_microseconds(datetime.now(UTC))
            label = Label(stream, key, event.topic, OUR_SOURCE, now_us, stream)
        return label._replace(observed=b"".join([label.observed, *erased])) if erased else label

    def _draft(self, event: StoredEvent, label: Label, *, key: StreamKey) -> Draft:
        version = event.originator_version
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealing = key.sealing()
        draft = sealed_draft(label, event.state, key=sealing, nonce=nonce, stream_version=version)
        if draft is None:
            raise library.IntegrityError(f"{_named(event)} {_REFUSED['erased']}")
        if not 0 <= version <= VERSION_MAX:
            raise library.DataError(f"{_named(event)} is not between 0 and {VERSION_MAX}")
        return draft

    def _pages(
        self, stream: bytes, versions: Span, *, desc: bool, limit: int | None
    ) -> Iterator[list[Entry]]:
        query = SELECT_DESCENDING if desc else SELECT_ASCENDING
        missing = NUMBER_MAX if limit is None else limit
        size = min(missing, PAGE_ENTRIES)
        while size > 0 and (
            page := self._entries(query, stream.hex(), versions.after, versions.upto, size)
        ):
            yield page
            last = page[-1].stream_version
            versions = Span(versions.after, last - 1) if desc else Span(last, versions.upto)
            missing -= len(page)
            size = min(missing, PAGE_ENTRIES) if len(page) == size else 0

    def _entries(self, query: str, *parameters: object) -> list[Entry]:
        with self._reading.transaction() as cursor:
            return copy_entries(cursor, query, *parameters)


@contextmanager
def translated() -> Iterator[None]:
    """Raise the library's error in place of the log's or the driver's."""
    try:
        yield
    except (EventLogError, psycopg2.Error) as error:
        kind = next(kind for kind in type(error).__mro__ if kind in LIBRARY_ERRORS)
        raise LIBRARY_ERRORS[kind](_without_data(error)) from error


def _without_data(error: EventLogError | psycopg2.Error) -> str:
    """Return what was wrong without the lines in which PostgreSQL repeats parameters."""
    if isinstance(error, psycopg2.Error):
        return error.diag.message_primary or type(error).__name__
    return str(error)


def _advance(cursor: Cursor, tracking: Tracking) -> None:
    cursor.execute(ADVANCE_TRACKED, (tracking.application_name, tracking.notification_id))
    if cursor.rowcount != 1:
        raise library.IntegrityError(
            f"tracking of {tracking.application_name} is already at"
            f" {tracking.notification_id} or further"
        )


def _stream(originator_id: UUID | str) -> bytes:
    if not isinstance(originator_id, UUID):
        kind = type(originator_id).__name__
        raise library.ProgrammingError(f"originator_id names a stream: a UUID, not a {kind}")
    return originator_id.bytes


def _fact(event: StoredEvent) -> Event:
    """Read the state of an event whose topic is a type of the contract: it must be that event."""
    try:
        return restore(event.state)
    except (ValueError, KeyError, TypeError) as error:
        raise library.DataError(f"{_named(event)} is not an event of its type") from error


def _named(event: StoredEvent) -> str:
    return f"version {event.originator_version} of stream {event.originator_id}"


def _stored_event(entry: Entry, body: bytes | None) -> StoredEvent:
    if body is None:
        raise library.DataError(f"stream {entry.stream_id} was erased: its states are gone")
    return StoredEvent(entry.stream_id, entry.stream_version, entry.type, body)


def _notification(entry: Entry, body: bytes | None) -> Notification:
    # An erased entry keeps its place: a reader that counts positions must not see a hole.
    return Notification(
        originator_id=entry.stream_id,
        originator_version=entry.stream_version,
        topic=entry.type,
        state=body or b"",
        id=entry.position,
    )
