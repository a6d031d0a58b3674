"""Reading the log ahead: the next page is opened while PostgreSQL writes what this one came to."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from domain.event import Event
from eventlog.read import LogReader


class Opened(NamedTuple):
    """A page of the log: its last position, how many entries it has, and their events.

    Entries of erased persons have no event.
    """

    position: int
    size: int
    events: list[Event]


class ReadAhead:
    """Reads pages one after the other; one thread at a time uses the reader."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-ahead")
        self._wanted = (-1, 0)
        self._pending: Future[Opened] | None = None

    def page(self, after: int, limit: int) -> Opened:
        """Return up to `limit` entries that follow `after`; where there may be more, read on."""
        opened = self._read_ahead() if self._wanted == (after, limit) else None
        # What was read ahead to the end of the log has no news of what came since.
        if opened is None or opened.size < limit:
            self._finish()
            opened = self._read(after, limit)
        if opened.size == limit:
            self._wanted = (opened.position, limit)
            self._pending = self._thread.submit(self._read, *self._wanted)
        return opened

    def events_at(self, positions: Sequence[int]) -> list[Event]:
        """Return the events at these positions, without those of erased persons."""
        if not positions:
            return []
        self._finish()
        return self._reader.events_at(positions)

    def close(self) -> None:
        """Stop reading."""
        self._thread.shutdown(cancel_futures=True)

    def _read_ahead(self) -> Opened | None:
        pending, self._pending = self._pending, None
        return None if pending is None else pending.result()

    def _finish(self) -> None:
        if self._pending is not None:
            wait([self._pending])

    def _read(self, after: int, limit: int) -> Opened:
        entries = self._reader.read(after, limit)
        events = [event for event in self._reader.events(entries) if event is not None]
        return Opened(entries[-1].position if entries else after, len(entries), events)
