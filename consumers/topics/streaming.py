"""The stream: from what the brokers give to what the log has, until it is told to stop.

Promise: each record is stored once or has its verdict, in the order of its partition, wherever this
process or the database stops; what is read and not stored yet is bounded.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from threading import Event

from consumers.errors import PartitionTaken
from consumers.intake import Intake
from consumers.pipeline import Pipeline, UnderWay
from consumers.topics.connecting import Bounds
from consumers.topics.hauls import Haul, Piece, haul_of
from consumers.topics.partitions import Place
from consumers.topics.placing import Placing
from consumers.topics.polling import OutOfRange
from consumers.topics.waiting import Unreadable
from eventlog.errors import LogUnavailable

# How long is waited for events before it is looked whether to stop.
WAIT_S = 0.2
# A batch costs much by itself, here, in PostgreSQL and for the views: what comes within this time
# of one that took all there was becomes the next one, together (decision 0035).
APART_S = 0.02
# The fetch under way was answered with the first record: one more has what came since.
GATHER_S = 0.005
# How long PostgreSQL may take before the group is told that we are alive, and nothing is read.
PATIENCE_S = 1.0
# Lag tools look every few seconds.
TELL_GROUP_S = 1.0
# A database that takes one and the same batch down with it is not tried for ever.
ATTEMPTS_MAX = 5

_logger = logging.getLogger(__name__)


class Stream:
    """Takes events from the brokers into the log; one thread runs it."""

    def __init__(self, intake: Intake, placing: Placing, *, bounds: Bounds) -> None:
        self._intake = intake
        self._placing = placing
        self._poller = placing.poller
        self._figures = placing.figures
        self._bounds = bounds
        self._pipeline = Pipeline[Haul](intake)
        self._pieces: deque[Piece] = deque()
        self._begun_at = 0.0
        self._emptied_at = 0.0
        self._told_at = 0.0
        self._reached: dict[Place, int] = {}

    def run(self, stop: Event) -> None:
        """Take events until `stop` is set; what is under way then is finished.

        Raises:
            LogUnavailable: the database went away; nothing is lost, and it may be run again.
            BrokersUnavailable: they refuse us, or what they send cannot be read.
        """
        try:
            with self._pipeline:
                while not stop.is_set():
                    self._placing.follow()
                    # From here and not from where records are in hand: failures that the client
                    # passes over keep its callers, with all that these hold, for some time.
                    self._fetch(stop)
                    self._turn()
                self._finish()
        finally:
            self._poller.close()

    def _turn(self) -> None:
        """Take a batch, prepare it while the one before is stored, then have it stored."""
        haul = self._next_haul()
        if haul is None:
            if self._pipeline.is_done(0):
                self._finish()
            return
        if len(haul.received) < self._bounds.batch_records:
            self._emptied_at = time.monotonic()
        prepared = self._intake.begin(haul)
        while not self._pipeline.is_done(PATIENCE_S):
            self._stay_alive()
        if self._finish(ahead=haul):
            self._begun_at = time.monotonic()
            self._pipeline.store(haul, prepared)

    def _fetch(self, stop: Event) -> None:
        """Have the client fetch what there is, where nothing is left of what was read before."""
        if self._pieces:
            return
        early_s = self._emptied_at + APART_S - time.monotonic()
        if early_s > 0:
            stop.wait(early_s)
        try:
            self._poller.poll(WAIT_S, self._bounds.batch_records)
            if early_s > 0:
                self._poller.gather(GATHER_S, self._bounds.batch_records)
        except OutOfRange as refused:
            self._placing.refused(refused.places)
        self._figures.rebalances(self._poller.assignment.rebalances)

    def _next_haul(self) -> Haul | None:
        if not self._pieces:
            self._read()
        chosen: list[Piece] = []
        records, size = self._bounds.batch_records, self._bounds.batch_bytes
        while self._pieces and records > 0 and size > 0:
            piece = self._pieces.popleft()
            if not self._placing.is_current(piece.standing):
                continue
            head, tail = piece.split(records, size)
            if tail is not None:
                self._pieces.appendleft(tail)
            chosen.append(head)
            records -= len(head.records)
            size -= head.size
            if tail is not None:
                break
        if not chosen:
            return None
        self._figures.holds(sum(piece.size for piece in (*chosen, *self._pieces)))
        return haul_of(chosen, self._placing.keyring)

    def _read(self) -> None:
        try:
            found = self._poller.taken(self._bounds.batch_records)
            self._pieces.extend(self._placing.pieces(found))
        except Unreadable as failure:
            self._finish()
            self._placing.unreadable(failure)

    def _stay_alive(self) -> None:
        """Show the group that we live, without reading anything more."""
        reading = list(self._placing.placed)
        self._poller.pause(reading)
        try:
            self._poller.poll(0, 1)
        except OutOfRange as refused:
            self._placing.refused(refused.places)
        self._poller.resume(place for place in reading if place in self._placing.placed)

    def _finish(self, ahead: Haul | None = None) -> bool:
        """Take the result of what was under way; False if that, and what is `ahead`, is dropped."""
        under_way = self._pipeline.under_way
        if under_way is None:
            return True
        try:
            self._settle(under_way)
        except PartitionTaken as taken:
            dropped = [under_way.batch] if ahead is None else [under_way.batch, ahead]
            self._drop(dropped, taken)
            return False
        self._reach(under_way.batch)
        return True

    def _settle(self, under_way: UnderWay[Haul]) -> None:
        """See what was under way stored, also when the connection was lost meanwhile."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                done = self._pipeline.taken()
            except LogUnavailable as error:
                _logger.warning("event=unanswered attempt=%d: %s", attempt, error)
                if self._is_stored(under_way.batch):
                    return
                if attempt == ATTEMPTS_MAX:
                    raise
                self._pipeline.store(under_way.batch, under_way.prepared)
            else:
                if done is not None:
                    took_s = time.monotonic() - self._begun_at
                    self._figures.stored(*done, took_s=took_s)
                return

    def _is_stored(self, haul: Haul) -> bool:
        first = haul.spans[0]
        partitions = self._placing.partitions
        is_stored = partitions.is_stored(haul.batch_id, first.standing, start=first.start)
        self._figures.unanswered(is_stored=is_stored)
        _logger.warning("event=resolved is_stored=%s", str(is_stored).lower())
        return is_stored

    def _drop(self, hauls: Sequence[Haul], taken: PartitionTaken) -> None:
        source = str(taken.values["source"])
        _logger.warning("partition=%s event=taken", source)
        places = {span.standing.place for haul in hauls for span in haul.spans}
        places |= {piece.standing.place for piece in self._pieces}
        self._pieces.clear()
        self._placing.again(places, taken=source)

    def _reach(self, haul: Haul) -> None:
        self._reached |= {span.standing.place: span.stop for span in haul.spans}
        now = time.monotonic()
        if now - self._told_at > TELL_GROUP_S:
            self._told_at = now
            self._poller.tell_group(self._reached)
            self._reached = {}
