"""What follows the log in a thread, until it is told to stop.

Promise: when one that follows fails, whatever it runs beside is told at once, and fails with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

Follow = Callable[[Event], None]
"""What runs until the event is set."""


@contextmanager
def following(follow: Follow, *, name: str, on_failure: Callable[[], None]) -> Iterator[None]:
    """Let something run in a thread, until it is told to stop at the end of a block.

    Raises whatever ended it, at the end of the block.
    """
    stop = Event()
    failures: list[Exception] = []

    def run() -> None:
        try:
            follow(stop)
        except Exception as error:
            failures.append(error)
            on_failure()

    thread = Thread(target=run, name=name)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]
