"""The intake: raw bytes to verdicts, batch by batch, one transaction a batch.

Promise: when a verdict is given, what it says is durable; every event gets one, in order, and
whatever else belongs to the batch (offsets, quarantine) was committed with it or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from psycopg2.extensions import cursor as Cursor

from consumers.bisection import REFUSALS, refused_among
from consumers.pipeline import Pipeline, Some
from consumers.preparing import Named, Prepared, prepared_from
from consumers.processes import Processes
from consumers.quarantine import Quarantine
from consumers.verdicts import DIFFERS, Received, Verdict, named_in
from domain.problems import Invalid, Problem
from eventlog.log import Kept, Log

Clock = Callable[[], datetime]
Beside = Callable[[Cursor], None]
Judged = Callable[[Cursor, Sequence[Verdict]], None]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that become durable together.

    `is_awaited`: somebody waits for the verdicts; where nobody does, what is refused is kept in
    quarantine. `beside` writes in the same transaction, before the log's writer lock is taken, and
    `judged` at its end, when the verdicts are known; if one raises, nothing of the batch is stored.
    """

    received: Sequence[Received]
    is_awaited: bool = True
    beside: Beside | None = None
    judged: Judged | None = None


class Intake:
    """Takes events into the log."""

    def __init__(self, log: Log, clock: Clock, *, processes: Processes | None = None) -> None:
        """Without `processes` everything is prepared in this one."""
        self.log = log
        self.quarantine = Quarantine(log)
        self._clock = clock
        self._processes = processes

    def take(self, batch: Batch) -> list[Verdict]:
        """Take one batch and return a verdict for each of its events, in order.

        Raises:
            LogUnavailable: nothing is known to be stored; offering the same again is safe.
        """
        return self.store(batch, self.prepare(batch))

    def take_all(self, batches: Iterable[Some]) -> Generator[tuple[Some, list[Verdict]]]:
        """Take batches one after another; yield each with its verdicts once it is durable.

        While PostgreSQL works on a batch the next one is read, decoded and sealed, never more than
        one ahead. The first failure ends it, after the verdicts of what was stored before.

        Raises:
            LogUnavailable: nothing is known of the batch under way, nothing later was stored.
        """
        with Pipeline[Some](self) as pipeline:
            try:
                for batch in batches:
                    prepared = self.begin(batch)
                    if (done := pipeline.taken()) is not None:
                        yield done
                    pipeline.store(batch, prepared)
            except Exception:
                if (done := pipeline.taken()) is not None:
                    yield done
                raise
            if (done := pipeline.taken()) is not None:
                yield done

    def begin(self, batch: Batch) -> Future[Prepared]:
        """Begin to prepare a batch beside this process where that is sooner, else prepare it here.

        Raises:
            LogUnavailable: nothing is stored; in the result, if it is prepared elsewhere.
        """
        processes = self._processes
        if processes is not None and processes.ready_for(len(batch.received)):
            begun = partial(self._begun, generation=self.log.generation)
            return processes.begin(batch.received, now=self._clock(), then=begun)
        done: Future[Prepared] = Future()
        done.set_result(self.prepare(batch))
        return done

    def prepare(self, batch: Batch) -> Prepared:
        """Decode and seal a batch: all the work that can be done before its transaction."""
        generation = self.log.generation
        prepared = prepared_from(self.log, batch.received, now=self._clock())
        return self._begun(prepared, generation=generation)

    def store(self, batch: Batch, prepared: Prepared) -> list[Verdict]:
        """Store a prepared batch; return a verdict for each of its events, in order.

        Raises:
            LogUnavailable: nothing is known to be stored; offering the same again is safe.
        """
        try:
            return self._stored(batch, prepared)
        except REFUSALS as error:
            # Its message may repeat the event; its class cannot.
            _logger.error(
                "a batch was refused with %s, looking for its cause", type(error).__name__
            )
            refused = refused_among(self.log, prepared.drafts)
            if not refused:
                raise
        return self._stored(batch, prepared.without(refused))

    def _begun(self, prepared: Prepared, *, generation: int) -> Prepared:
        self.log.begin(prepared.streams_begun, generation)
        return prepared

    def _stored(self, batch: Batch, prepared: Prepared) -> list[Verdict]:
        with self.log.transaction() as transaction:
            if batch.beside is not None:
                batch.beside(transaction.cursor)
            kept = transaction.append(prepared.drafts)
            verdicts = _verdicts(batch, prepared.decoded, kept=kept)
            if not batch.is_awaited:
                judged = zip(batch.received, verdicts, strict=True)
                refused = [pair for pair in judged if pair[1].is_refused]
                self.quarantine.keep(transaction.cursor, refused)
            if batch.judged is not None:
                batch.judged(transaction.cursor, verdicts)
        return verdicts


def invalid(received: Received, decoded: Invalid) -> Verdict:
    """Return the verdict on an event that could not be decoded."""
    return Verdict("invalid", *named_in(received), problems=decoded.problems)


def _verdicts(
    batch: Batch, decoded: Sequence[Named | Invalid], *, kept: Iterable[Kept]
) -> list[Verdict]:
    """Return one verdict per event; `kept` answers for those that could be decoded, in order."""
    answers = iter(kept)
    return [
        invalid(received, one) if isinstance(one, Invalid) else _judged(one, next(answers))
        for received, one in zip(batch.received, decoded, strict=True)
    ]


def _judged(named: Named, kept: Kept) -> Verdict:
    problems: tuple[Problem, ...] = ()
    if kept.outcome == "conflict":
        problems = (Problem("", DIFFERS.format(position=kept.position)),)
    return Verdict(kept.outcome, *named, kept.position, problems)
