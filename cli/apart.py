"""Work that a signal may end, but never cut in two: it runs in a thread of its own.

Promise: an interruption reaches the caller only after the work was told to stop.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def apart(work: Callable[[], Result], *, stop: Callable[[], None]) -> Result:
    """Return what `work` returns, or raise what it raises.

    What signals raise in the main thread would otherwise be raised wherever that is: between the
    taking of a lock and the place where it is known to be taken, too.

    Raises:
        KeyboardInterrupt, SystemExit: a signal came; `stop` has returned.
    """
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as failure:  # noqa: BLE001 - raised again by whoever waits
            failures.append(failure)

    # A daemon, for what it reads may never end.
    thread = Thread(target=run, name="apart", daemon=True)
    thread.start()
    try:
        thread.join()
    except (KeyboardInterrupt, SystemExit):
        stop()
        raise
    for failure in failures:
        raise failure
    return results[0]
