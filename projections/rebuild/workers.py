"""Processes that fill the next views side by side, and end with the process that began them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import NamedTuple
from uuid import UUID

from eventlog.keyring import Keyring
from projections.rebuild.children import (
    CONTEXT,
    KILLED,
    Failure,
    begin,
    end,
    failure_of,
    telling_failures,
)
from projections.rebuild.filling import Filling


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
            end(worker.process)
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
    process = begin(_fill, work, theirs)
    theirs.close()
    return Worker(process, ours)


def _failure(worker: Worker) -> Exception:
    try:
        said: Failure = worker.said.recv() if worker.said.poll() else KILLED
    except EOFError:
        said = KILLED
    return failure_of(said)


def _fill(work: Work, said: Connection) -> None:
    """Fold slices until none is left, or until whoever started this process is gone."""
    parent = parent_process()
    with (
        telling_failures(said),
        closing(Filling(work.url, work.keyring, run=work.run)) as filling,
    ):
        while parent is not None and parent.is_alive() and filling.turn():
            pass
