"""Threads in which what is asked most is answered: as few as gain anything.

All threads share one interpreter. Where many want it at once they spend a fifth of it on handing it
to each other, and more of them than there are connections only wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

# As many as there are connections to the views.
THREADS_MAX = 4

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class Threads:
    """The threads of one application; they begin when they are first needed."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="answering")

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Return what work comes to, done in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def in_few_threads(
    endpoint: Callable[Asked, Answer],
) -> Callable[Asked, Coroutine[Any, Any, Answer]]:
    """Have an endpoint, whose sources are `here`, answer in the few threads of its application."""

    @wraps(endpoint)
    async def answered(*values: Asked.args, **named: Asked.kwargs) -> Answer:
        threads: Threads = named["here"].threads  # type: ignore[attr-defined]
        return await threads.run(partial(endpoint, *values, **named))

    return answered
