"""A few connections for those who read at once: each transaction has one of them for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import LifoQueue

from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database

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
        database = self._idle.get()
        try:
            with database.transaction() as cursor:
                yield cursor
        finally:
            self._idle.put(database)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        for database in self._all:
            database.close()
