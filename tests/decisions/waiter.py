"""A process that stores somebody, waits until they are erased, and tries to store and read more."""

from __future__ import annotations

import time

from eventlog.keyring import Keyring
from eventlog.log import Log
from tests.eventlog.facts import accepted

ERASED_AT_POSITION = 3


def wait_and_append(url: str, kek: bytes, pepper: bytes, wait_s: float) -> list[str]:
    """Return what became of an event before, two after, and of reading the first."""
    log = Log(url, Keyring(kek, pepper))
    (before,) = log.append(log.draft([accepted(1)]))
    entries = log.reader.read(0, 1)
    log.reader.bodies(entries)
    wait_until(log, ERASED_AT_POSITION, wait_s)
    after, neighbour = log.append(log.draft([accepted(2), accepted(3, account="8")]))
    (body,) = log.reader.bodies(entries)
    log.close()
    return [before.outcome, after.outcome, neighbour.outcome, str(body)]


def wait_until(log: Log, position: int, wait_s: float) -> None:
    """Wait until the log has that many entries."""
    deadline = time.monotonic() + wait_s
    while log.reader.head().position < position:
        assert time.monotonic() < deadline, "the log did not grow"
        time.sleep(0.01)
