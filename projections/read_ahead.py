"""Reading the log ahead: the next page is opened while PostgreSQL writes what this one came to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple
from uuid import UUID

from domain.corrections import EventName
from domain.event import OUR_SOURCE, Event
from domain.events import ErasureExecuted
from eventlog.entry import Entry, Sealed
from eventlog.errors import EventLogError
from eventlog.keyring import TOKEN_BYTES
from eventlog.read import LogReader
from projections.page import Load


class Unreadable(NamedTuple):
    """An entry that is whole but is no event that this version can read, and the error's kind."""

    entry: Sealed
    error: str


class Opened(NamedTuple):
    """A page of the log: its last position, how many entries it has, and their events.

    Entries of erased persons have no event; `erased` are the streams that an entry of this page
    tells the erasure of.
    """

    position: int
    size: int
    events: list[Event]
    unreadable: list[Unreadable]
    erased: frozenset[UUID] = frozenset()


class ReadAhead:
    """Reads pages one after the other; one thread at a time uses the reader."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-ahead")
        self._wanted = (-1, 0)
        self._pending: Future[Opened] | None = None

    def page(self, after: int, limit: int, *, reads_on: bool = True) -> Opened:
        """Return up to `limit` entries that follow `after`; where there may be more, read on."""
        opened = self._read_ahead() if self._wanted == (after, limit) else None
        # What was read ahead to the end of the log has no news of what came since.
        if opened is None or opened.size < limit:
            self._finish()
            opened = self._read(after, limit)
        if opened.size == limit and reads_on:
            self._wanted = (opened.position, limit)
            self._pending = self._thread.submit(self._read, *self._wanted)
        return opened

    def events_at(self, positions: Sequence[int]) -> list[Event]:
        """Return the events at these positions, without those of erased persons."""
        return self.opened_at(positions).events

    def opened_at(self, positions: Sequence[int]) -> Opened:
        """Return the events at these positions, and which of them cannot be read."""
        if not positions:
            return Opened(0, 0, [], [])
        self._finish()
        entries = self._reader.sealed_at(positions)
        return Opened(entries[-1].position, len(entries), *self._events(entries))

    def told_at(self, positions: Sequence[int]) -> Opened:
        """Return the same, with who these entries tell the erasure of."""
        entries = self._reader.sealed_at(positions)
        position = entries[-1].position if entries else 0
        return Opened(position, len(entries), *self._events(entries), self._erased(entries))

    def loading(self, at_hand: Mapping[int, Event]) -> Load:
        """Return what reads events at positions but for those that are at hand."""

        def load(positions: Collection[int]) -> list[Event]:
            older = [position for position in positions if position not in at_hand]
            return self.events_at(older) + [at_hand[at] for at in positions if at in at_hand]

        return load

    def positions_of(self, names: Collection[EventName]) -> Mapping[EventName, int]:
        """Return the positions of those events, named by source and id, that the log holds."""
        self._finish()
        return self._reader.positions_of(names)

    def filed_under(self, streams: Collection[UUID]) -> Mapping[int, Collection[UUID]]:
        """Return the positions of all entries of these streams, with what each observed."""
        self._finish()
        return self._reader.filed_under(streams)

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
        entries = self._reader.read_sealed(after, limit)
        position = entries[-1].position if entries else after
        return Opened(position, len(entries), *self._events(entries), self._erased(entries))

    def _erased(self, entries: Sequence[Sealed]) -> frozenset[UUID]:
        told = [entry.position for entry in entries if entry.type == ErasureExecuted.TOPIC]
        return _erased(self._reader.read_at(told))

    def _events(self, entries: Sequence[Sealed]) -> tuple[list[Event], list[Unreadable]]:
        try:
            return [event for event in self._reader.restored(entries) if event is not None], []
        except EventLogError:
            raise
        except Exception:
            return self._one_by_one(entries)

    def _one_by_one(self, entries: Sequence[Sealed]) -> tuple[list[Event], list[Unreadable]]:
        events, unreadable = [], []
        for entry in entries:
            try:
                events += [event for event in self._reader.restored([entry]) if event is not None]
            except EventLogError:
                raise
            except Exception as error:
                unreadable.append(Unreadable(entry, type(error).__name__))
        return events, unreadable


def _erased(entries: Sequence[Entry]) -> frozenset[UUID]:
    # Others may say that they forgot somebody; keys are destroyed by our own word alone.
    told = b"".join(entry.observed for entry in entries if entry.source == OUR_SOURCE)
    starts = range(0, len(told), TOKEN_BYTES)
    return frozenset(UUID(bytes=told[at : at + TOKEN_BYTES]) for at in starts)
