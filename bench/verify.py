"""How fast a log is verified: every byte read, hashed and checked, by one process and by two.

Yardstick: COPY TO of the same columns in the same pages over one connection, with nothing done.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO

from audit.verification.log import verify_log
from audit.verification.scan import COPY_PAGE, PAGE_ENTRIES
from audit.verification.verify import Asked
from bench.append import taken_into
from bench.place import Place
from eventlog.database import Database


@dataclass(frozen=True, slots=True)
class VerifyRates:
    """Entries a second: verified by one process, by two, and only read."""

    verify_one_s: float
    verify_events_s: float
    copy_out_s: float


def measure(place: Place, raws: Sequence[bytes]) -> VerifyRates:
    """Fill a log, then read it, then verify it by one process and by two."""
    with place.database() as url:
        taken_into(url, place, raws=raws)
        count = len(raws)
        return VerifyRates(
            copy_out_s=count / _copied_s(url, count),
            verify_one_s=count / _verified_s(url, hands=1),
            verify_events_s=count / _verified_s(url, hands=2),
        )


def _verified_s(url: str, *, hands: int) -> float:
    begun = time.perf_counter()
    report = verify_log(url, Asked(), hands=hands)
    if not report.is_intact:
        raise RuntimeError(f"a fresh log is damaged: {report.findings.first}")
    return time.perf_counter() - begun


def _copied_s(url: str, count: int) -> float:
    begun = time.perf_counter()
    with closing(Database(url)) as database, database.transaction() as cursor:
        for after in range(0, count, PAGE_ENTRIES):
            query = cursor.mogrify(COPY_PAGE, (after, after + PAGE_ENTRIES)).decode()
            cursor.copy_expert(query, BytesIO())
    return time.perf_counter() - begun
