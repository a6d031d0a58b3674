"""Deciding about events in quarantine: offering them to the intake again, or discarding them.

Promise: an event is stored and noted as stored in one transaction; what is refused again stays
held, with the new reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from psycopg2.extensions import cursor as Cursor

from consumers.held import PAGE_MAX, Held, HeldQuery
from consumers.intake import Batch, Intake
from consumers.quarantine import Quarantine
from consumers.verdicts import Verdict

# Held in memory with their bytes, and durable together.
RETRY_EVENTS_MAX = 50

Retried = tuple[Held, Verdict]


def retry(intake: Intake, held: Sequence[Held], *, by: str) -> list[Retried]:
    """Offer events again, each with its bytes; return each with its verdict.

    What is stored already, or was erased, is left out.

    Raises:
        LogUnavailable: nothing is known to be stored; offering the same again is safe.
    """
    offered = [(one, one.received) for one in held if one.received and one.state != "stored"]

    def judged(cursor: Cursor, verdicts: Sequence[Verdict]) -> None:
        named = [(one.id, verdict) for (one, _), verdict in zip(offered, verdicts, strict=True)]
        intake.quarantine.note_retried(cursor, named, by=by)

    verdicts = intake.take(Batch([received for _, received in offered], judged=judged))
    return [(one, verdict) for (one, _), verdict in zip(offered, verdicts, strict=True)]


def retry_all(intake: Intake, query: HeldQuery, *, by: str) -> Iterator[list[Retried]]:
    """Offer everything again that a query finds, page by page, each durable when it is given."""
    query = replace(query, limit=RETRY_EVENTS_MAX)
    while True:
        page = intake.quarantine.page(query, with_bytes=True)
        yield retry(intake, page.items, by=by)
        if page.next is None:
            return
        query = replace(query, after=page.next)


def discard_all(quarantine: Quarantine, query: HeldQuery, *, by: str, reason: str) -> int:
    """Discard everything that a query finds, page by page; return how many were held."""
    discarded = 0
    while True:
        page = quarantine.page(replace(query, limit=PAGE_MAX))
        ids = [held.id for held in page.items]
        discarded += len(quarantine.discard(ids, by=by, reason=reason))
        if page.next is None:
            return discarded
        query = replace(query, after=page.next)
