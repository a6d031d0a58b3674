"""The append: one transaction per batch, positions without gaps, hashes from the stored bytes.

The row lock of the log's head is the writer lock: whoever holds it is alone with the end of the
log, so commit order is position order and a rollback gives its numbers back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Literal, NamedTuple

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import cursor as Cursor

from eventlog import merkle
from eventlog.database import Database, hexed
from eventlog.entry import Draft
from eventlog.errors import VersionConflict
from eventlog.fence import Fence
from eventlog.rows import COPY_IN, COPY_READ_BYTES, pack_rows, stream_of_rows
from eventlog.versions import StreamVersions

# The random indexes of the newest part are what an append dirties; a part this large keeps them in
# memory (about 130 MB each) and gives a billion entries 250 parts.
PART_ENTRIES = 4_000_000

LOCK_HEAD = """
SELECT position, frontier, keys_destroyed,
    (extract(epoch FROM greatest(recorded_at, clock_timestamp())
    - '2000-01-01 00:00:00+00'::timestamptz) * 1000000)::bigint
FROM log.log_head FOR UPDATE
"""
ADVANCE_HEAD = """
UPDATE log.log_head SET position = %s, frontier = %s, root = %s,
    recorded_at = '2000-01-01 00:00:00+00'::timestamptz + %s * interval '1 microsecond'
"""
SELECT_KNOWN_KEYS = """
SELECT uuid_send(event_key), position FROM log.entries
WHERE event_key = ANY((SELECT string_to_array(%s, ',')::uuid[])::uuid[]) AND position < %s
"""
OPEN_PART = "SELECT log.open_part(%s, %s)"

Fate = Literal["stored", "known", "erased"]


# A named tuple, not a dataclass: there is one for every event.
class Appended(NamedTuple):
    """Where an event now stands: stored by this append, or known from before at that position.

    What was sealed under a key that was destroyed meanwhile is erased and stands nowhere, at 0.
    """

    position: int
    fate: Fate


ERASED = Appended(0, "erased")


@dataclass(slots=True)
class Head:
    """The end of the log while its row is locked."""

    position: int
    frontier: list[bytes]
    keys_destroyed: int
    recorded_us: int


class Appender:
    """Appends to the log over one connection, remembering the versions of recent streams.

    `fence` is that of the keys under which the drafts are sealed.
    """

    def __init__(self, database: Database, fence: Fence) -> None:
        self._database = database
        self._fence = fence
        self._turn = RLock()
        self.versions = StreamVersions()

    @contextmanager
    def transaction(self) -> Iterator[AppendTransaction]:
        """Open a transaction in which drafts can be appended beside other writes."""
        # Held until a failure is forgotten too: nobody may count on what was rolled back.
        with self._turn:
            try:
                with self._database.transaction() as cursor:
                    yield AppendTransaction(cursor, self.versions, fence=self._fence)
            except BaseException:
                self.versions.forget()
                raise


class AppendTransaction:
    """One open transaction; everything in it becomes durable together, or nothing does."""

    def __init__(self, cursor: Cursor, versions: StreamVersions, *, fence: Fence) -> None:
        self.cursor = cursor
        self._versions = versions
        self._fence = fence

    def append(self, drafts: Sequence[Draft]) -> list[Appended]:
        """Append what is not yet in the log; answer for each draft, in order.

        Duplicates are rare, so the rows are copied in the hope that there are none;
        only when the index refuses one are the known keys looked up.

        Raises:
            VersionConflict: a draft that brings its own version meets an entry of that version.
        """
        if not drafts:
            return []
        head = self._lock_head()
        alive = self._alive(drafts, head)
        answers = iter(self._append(alive, head))
        if len(alive) == len(drafts):
            return list(answers)
        are_alive = {id(draft) for draft in alive}
        return [next(answers) if id(draft) in are_alive else ERASED for draft in drafts]

    def _alive(self, drafts: Sequence[Draft], head: Head) -> Sequence[Draft]:
        """Return the drafts whose streams are not erased, now that nobody can erase any."""
        self._fence.catch_up(self.cursor, number=head.keys_destroyed)
        erased = self._fence.streams
        if not erased:
            return drafts
        return [draft for draft in drafts if draft.stream not in erased]

    def _append(self, drafts: Sequence[Draft], head: Head) -> list[Appended]:
        known = self._known_in_older_parts(drafts, head)
        self.cursor.execute("SAVEPOINT before_copy")
        try:
            fresh = self._copy(drafts, known, head=head)
        except UniqueViolation:
            self.cursor.execute("ROLLBACK TO SAVEPOINT before_copy")
            self._versions.forget()
            known = self._known(drafts, below=head.position + 1)
            fresh = self._copy_after_refusal(drafts, known, head=head)
        self._advance(head, fresh)
        return _answers(drafts, known, fresh=fresh, after=head.position)

    def _lock_head(self) -> Head:
        self.cursor.execute(LOCK_HEAD)
        row = self.cursor.fetchone()
        if row is None:
            raise RuntimeError("the log has no head row")
        return Head(row[0], merkle.unpack(bytes(row[1])), row[2], row[3])

    def _known_in_older_parts(self, drafts: Sequence[Draft], head: Head) -> dict[bytes, int]:
        """Look where the newest part's unique index does not reach."""
        newest_first = _part_first(head.position + 1)
        return self._known(drafts, below=newest_first) if newest_first > 1 else {}

    def _known(self, drafts: Sequence[Draft], *, below: int) -> dict[bytes, int]:
        keys = [draft.event_key for draft in drafts]
        self.cursor.execute(SELECT_KNOWN_KEYS, (hexed(keys), below))
        return {bytes(key): position for key, position in self.cursor.fetchall()}

    def _copy_after_refusal(
        self, drafts: Sequence[Draft], known: dict[bytes, int], *, head: Head
    ) -> Fresh:
        try:
            return self._copy(drafts, known, head=head)
        except UniqueViolation as error:
            versions = [
                draft.stream_version for draft in drafts if draft.stream_version is not None
            ]
            raise VersionConflict(version=min(versions, default="unknown")) from error

    def _copy(self, drafts: Sequence[Draft], known: dict[bytes, int], *, head: Head) -> Fresh:
        fresh = _fresh(drafts, known)
        if not fresh:
            return Fresh((), ())
        after, recorded_us = head.position, head.recorded_us
        self._open_parts(after, after + len(fresh))
        versions = self._versions.next_for(self.cursor, fresh, position=after)
        leaves = [
            draft.leaf(version, recorded_us) for draft, version in zip(fresh, versions, strict=True)
        ]
        rows = pack_rows(fresh, versions, leaves=leaves, after=after, recorded_us=recorded_us)
        self.cursor.copy_expert(COPY_IN, stream_of_rows(rows), COPY_READ_BYTES)
        return Fresh(fresh, leaves)

    def _open_parts(self, head_position: int, last: int) -> None:
        first_needed = head_position + 1
        for part_first in range(_part_first(first_needed), last + 1, PART_ENTRIES):
            if part_first >= first_needed:
                self.cursor.execute(OPEN_PART, (part_first, part_first + PART_ENTRIES - 1))

    def _advance(self, head: Head, fresh: Fresh) -> None:
        if not fresh.drafts:
            return
        frontier = merkle.extend(head.frontier, fresh.leaves, size=head.position)
        position = head.position + len(fresh.drafts)
        self.cursor.execute(
            ADVANCE_HEAD,
            (position, merkle.pack(frontier), merkle.root(frontier), head.recorded_us),
        )
        self._versions.appended(position)


class Fresh(NamedTuple):
    """The drafts that are new to the log, in the order of their positions, and their leaves."""

    drafts: Sequence[Draft]
    leaves: Sequence[bytes]


def _fresh(drafts: Sequence[Draft], known: Mapping[bytes, int]) -> Sequence[Draft]:
    """Return the drafts whose key is new; the first of a repeated key stands for the rest."""
    first: dict[bytes, Draft] = {}
    for draft in drafts:
        first.setdefault(draft.event_key, draft)
    if len(first) == len(drafts) and not known:
        return drafts
    return [draft for key, draft in first.items() if key not in known]


def _answers(
    drafts: Sequence[Draft], known: Mapping[bytes, int], *, fresh: Fresh, after: int
) -> list[Appended]:
    if len(fresh.drafts) == len(drafts):
        return [Appended(after + at, "stored") for at in range(1, len(drafts) + 1)]
    stored = {draft.event_key: after + at for at, draft in enumerate(fresh.drafts, 1)}
    first_of = {id(draft) for draft in fresh.drafts}
    return [
        Appended(stored[draft.event_key], "stored")
        if id(draft) in first_of
        else Appended(known.get(draft.event_key) or stored[draft.event_key], "known")
        for draft in drafts
    ]


def _part_first(position: int) -> int:
    return (position - 1) // PART_ENTRIES * PART_ENTRIES + 1
