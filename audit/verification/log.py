"""Verifying the log of a database: the transaction, the role, and how many processes read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import closing

from psycopg2.extensions import cursor as Cursor

from audit.findings import Report
from audit.verification.scan import Scanned, Span
from audit.verification.verify import Advanced, Asked, OneHand, Told, parts_of, verify
from audit.verification.workers import SET_ISOLATION, Place, export_snapshot, scan_beside
from eventlog.database import Database

AUDITOR = "toldonce_auditor"
# The auditor's may not see wrapped keys.
READER = "toldonce_reader"
# Below this the work here is done before another process has started.
PARALLEL_ENTRIES_MIN = 100_000
HANDS_MAX = 32


def verify_log(
    url: str, asked: Asked, *, hands: int | None = None, told: Told = lambda done, total: None
) -> Report:
    """Verify the log at `url` as it is now, by `hands` processes.

    Without a number, by one for each processor, or here where there is little to read.

    Raises:
        LogUnavailable, ConnectionError: the database cannot be reached, or went away meanwhile.
        ProofInvalid: what was verified before is not there any more.
    """
    role = AUDITOR if asked.keyring is None else READER
    with closing(Database(url, role=role)) as database, database.transaction() as cursor:
        cursor.execute(SET_ISOLATION)
        scanner = _Scanner(cursor, url, role=role, hands=hands)
        return verify(cursor, asked, scanner=scanner, told=told)


def processors() -> int:
    """Return how many processors this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return min(HANDS_MAX, len(usable(0)) if usable else os.cpu_count() or 1)


class _Scanner:
    """Scans here, or in several processes."""

    def __init__(self, cursor: Cursor, url: str, *, role: str, hands: int | None) -> None:
        self._cursor = cursor
        self._url = url
        self._role = role
        self._hands = hands

    def __call__(self, whole: Span, sizes: Sequence[int], advanced: Advanced) -> Iterable[Scanned]:
        entries = whole.upto - whole.after
        is_little = entries < PARALLEL_ENTRIES_MIN
        hands = self._hands or (1 if is_little else processors())
        parts = parts_of(whole)
        helpers = min(hands, len(parts)) - 1
        if helpers < 1:
            return OneHand(self._cursor)(whole, sizes, advanced)
        place = Place(self._url, self._role, export_snapshot(self._cursor), entries)
        return scan_beside(
            self._cursor, parts, sizes=sizes, places=[place] * helpers, advanced=advanced
        )
