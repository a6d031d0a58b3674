"""append_vs_copy: validated, sealed, hashed, deduplicated appends against a COPY of the same rows.

Yardstick: the very rows that the append wrote, as prebuilt binary COPY, into an empty log with the
same indexes and settings, in batches of the same size, each its own transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import psycopg2

from bench.events import raw_events
from bench.place import Place
from cli.settings import Settings
from consumers.intake import Batch, Intake
from consumers.processes import Processes
from consumers.verdicts import Received
from eventlog.append import OPEN_PART, PART_ENTRIES
from eventlog.log import Log
from eventlog.read import LogReader
from eventlog.rows import COLUMNS, COPY_IN, COPY_READ_BYTES

COPY_OUT = f"""
COPY (SELECT {COLUMNS} FROM log.entries WHERE position > %s AND position <= %s ORDER BY position)
TO STDOUT (FORMAT binary)
"""
EVENTS = 200_000
BATCH = 5_000
POLL_S = 0.05
PREPARE_PROCESSES: int = Settings.model_fields["prepare_processes"].default


@dataclass(frozen=True, slots=True)
class Rates:
    """Events a second, both ways of filling the same table."""

    append_s: float
    copy_s: float

    @property
    def ratio(self) -> float:
        """The append's rate as a share of the COPY's."""
        return self.append_s / self.copy_s


def measure(place: Place, raws: Sequence[bytes]) -> Rates:
    """Append events to an empty log, then COPY the rows it holds into another."""
    with place.database() as url:
        append_s = len(raws) / taken_into(url, place, raws=raws)
        copy_s = copied_s(url, place, count=len(raws))
    return Rates(append_s, copy_s)


def copied_s(url: str, place: Place, *, count: int) -> float:
    """COPY the first `count` rows of the log at `url` into an empty one; return rows a second."""
    rows = list(_prebuilt(url, count))
    with place.database() as empty:
        return count / _copy(empty, rows)


def generated() -> list[bytes]:
    """Return the events that are measured with."""
    return list(raw_events(EVENTS))


def beside_s(place: Place, raws: Sequence[bytes]) -> float:
    """Return events a second when one process appends what others prepare, as imports do."""
    with place.database() as url:
        return len(raws) / taken_into(url, place, raws=raws, beside=PREPARE_PROCESSES)


def taken_into(url: str, place: Place, *, raws: Sequence[bytes], beside: int = 0) -> float:
    """Take events into the log at `url`; return the seconds that it took.

    They are prepared here, or by as many processes `beside`, which are started before.
    """
    with (
        closing(Log(url, place.keyring)) as log,
        closing(Processes(beside, url, keyring=place.keyring)) as processes,
    ):
        while processes.ready_for(BATCH) < beside:
            time.sleep(POLL_S)
        begun = time.perf_counter()
        stored = _stored(log, raws, processes=processes)
        taken = time.perf_counter() - begun
    if stored != len(raws):
        raise RuntimeError(f"{len(raws) - stored} events were not stored")
    return taken


def by_two_processes(place: Place, raws: Sequence[bytes]) -> float:
    """Return events a second when two processes append half of them each, at once."""
    with place.database() as url:
        context = get_context("fork")
        ready = context.Barrier(3)
        halves = [raws[0::2], raws[1::2]]
        workers = [
            context.Process(target=_half, args=(url, place), kwargs={"raws": half, "ready": ready})
            for half in halves
        ]
        for worker in workers:
            worker.start()
        ready.wait()
        begun = time.perf_counter()
        for worker in workers:
            worker.join()
        taken = time.perf_counter() - begun
        if any(worker.exitcode for worker in workers):
            raise RuntimeError("a process failed")
        position = head(url, place)
    if position != len(raws):
        raise RuntimeError(f"{len(raws) - position} events were not stored")
    return len(raws) / taken


def head(url: str, place: Place) -> int:
    """Return how many entries the log at `url` has."""
    with closing(LogReader(url, place.keyring)) as reader:
        return reader.head().position


def _half(url: str, place: Place, *, raws: Sequence[bytes], ready: Barrier) -> None:
    log = Log(url, place.keyring)
    ready.wait()
    _stored(log, raws)
    log.close()


def _stored(log: Log, raws: Sequence[bytes], *, processes: Processes | None = None) -> int:
    intake = Intake(log, lambda: datetime.now(UTC), processes=processes)
    batches = (
        Batch([Received(raw, "bench") for raw in raws[at : at + BATCH]])
        for at in range(0, len(raws), BATCH)
    )
    answers = intake.take_all(batches)
    return sum(verdict.kind == "stored" for _, verdicts in answers for verdict in verdicts)


def _prebuilt(url: str, count: int) -> Iterator[bytes]:
    """Yield binary COPY files of one batch each."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        for after in range(0, count, BATCH):
            rows = BytesIO()
            cursor.copy_expert(cursor.mogrify(COPY_OUT, (after, after + BATCH)).decode(), rows)
            yield rows.getvalue()
    connection.close()


def _copy(url: str, rows: Sequence[bytes]) -> float:
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(OPEN_PART, (1, PART_ENTRIES))
    begun = time.perf_counter()
    for batch in rows:
        with connection, connection.cursor() as cursor:
            cursor.copy_expert(COPY_IN, BytesIO(batch), COPY_READ_BYTES)
    taken = time.perf_counter() - begun
    connection.close()
    return taken
