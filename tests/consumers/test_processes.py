"""Batches that other processes prepare are taken like any other, and no process is ever missed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing

import psutil
import pytest

from consumers.errors import PreparerEnded
from consumers.intake import Batch, Intake
from consumers.processes import BATCH_EVENTS_MIN, Processes
from consumers.verdicts import Received, Verdict
from eventlog.keyring import Keyring
from eventlog.log import Log
from tests.consumers.published import batch, clock, ids_kept, kinds, raw, rows
from tests.domain.malformed import MALFORMED, VALID
from tests.system.consumers import until

DEADLINE_S = 120
DESTROY = "UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now()"
BINARY = {
    "specversion": "1.0",
    "id": "in binary mode",
    "source": "test",
    "type": "toldonce.contact.started.v1",
    "time": "2026-03-02T10:00:00Z",
}


@pytest.fixture
def processes(log: Log, database_url: str, keyring: Keyring) -> Iterator[Processes]:
    """Give two processes that have started."""
    with closing(Processes(2, database_url, keyring=keyring)) as processes:
        until(lambda: processes.ready_for(BATCH_EVENTS_MIN) == 2, lambda: "no", DEADLINE_S)
        yield processes


@pytest.fixture
def beside(log: Log, processes: Processes) -> Intake:
    """Give an intake that has large batches prepared by them."""
    return Intake(log, clock, processes=processes)


def large(numbers: range, **changes: str) -> Batch:
    """Return a batch that is large enough for processes of its own."""
    return batch(*(raw(number, **changes) for number in numbers))


def taken(intake: Intake, batches: Sequence[Batch]) -> list[Verdict]:
    """Take batches one after another; return all verdicts."""
    return [verdict for _, verdicts in intake.take_all(batches) for verdict in verdicts]


def test_every_verdict_is_what_it_is_without_them(beside: Intake, intake: Intake, log: Log) -> None:
    """Malformed, binary, repeated and valid events are told apart in the same words and order."""
    of_every_kind = [
        *(Received(event, "test") for _, event, _, _ in MALFORMED),
        Received(VALID, "test"),
        Received(b'{"contact_id":"c","channel":"voice","direction":"inbound"}', "test", BINARY),
        *(Received(raw(number % 900), "test") for number in range(BATCH_EVENTS_MIN)),
    ]
    found = taken(beside, [Batch(of_every_kind)])
    # Taken once more, here: what was stored is a duplicate now, all else is answered alike.
    again = intake.take(Batch(of_every_kind))
    assert {*kinds(found)} == {"stored", "duplicate", "invalid"}
    for first, second in zip(found, again, strict=True):
        kind = "duplicate" if first.kind == "stored" else first.kind
        assert second == first._replace(kind=kind)


def test_several_batches_keep_their_order(beside: Intake, log: Log) -> None:
    """What two processes prepared in shares stands in the log as it was published."""
    batches = [large(range(at, at + 2_000)) for at in (0, 2_000, 4_000)]
    assert {*kinds(taken(beside, [*batches, batch(raw(6_000))]))} == {"stored"}
    assert ids_kept(log) == [f"e-{number}" for number in range(6_001)]


def test_what_they_seal_for_an_erased_person_is_suppressed(beside: Intake, log: Log) -> None:
    """They remember keys that were destroyed meanwhile; the append knows better."""
    taken(beside, [large(range(1_000))])
    rows(log, f"{DESTROY} RETURNING 1")
    assert {*kinds(taken(beside, [large(range(1_000, 2_000))]))} == {"suppressed"}
    assert log.reader.head().position == 1_000


def test_one_that_is_killed_is_an_error_and_loses_nothing(
    beside: Intake, intake: Intake, processes: Processes, log: Log
) -> None:
    """Nothing of the batch is stored, so it can be offered again."""
    os.kill(processes.pids[1], signal.SIGKILL)
    with pytest.raises(PreparerEnded, match="code -9"):
        taken(beside, [large(range(1_000))])
    assert log.reader.head().position == 0
    assert {*kinds(intake.take(large(range(1_000))))} == {"stored"}


def test_a_signal_to_all_of_a_service_is_left_to_the_one_that_asks(
    beside: Intake, processes: Processes
) -> None:
    """What is under way is finished by that one; it needs them until then."""
    for pid in processes.pids:
        os.kill(pid, signal.SIGTERM)
    assert {*kinds(taken(beside, [large(range(1_000))]))} == {"stored"}


def test_none_outlives_the_process_that_asks_it(database_url: str, keyring: Keyring) -> None:
    """They end when nobody can ask any more, even if nobody could tell them."""
    asking = subprocess.Popen(
        [sys.executable, "-m", "tests.consumers.asking", database_url],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert asking.stdout is not None
    pids = [int(pid) for pid in asking.stdout.readline().split()]
    asking.stdout.close()
    asking.kill()
    asking.wait()
    assert len(pids) == 2
    until(lambda: not any(map(psutil.pid_exists, pids)), lambda: f"{pids} live", DEADLINE_S)
