"""Nine points in the life of a batch, and a consumer that is killed, or stopped, at one of them.

Production code knows nothing of it: the functions at these points are wrapped here, in a process of
the test's own.
"""

from __future__ import annotations

import functools
import os
import signal
import struct
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from consumers.intake import Intake
from consumers.topics import hauls
from consumers.topics.polling import Poller
from eventlog import append

POINTS = (
    "polled",
    "decoded",
    "begun",
    "compared and set",
    "duplicates dropped",
    "in the middle of COPY",
    "before COMMIT",
    "COMMIT without reply",
    "after COMMIT",
)
_COMMIT = b"COMMIT\0"
COMMIT_MESSAGE = b"Q" + struct.pack("!i", len(_COMMIT) + 4) + _COMMIT

Struck = Callable[[], None]


class Strike:
    """Notes and strikes when a point is passed for the nth time."""

    def __init__(self, notes: Path, point: str, *, passages: int, number: signal.Signals) -> None:
        self._notes = notes
        self._point = point
        self._left = passages
        self._number = number

    def is_due(self) -> bool:
        """Count one passage; say whether it is the one."""
        self._left -= 1
        return self._left == 0

    def __call__(self) -> None:
        """Strike."""
        with self._notes.open("a", encoding="utf-8") as notes:
            notes.write(f"{self._point}\n")
        os.kill(os.getpid(), self._number)


def arm(point: str, strike: Strike) -> None:
    """Have this process struck at a point."""
    _ARMED[point](strike)


def _after(owner: Any, name: str, *, if_any: bool = False) -> Callable[[Strike], None]:
    def arm_it(strike: Strike) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def struck(*values: Any, **named: Any) -> Any:
            result = original(*values, **named)
            if (result or not if_any) and strike.is_due():
                strike()
            return result

        setattr(owner, name, struck)

    return arm_it


def _before(owner: Any, name: str) -> Callable[[Strike], None]:
    def arm_it(strike: Strike) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def struck(*values: Any, **named: Any) -> Any:
            if strike.is_due():
                strike()
            return original(*values, **named)

        setattr(owner, name, struck)

    return arm_it


class _Half(BytesIO):
    """Rows of which the first half is read before the strike."""

    def __init__(self, rows: bytes, strike: Strike) -> None:
        super().__init__(rows)
        self._half = len(rows) // 2
        self._strike = strike

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the first half, then strike, then the rest."""
        if self.tell() == 0:
            return super().read(self._half)
        if self.tell() == self._half:
            self._strike()
        return super().read(size)


def _in_copy(strike: Strike) -> None:
    original = append.stream_of_rows

    def struck(rows: Any) -> Any:
        stream = original(rows)
        return _Half(stream.read(), strike) if strike.is_due() else stream

    append.stream_of_rows = struck


def _without_reply(strike: Strike) -> None:
    original = hauls._account

    def struck(cursor: Any, *values: Any, **named: Any) -> None:
        original(cursor, *values, **named)
        if strike.is_due():
            # What libpq would send, and nobody is left to hear the answer.
            os.write(cursor.connection.fileno(), COMMIT_MESSAGE)
            strike()

    hauls._account = struck


_ARMED: dict[str, Callable[[Strike], None]] = {
    "polled": _after(Poller, "taken", if_any=True),
    "decoded": _after(Intake, "prepare"),
    "begun": _before(hauls, "_advance"),
    "compared and set": _after(hauls, "_advance"),
    "duplicates dropped": _after(append, "_fresh"),
    "in the middle of COPY": _in_copy,
    "before COMMIT": _after(hauls, "_account"),
    "COMMIT without reply": _without_reply,
    "after COMMIT": _after(Intake, "store"),
}


def consume(
    variables: dict[str, str], output: str, begin: str, struck: tuple[str, str, int, int]
) -> None:
    """Run `toldonce consume` in this process, to be struck: notes, point, passages, signal."""
    from cli.main import main

    os.environ.update(variables)
    with Path(output).open("a") as said:
        os.dup2(said.fileno(), sys.stdout.fileno())
        os.dup2(said.fileno(), sys.stderr.fileno())
    notes, point, passages, number = struck
    if point:
        arm(point, Strike(Path(notes), point, passages=passages, number=signal.Signals(number)))
    main(["consume", *(["--from", begin] if begin else [])])
