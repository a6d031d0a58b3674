"""Partitions of Kafka in log.ingest_offsets: who reads one, from where on, why it stands.

Promise: of all who think that a partition is theirs only the one that claimed it last can store
anything from it, and from exactly the offset at which the one before stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from psycopg2.errors import LockNotAvailable

from consumers.errors import PartitionTaken
from consumers.topics.halts import Halt
from eventlog.database import WRITER, Database
from eventlog.errors import LogUnavailable

# A transaction takes far less; one that holds a partition for longer belongs to a process that
# hangs, and would otherwise hold it, and the log's writer lock, for as long as that process does.
CLAIM_PATIENCE_S = 5.0
CLAIM_TIMEOUT_S = 30.0
# How long a database may be away before a batch whose COMMIT was not answered is given up on.
RESOLVE_TIMEOUT_S = 20.0
POLL_S = 0.05

COLUMNS = "source, epoch, next_offset, begun_offset, fingerprint, topic_id, halt, halt_reason"
INSERT_NEW = """
INSERT INTO log.ingest_offsets (source, topic, partition, next_offset) VALUES (%s, %s, %s, 0)
ON CONFLICT (source) DO NOTHING
"""
CLAIM = f"""
UPDATE log.ingest_offsets SET epoch = epoch + 1, owner = %s, updated_at = now()
WHERE source = %s RETURNING {COLUMNS}
"""  # noqa: S608 - only constants
# Whether somebody hangs is to be found out, not waited for.
SET_PATIENCE = "SET LOCAL lock_timeout = '500ms'"
# Of those who have a partition in an open transaction, the ones that wait for nobody but their own
# process: a living one goes on within milliseconds.
END_HOLDERS = """
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE application_name = 'toldonce' AND datname = current_database() AND wait_event_type = 'Client'
    AND xact_start < clock_timestamp() - %s * interval '1 second'
    AND relation = 'log.ingest_offsets'::regclass AND mode = 'RowExclusiveLock' AND granted
"""
BEGIN = """
UPDATE log.ingest_offsets
SET next_offset = %s, begun_offset = %s, topic_id = %s,
    halt = NULL, halt_reason = NULL, halted_at = NULL, updated_at = now()
WHERE source = %s AND epoch = %s AND begun_offset IS NULL
"""
SET_TOPIC_ID = "UPDATE log.ingest_offsets SET topic_id = %s WHERE source = %s AND epoch = %s"
SET_HALT = """
UPDATE log.ingest_offsets SET halt = %s, halt_reason = %s, halted_at = coalesce(halted_at, now())
WHERE source = %s AND epoch = %s
"""
SELECT_STANDING = f"""
SELECT {COLUMNS} FROM log.ingest_offsets WHERE source = ANY(%s)
"""  # noqa: S608 - only constants
SELECT_OF_TOPIC = f"""
SELECT {COLUMNS} FROM log.ingest_offsets WHERE topic = %s ORDER BY partition FOR UPDATE
"""  # noqa: S608 - only constants
# It waits for the transaction that may still be committing.
SELECT_OUTCOME = """
SELECT batch_id = %s, epoch = %s AND next_offset = %s FROM log.ingest_offsets
WHERE source = %s FOR UPDATE
"""
MOVE = """
UPDATE log.ingest_offsets
SET next_offset = %s, moved = moved + CASE WHEN begun_offset IS NULL THEN 0 ELSE %s - next_offset
    END, begun_offset = coalesce(begun_offset, %s), epoch = epoch + 1, fingerprint = NULL,
    topic_id = NULL, halt = NULL, halt_reason = NULL, halted_at = NULL, updated_at = now()
WHERE source = %s
"""
INSERT_MOVE = """
INSERT INTO log.ingest_moves (source, actor, from_offset, to_offset, halt)
VALUES (%s, %s, %s, %s, %s)
"""


class Place(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int

    @property
    def source(self) -> str:
        """Return what it is called in log.ingest_offsets."""
        return f"kafka:{self.topic}/{self.partition}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a partition stands in the log, as of one epoch."""

    place: Place
    epoch: int
    next_offset: int
    is_begun: bool
    fingerprint: bytes | None
    topic_id: UUID | None
    halt: Halt | None


class Partitions:
    """What is known of partitions in the log's database, over a connection of its own."""

    def __init__(self, url: str, *, owner: str) -> None:
        """`owner` names this process to operators."""
        self._database = Database(url, role=WRITER)
        self._url = url
        self._owner = owner

    def claim(self, place: Place) -> Standing:
        """Make a partition ours: whoever had it before can store nothing more from it.

        Raises:
            LogUnavailable: it cannot be claimed now.
        """
        begun = time.monotonic()
        while (standing := self._claimed(place)) is None:
            waited_s = time.monotonic() - begun
            if waited_s > CLAIM_TIMEOUT_S:
                raise LogUnavailable(reason=f"{place.source} is held by another transaction")
            if waited_s > CLAIM_PATIENCE_S:
                self._end_holders()
        return standing

    def begin(self, standing: Standing, offset: int, *, actor: str, topic_id: UUID | None) -> None:
        """Have a partition that was never read begin at `offset`."""
        source = standing.place.source
        ours = (source, standing.epoch)
        with self._database.transaction() as cursor:
            cursor.execute(BEGIN, (offset, offset, _text(topic_id), *ours))
            if cursor.rowcount != 1:
                raise PartitionTaken(source=source)
            cursor.execute(INSERT_MOVE, (source, actor, None, offset, "not_begun"))

    def note_topic(self, standing: Standing, topic_id: UUID) -> None:
        """Note which topic of that name is read from now on."""
        with self._database.transaction() as cursor:
            source = standing.place.source
            cursor.execute(SET_TOPIC_ID, (str(topic_id), source, standing.epoch))

    def note_halt(self, standing: Standing, halt: Halt) -> None:
        """Note why a partition stands; without effect if it is not ours any more."""
        with self._database.transaction() as cursor:
            said = (halt.cause, halt.reason)
            cursor.execute(SET_HALT, (*said, standing.place.source, standing.epoch))

    def standing(self, places: Sequence[Place]) -> dict[Place, Standing]:
        """Return where partitions stand, without claiming them."""
        with self._database.transaction() as cursor:
            cursor.execute(SELECT_STANDING, ([place.source for place in places],))
            found = [_standing(row) for row in cursor.fetchall()]
        return {standing.place: standing for standing in found}

    def is_stored(self, batch_id: UUID, standing: Standing, *, start: int) -> bool:
        """Find out whether a batch whose COMMIT was not answered is in the log.

        `standing` is that of one of its partitions, read from `start` on.

        Raises:
            PartitionTaken: another consumer has gone on from there; nothing is to be stored again.
            LogUnavailable: the database did not come back in time.
        """
        asked = (str(batch_id), standing.epoch, start, standing.place.source)
        begun = time.monotonic()
        while True:
            try:
                is_ours, is_untouched = self._outcome(asked)
                break
            except LogUnavailable:
                waited_s = time.monotonic() - begun
                if waited_s > RESOLVE_TIMEOUT_S:
                    raise
                if waited_s > CLAIM_PATIENCE_S:
                    with suppress(LogUnavailable):
                        self._end_holders()
                time.sleep(POLL_S)
        if not is_ours and not is_untouched:
            raise PartitionTaken(source=standing.place.source)
        return is_ours

    def move(
        self, topic: str, where: Callable[[Standing], int | None], *, actor: str
    ) -> list[tuple[Standing, int]]:
        """Have partitions go on where an operator says; return each with its new offset.

        `where` gives the offset for a partition, or None for one that is to stay.
        """
        with self._database.transaction() as cursor:
            cursor.execute(SELECT_OF_TOPIC, (topic,))
            asked = [(each, where(each)) for each in map(_standing, cursor.fetchall())]
            moved = [(each, offset) for each, offset in asked if offset is not None]
            for each, offset in moved:
                source = each.place.source
                before = each.next_offset if each.is_begun else None
                cursor.execute(MOVE, (offset, offset, offset, source))
                cause = each.halt.cause if each.halt else None
                cursor.execute(INSERT_MOVE, (source, actor, before, offset, cause))
        return moved

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _claimed(self, place: Place) -> Standing | None:
        try:
            with self._database.transaction() as cursor:
                cursor.execute(SET_PATIENCE)
                cursor.execute(INSERT_NEW, (place.source, *place))
                cursor.execute(CLAIM, (self._owner, place.source))
                row = cursor.fetchone()
        except LogUnavailable as error:
            if isinstance(error.__cause__, LockNotAvailable):
                return None
            raise
        if row is None:
            raise RuntimeError("a partition that was claimed is gone")
        return _standing(row)

    def _outcome(self, asked: tuple[str, int, int, str]) -> tuple[bool, bool]:
        """Say whether a batch is stored, and whether nothing was since; wait if it is committing.

        Its server process may not have noticed that we are gone, and hold on to it for long.
        """
        with self._database.transaction() as cursor:
            cursor.execute(SET_PATIENCE)
            cursor.execute(SELECT_OUTCOME, asked)
            return cursor.fetchone() or (False, False)

    def _end_holders(self) -> None:
        # As the account that opened the session, not as the writer: only it may end its own.
        with closing(Database(self._url)) as database, database.transaction() as cursor:
            cursor.execute(END_HOLDERS, (CLAIM_PATIENCE_S,))


def place_of(source: str) -> Place:
    """Return the partition that a source of log.ingest_offsets stands for."""
    topic, _, partition = source.removeprefix("kafka:").rpartition("/")
    return Place(topic, int(partition))


def _standing(row: tuple[Any, ...]) -> Standing:
    source, epoch, next_offset, begun_offset, fingerprint, topic_id, cause, reason = row
    return Standing(
        place_of(source),
        epoch,
        next_offset,
        is_begun=begun_offset is not None,
        fingerprint=None if fingerprint is None else bytes(fingerprint),
        topic_id=None if topic_id is None else UUID(topic_id),
        halt=None if cause is None else Halt(cause, reason),
    )


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
