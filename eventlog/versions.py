"""The newest version of recent streams, so that an append seldom has to ask the database.

What is remembered holds at one position of the log; before it is used at a later one,
it is caught up from the entries that others appended in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

from psycopg2.extensions import cursor as Cursor

from eventlog.database import hexed
from eventlog.entry import Draft

# About 120 bytes each.
REMEMBERED_MAX = 500_000
# Beyond this, asking for the streams that are needed is cheaper than reading what others wrote.
CATCH_UP_MAX = 20_000

SELECT_APPENDED_SINCE = """
SELECT uuid_send(stream_id), max(stream_version) FROM log.entries
WHERE position > %s AND position <= %s GROUP BY stream_id
"""
SELECT_NEWEST = """
SELECT uuid_send(stream_id),
    (SELECT max(stream_version) FROM log.entries WHERE entries.stream_id = wanted.stream_id)
FROM unnest(string_to_array(%s, ',')::uuid[]) AS wanted (stream_id)
"""


class StreamVersions:
    """The newest version of each remembered stream as of one position of the log."""

    def __init__(self) -> None:
        self._newest: dict[bytes, int] = {}
        self._position = -1
        self._lock = Lock()
        self.generation = 0

    def forget(self) -> None:
        """Remember nothing; needed whenever a transaction did not commit."""
        with self._lock:
            self._newest.clear()
            self._position = -1
            self.generation += 1

    def begin(self, streams: Iterable[bytes], generation: int) -> None:
        """Remember that these streams have no entry yet, unless others wrote in the meantime.

        `generation` was read before the keys of the streams were made: only what others append
        after that can belong to them, and reading it changes the generation.
        """
        with self._lock:
            if generation == self.generation and self._position >= 0:
                for stream in streams:
                    self._newest.setdefault(stream, 0)

    def next_for(self, cursor: Cursor, drafts: Sequence[Draft], *, position: int) -> list[int]:
        """Return the version for each draft, with the log's head locked at `position`."""
        self._catch_up(cursor, position)
        newest = self._newest
        self._ask(cursor, {s for draft in drafts if (s := draft.stream) not in newest})
        versions = []
        for draft in drafts:
            stream, version = draft.stream, draft.stream_version
            if version is None:
                version = newest[stream] + 1
            newest[stream] = max(version, newest[stream])
            versions.append(version)
        return versions

    def appended(self, position: int) -> None:
        """Note that the log's head stands at `position` once this transaction has committed."""
        self._position = position

    def _catch_up(self, cursor: Cursor, position: int) -> None:
        behind = position - self._position
        if self._position < 0 or behind > CATCH_UP_MAX or len(self._newest) > REMEMBERED_MAX:
            self.forget()
        elif behind:
            cursor.execute(SELECT_APPENDED_SINCE, (self._position, position))
            self._learn(cursor.fetchall())
        self._position = position

    def _learn(self, rows: Iterable[tuple[memoryview, int]]) -> None:
        with self._lock:
            self.generation += 1
            for stream, version in rows:
                key = bytes(stream)
                if key in self._newest:
                    self._newest[key] = max(version, self._newest[key])

    def _ask(self, cursor: Cursor, streams: Iterable[bytes]) -> None:
        wanted = list(streams)
        if wanted:
            cursor.execute(SELECT_NEWEST, (hexed(wanted),))
            for stream, version in cursor.fetchall():
                self._newest[bytes(stream)] = version or 0
