"""Writing behind: what a view came to goes to PostgreSQL while the next view is folded.

Promise: what is written later is written in the order in which it was asked for, in the same
transaction; every other statement waits for it, and what fails in it is raised there or at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any

from psycopg2.extensions import cursor as Cursor

Write = Callable[[Cursor], None]
# What is fewer is written in less time than another thread takes to begin.
ROWS_MIN = 200


class WritingCursor(Cursor):
    """A cursor that also writes in a thread of its own, until its transaction ends."""

    _thread: ThreadPoolExecutor | None = None
    _asked: Sequence[Future[None]] = ()

    def later(self, write: Write, *, rows: int) -> None:
        """Have this written after all that was asked for before, and go on meanwhile."""
        if self._asked or rows >= ROWS_MIN:
            self._asked = [*self._asked, self._begun().submit(self._written, write)]
        else:
            write(self)

    def execute(self, query: Any, vars: Any = None) -> None:
        """Execute a statement once all is written that was asked for before."""
        self._settle()
        super().execute(query, vars)

    def executemany(self, *arguments: Any, **named: Any) -> None:
        """Execute a statement with each of many parameters, in the same way."""
        self._settle()
        super().executemany(*arguments, **named)

    def copy_expert(self, *arguments: Any, **named: Any) -> None:
        """Copy in the same way."""
        self._settle()
        super().copy_expert(*arguments, **named)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the writing: on an error nothing more is begun, else all of it is done."""
        try:
            if kind is None:
                self._settle()
        finally:
            if self._thread is not None:
                self._thread.shutdown(cancel_futures=True)
            super().__exit__(kind, error, trace)

    def _begun(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writing")
        return self._thread

    def _settle(self) -> None:
        asked, self._asked = self._asked, ()
        if asked:
            wait(asked)
        # What follows a failure fails for it: the first is the one that says why.
        for written in asked:
            written.result()

    def _written(self, write: Write) -> None:
        # Of the same transaction, as all cursors of a connection are; this one waits for nobody.
        with self.connection.cursor(cursor_factory=Cursor) as behind:
            write(behind)


def later(cursor: Cursor, write: Write, *, rows: int) -> None:
    """Have rows written while others work, where the cursor can; at once where it cannot."""
    if isinstance(cursor, WritingCursor):
        cursor.later(write, rows=rows)
    else:
        write(cursor)


def execute_later(cursor: Cursor, statement: str, *, parameters: Any = None) -> None:
    """Have a statement executed that answers nothing; alone it is not worth a thread."""
    later(cursor, lambda behind: behind.execute(statement, parameters), rows=1)
