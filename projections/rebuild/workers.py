"""Processes that fill the next views side by side, and end with the process that began them."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import NamedTuple
from uuid import UUID

from eventlog.bulk import collect_seldom
from eventlog.errors import EventLogError
from eventlog.keyring import Keyring
from projections.errors import ProjectionError, RebuildFailed
from projections.rebuild.filling import Filling

# Started afresh: connections and threads of this process are not theirs.
CONTEXT = get_context("spawn")
END_TIMEOUT_S = 10.0

Failure = tuple[type[ProjectionError | EventLogError], dict[str, object]] | str


class Work(NamedTuple):
    """What a process needs to take part; it travels through a pipe, never a command line."""

    url: str
    keyring: Keyring
    run: UUID


class Worker(NamedTuple):
    """A process, and what it says when it fails."""

    process: SpawnProcess
    said: Connection


@contextmanager
def working(count: int, work: Work) -> Iterator[list[Worker]]:
    """Let processes fill slices for the time of a block; at its end, none is left."""
    workers = [_start(work) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.process.terminate()
            worker.process.join(END_TIMEOUT_S)
            worker.said.close()


def all_ended(workers: Sequence[Worker], *, timeout_s: float) -> bool:
    """Wait until one of them ends; say whether all did, each because nothing was left to do.

    Raises:
        ProjectionError, EventLogError: what a worker failed with.
    """
    running = [worker for worker in workers if worker.process.is_alive()]
    wait([worker.process.sentinel for worker in running], timeout=timeout_s)
    for worker in workers:
        if worker.process.exitcode:
            raise _failure(worker)
    return all(worker.process.exitcode == 0 for worker in workers)


def _start(work: Work) -> Worker:
    ours, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_fill, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours)


def _failure(worker: Worker) -> Exception:
    try:
        said: Failure = worker.said.recv() if worker.said.poll() else "it was killed"
    except EOFError:
        said = "it was killed"
    if isinstance(said, str):
        return RebuildFailed(reason=said)
    kind, values = said
    return kind(**values)


def _fill(work: Work, said: Connection) -> None:
    """Fold slices until none is left, or until whoever started this process is gone."""
    collect_seldom()
    # Ctrl-C reaches every process of a terminal; who began this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    try:
        with closing(Filling(work.url, work.keyring, run=work.run)) as filling:
            while parent is not None and parent.is_alive() and filling.turn():
                pass
    except (ProjectionError, EventLogError) as error:
        said.send((type(error), error.values))
        raise SystemExit(1) from None
    except Exception as error:
        # Its words may repeat what a customer said.
        said.send(type(error).__name__)
        raise SystemExit(1) from None
