"""Finding the events that the database refuses, by halving the batch that it refused.

Promise: what is found is refused by itself alone; nothing that is tried out is kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import psycopg2
from psycopg2.errors import RaiseException

from domain.problems import Problem
from eventlog.entry import Draft
from eventlog.log import Log

NOT_STORABLE = Problem(
    "", "could not be stored, which is a fault of ours: offer it again once that is mended"
)
# The value is to blame, not the server, the connection or what we may do there: offering the same
# again would fail for ever. The last three are raised while a row is packed for COPY.
REFUSALS = (
    psycopg2.DataError,
    psycopg2.IntegrityError,
    RaiseException,
    UnicodeError,
    OverflowError,
    struct.error,
)


class _TriedOut(Exception):
    """Takes back a transaction that was only a trial."""


def refused_among(log: Log, drafts: Sequence[Draft | None]) -> frozenset[int]:
    """Return where in `drafts` those stand that the log cannot take; None is never one of them.

    Raises:
        LogUnavailable: it cannot be tried out now.
    """
    numbered = [(at, draft) for at, draft in enumerate(drafts) if draft is not None]
    return frozenset(_refused(log, numbered))


def _refused(log: Log, numbered: Sequence[tuple[int, Draft]]) -> Iterator[int]:
    if not numbered or _can_be_stored(log, [draft for _, draft in numbered]):
        return
    if len(numbered) == 1:
        yield numbered[0][0]
        return
    middle = len(numbered) // 2
    yield from _refused(log, numbered[:middle])
    yield from _refused(log, numbered[middle:])


def _can_be_stored(log: Log, drafts: Sequence[Draft]) -> bool:
    try:
        with log.transaction() as transaction:
            transaction.append(drafts)
            raise _TriedOut
    except _TriedOut:
        return True
    except REFUSALS:
        return False
