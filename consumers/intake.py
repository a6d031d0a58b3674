"""The intake: raw bytes to verdicts, batch by batch, one transaction a batch.

Promise: when a verdict is given, what it says is durable; every event gets one, in order, and
whatever else belongs to the batch (offsets, quarantine) was committed with it or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import cursor as Cursor

from consumers.bisection import NOT_STORABLE, REFUSALS, refused_among
from consumers.pipeline import Pipeline, Some
from consumers.quarantine import Quarantine
from consumers.verdicts import DIFFERS, Received, Verdict, named_in
from domain.decode import Accepted, decode, decode_binary
from domain.event import OUR_SOURCE, Event
from domain.problems import Invalid, Problem
from eventlog.entry import Draft
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch decoded and sealed: all the work that needs no transaction."""

    decoded: list[Accepted | Invalid]
    drafts: list[Draft | None]

    def without(self, refused: frozenset[int]) -> Prepared:
        """Return the same, with the drafts at these places held to be invalid events."""
        kept = [draft for at, draft in enumerate(self.drafts) if at not in refused]
        places = iter(range(len(self.drafts)))
        decoded = [
            Invalid((NOT_STORABLE,))
            if isinstance(one, Accepted) and next(places) in refused
            else one
            for one in self.decoded
        ]
        return Prepared(decoded, kept)


class Intake:
    """Takes events into the log."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self.log = log
        self.quarantine = Quarantine(log)
        self._clock = clock

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
                    prepared = self.prepare(batch)
                    if (done := pipeline.taken()) is not None:
                        yield done
                    pipeline.store(batch, prepared)
            except Exception:
                if (done := pipeline.taken()) is not None:
                    yield done
                raise
            if (done := pipeline.taken()) is not None:
                yield done

    def prepare(self, batch: Batch) -> Prepared:
        """Decode and seal a batch: all the work that can be done before its transaction."""
        now = self._clock()
        decoded = [decoded_from(received, now=now) for received in batch.received]
        accepted = [answer for answer in decoded if isinstance(answer, Accepted)]
        return Prepared(decoded, self.log.draft(accepted) if accepted else [])

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


def decoded_from(received: Received, *, now: datetime) -> Accepted | Invalid:
    """Decode one event; whatever happens, it is an answer about this event alone."""
    if received.refusal is not None:
        return Invalid((received.refusal,))
    try:
        if received.attributes is None:
            return _from_outside(decode(received.raw, now=now))
        return _from_outside(decode_binary(received.attributes, received.raw, now=now))
    except Exception as error:
        # Its message may repeat the event; its class cannot.
        _logger.error("decoding failed with %s", type(error).__name__)
        return Invalid.because("could not be decoded, which is a fault of ours: offer it later")


def _from_outside(decoded: Accepted | Invalid) -> Accepted | Invalid:
    """Refuse what only this system itself may say: it comes from decisions, never from outside."""
    if isinstance(decoded, Invalid):
        return decoded
    if decoded.event.source == OUR_SOURCE:
        return Invalid.because(
            f"must not be {OUR_SOURCE}, which is what we say ourselves", "/source"
        )
    if decoded.event.data.IS_OURS:
        return Invalid.because("is said by this system alone", "/type")
    return decoded


def invalid(received: Received, decoded: Invalid) -> Verdict:
    """Return the verdict on an event that could not be decoded."""
    return Verdict("invalid", *named_in(received), problems=decoded.problems)


def _verdicts(
    batch: Batch, decoded: Sequence[Accepted | Invalid], *, kept: Iterable[Kept]
) -> list[Verdict]:
    """Return one verdict per event; `kept` answers for those that could be decoded, in order."""
    answers = iter(kept)
    return [
        invalid(received, one) if isinstance(one, Invalid) else _judged(one.event, next(answers))
        for received, one in zip(batch.received, decoded, strict=True)
    ]


def _judged(event: Event, kept: Kept) -> Verdict:
    problems: tuple[Problem, ...] = ()
    if kept.outcome == "conflict":
        problems = (Problem("", DIFFERS.format(position=kept.position)),)
    return Verdict(kept.outcome, event.source, event.id, kept.position, problems)
