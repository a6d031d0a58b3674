"""A few connections for those who read at once: each transaction has one of them for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import LifoQueue
from typing import Any

from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database, Prepared

# A request waits for the database most of its time; what runs meanwhile shares one interpreter, so
# more than a few gain nothing.
CONNECTIONS = 4


class Pool:
    """Connections that act as one role, made when they are first needed.

    Whoever is in a transaction must not begin another one: all could wait for each other.
    """

    def __init__(self, url: str, *, role: str, search_path: str, size: int = CONNECTIONS) -> None:
        self._all = [Database(url, role=role, search_path=search_path) for _ in range(size)]
        # The one used last is taken first: what nobody needs is never opened.
        self._idle: LifoQueue[Database] = LifoQueue()
        for database in reversed(self._all):
            self._idle.put(database)

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Give a cursor in a transaction, as `Database.transaction` does."""
        with self._one() as database, database.transaction() as cursor:
            yield cursor

    def answers(self, asked: Prepared, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows that answer a question, as `Database.answers` does."""
        with self._one() as database:
            return database.answers(asked, *values)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        for database in self._all:
            database.close()

    @contextmanager
    def _one(self) -> Iterator[Database]:
        database = self._idle.get()
        try:
            yield database
        finally:
            self._idle.put(database)
