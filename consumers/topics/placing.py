"""Placing: from where each partition assigned to us is read on, or why it stands.

Promise: a partition is read only after it was claimed, from the offset that the log names, and only
while it is seen to be the one that was read before.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from consumers.errors import PartitionTaken
from consumers.topics.batches import Record
from consumers.topics.figures import Figures
from consumers.topics.halts import Halt, halt
from consumers.topics.hauls import Piece
from consumers.topics.partitions import Partitions, Place, Standing
from consumers.topics.polling import Poller
from consumers.topics.records import fingerprint
from consumers.topics.waiting import Unreadable
from eventlog.keyring import Keyring

Start = Callable[[Place], int]

# Halts are to come, and to be lifted, within ten seconds.
LOOK_AGAIN_S = 2.0
# The group learns within this time that a partition which was taken from us is another's.
TAKEN_S = 1.0
# A new leader may know less for a moment than the old one had given out.
DOUBT_S = 3.0

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Placed:
    """A partition that is read; `is_known`: its last record was seen to be the one taken."""

    standing: Standing
    next_offset: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where partitions begin that were never read, and who said so."""

    start: Start
    actor: str


class Placing:
    """Where the partitions stand that are assigned to us; one thread uses it."""

    def __init__(
        self,
        poller: Poller,
        partitions: Partitions,
        *,
        keyring: Keyring,
        figures: Figures,
        beginning: Beginning | None = None,
    ) -> None:
        """Without a `beginning` partitions that were never read stand until somebody says it."""
        self.poller = poller
        self.partitions = partitions
        self.keyring = keyring
        self.figures = figures
        self._beginning = beginning
        self.placed: dict[Place, Placed] = {}
        self.halted: dict[Place, Standing] = {}
        self._due: dict[Place, float] = {}
        self._doubted: dict[Place, int] = {}
        self._looked_at = 0.0

    def follow(self) -> None:
        """Place what was assigned to us, leave what is another's, see whether halts were lifted.

        Raises:
            LogUnavailable: it cannot be found out where partitions stand.
        """
        added, removed = self.poller.assignment.changes()
        for place in removed:
            _logger.info("partition=%s event=revoked", place.source)
            self._forget(place)
            self.poller.leave(place)
        now = time.monotonic()
        if now - self._looked_at > LOOK_AGAIN_S:
            self._looked_at = now
            self._look_again()
        due = {place for place, at in self._due.items() if at <= now}
        for place in sorted(added | due):
            self._place(place)

    def pieces(self, found: Mapping[Place, list[Record]]) -> list[Piece]:
        """Return what of the records found is to be stored, by partition."""
        pieces = []
        for place, records in found.items():
            placed = self.placed.get(place)
            if placed is None:
                continue
            fresh = self._known(placed, records)
            if fresh:
                end = self.poller.end_of(place)
                piece = Piece(placed.standing, placed.next_offset, fresh, end)
                placed.next_offset = piece.stop
                pieces.append(piece)
        return pieces

    def is_current(self, standing: Standing) -> bool:
        """Say whether what was read under a claim may still be stored, as far as is known here."""
        placed = self.placed.get(standing.place)
        return placed is not None and placed.standing.epoch == standing.epoch

    def again(self, places: Iterable[Place], *, taken: str | None = None) -> None:
        """Have partitions read again from where the log stands, since what was read is dropped.

        `taken` names the one that another consumer has claimed.
        """
        for place in places:
            if place in self.placed:
                self.placed.pop(place)
                self.poller.pause([place])
                wait_s = TAKEN_S if place.source == taken else 0.0
                self._due[place] = time.monotonic() + wait_s

    def refused(self, places: Collection[Place]) -> None:
        """Find out why the brokers do not have what comes next, and halt where it is lost."""
        for place in places:
            placed = self.placed.get(place)
            if placed is not None:
                self._refused(place, placed)

    def unreadable(self, failure: Unreadable) -> None:
        """Have what cannot be read fetched once more, and halt if it cannot be read then either.

        Everything before it is to be stored by now.
        """
        place, placed = failure.place, self.placed.get(failure.place)
        if placed is None:
            return
        if self._doubted.get(place) == placed.next_offset:
            values = _values(placed.standing, placed.next_offset)
            self._halt(
                placed.standing, halt("unreadable", why=failure, after=failure.stop, **values)
            )
        else:
            self._doubted[place] = placed.next_offset
            self.again([place])

    def _place(self, place: Place) -> None:
        self._due.pop(place, None)
        self._forget(place)
        standing = self.partitions.claim(place)
        topic_id = self.poller.topic_id()
        if standing.halt is not None and standing.halt.cause != "not_begun":
            self._halt(standing, standing.halt)
        elif not standing.is_begun and self._beginning is None:
            self._halt(standing, halt("not_begun"))
        elif _is_another(standing.topic_id, topic_id):
            self._halt(standing, halt("recreated", **_values(standing, standing.next_offset)))
        elif standing.is_begun:
            self._read_on(self._of_topic(standing, topic_id))
        else:
            self._begin(standing, topic_id)

    def _begin(self, standing: Standing, topic_id: UUID | None) -> None:
        if self._beginning is None:
            return
        offset = self._beginning.start(standing.place)
        actor = self._beginning.actor
        try:
            self.partitions.begin(standing, offset, actor=actor, topic_id=topic_id)
        except PartitionTaken:
            self._due[standing.place] = time.monotonic() + TAKEN_S
            return
        begun = replace(standing, next_offset=offset, is_begun=True, topic_id=topic_id, halt=None)
        self._read_on(begun)

    def _of_topic(self, standing: Standing, topic_id: UUID | None) -> Standing:
        """Note which topic is read, after an operator said that it is another one."""
        if topic_id is None or standing.topic_id is not None:
            return standing
        self.partitions.note_topic(standing, topic_id)
        return replace(standing, topic_id=topic_id)

    def _read_on(self, standing: Standing) -> None:
        place, offset = standing.place, standing.next_offset
        is_known = standing.fingerprint is None or offset == 0
        self.placed[place] = Placed(standing, offset, is_known)
        # The last record is read once more: is it the one that was taken?
        self.poller.read_from(place, offset if is_known else offset - 1)
        epoch = standing.epoch
        _logger.info("partition=%s event=claimed offset=%d epoch=%d", place.source, offset, epoch)

    def _known(self, placed: Placed, records: list[Record]) -> list[Record]:
        if not placed.is_known and self._is_changed(placed, records[0]):
            values = _values(placed.standing, placed.next_offset)
            self._halt(placed.standing, halt("changed", **values))
            return []
        placed.is_known = True
        return [record for record in records if record.offset >= placed.next_offset]

    def _is_changed(self, placed: Placed, first: Record) -> bool:
        """Say whether another record stands where the last one was taken; none may stand there."""
        is_last_taken = first.offset == placed.next_offset - 1
        return is_last_taken and fingerprint(first, self.keyring) != placed.standing.fingerprint

    def _refused(self, place: Place, placed: Placed) -> None:
        offset = placed.next_offset
        start, end = self.poller.range_of(place)
        values = _values(placed.standing, offset)
        if offset < start:
            self._halt(placed.standing, halt("overtaken", before_start=start - 1, **values))
        elif offset > end and self._doubted.get(place) == offset:
            self._halt(placed.standing, halt("truncated", end=end, **values))
        elif offset > end:
            self._doubted[place] = offset
            self.again([place])
            self._due[place] = time.monotonic() + DOUBT_S
        elif not placed.is_known:
            # What was read last is gone by now, which is as it should be: all that follows is here.
            placed.is_known = True
            self.poller.read_from(place, offset)
        else:
            self.again([place])

    def _look_again(self) -> None:
        topic_id = self.poller.topic_id()
        for placed in list(self.placed.values()):
            if _is_another(placed.standing.topic_id, topic_id):
                values = _values(placed.standing, placed.next_offset)
                self._halt(placed.standing, halt("recreated", **values))
        if self.halted:
            found = self.partitions.standing(list(self.halted))
            for place in list(self.halted):
                if place not in found or found[place].halt is None:
                    self._due[place] = 0.0

    def _halt(self, standing: Standing, why: Halt) -> None:
        place = standing.place
        self._forget(place)
        self.poller.pause([place])
        self.halted[place] = standing
        self.partitions.note_halt(standing, why)
        self.figures.halted(place, why.cause)
        _logger.error("partition=%s event=halted cause=%s: %s", place.source, why.cause, why.reason)

    def _forget(self, place: Place) -> None:
        self.placed.pop(place, None)
        self.halted.pop(place, None)
        self._due.pop(place, None)
        self.figures.left(place)


def _values(standing: Standing, next_offset: int) -> dict[str, int]:
    return {"next_offset": next_offset, "partition": standing.place.partition}


def _is_another(one: UUID | None, other: UUID | None) -> bool:
    return one is not None and other is not None and one != other
