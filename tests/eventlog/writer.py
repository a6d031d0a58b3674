"""A process that appends at random until it is killed, noting what was acknowledged to it."""

from __future__ import annotations

import random
import sys
from contextlib import suppress
from pathlib import Path

from eventlog.keyring import keyring_file
from eventlog.log import Log
from tests.eventlog.facts import accepted

STREAMS = 40


class ChangedItsMind(Exception):
    """The writer rolls back on purpose."""


def write(url: str, keyring_path: str, notes_path: str, seed: int) -> None:
    """Append small batches for ever; one in five is rolled back, one in ten repeats old events.

    Each line of the notes is "ack SOURCE NUMBER POSITION" for a stored event, or "rollback".
    """
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    log = Log(url, keyring_file(Path(keyring_path)))
    number = 0
    with Path(notes_path).open("a", encoding="utf-8", buffering=1) as notes:
        while True:
            size = chance.randint(1, 12)
            numbers = list(range(number, number + size))
            if chance.random() < 0.1:
                numbers += chance.choices(range(number + size), k=3)
            batch = [_event(seed, n) for n in numbers]
            with suppress(ChangedItsMind):
                with log.transaction() as transaction:
                    kept = transaction.append(log.draft(batch))
                    if chance.random() < 0.2:
                        notes.write("rollback\n")
                        raise ChangedItsMind
                for n, one in zip(numbers, kept, strict=True):
                    if one.outcome == "stored":
                        notes.write(f"ack w{seed} {n} {one.position}\n")
                number += size


def _event(seed: int, number: int):  # type: ignore[no-untyped-def]
    return accepted(number, account=str((seed * 7 + number) % STREAMS), source=f"w{seed}")


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
