"""One connection to the log's database, made when first needed and again after it was lost.

Driver errors that mean "the database is not there" become LogUnavailable here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any, NamedTuple

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from eventlog.errors import LogNotMigrated, LogUnavailable

WRITER = "toldonce_writer"
CONNECT_TIMEOUT_S = 10
# A writer that hangs in a transaction would hold the writer lock for everybody.
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000


class Prepared(NamedTuple):
    """A question that each connection plans once; `$1`, `$2` … in it are of these types.

    `before` is what is done first in its transaction: statements, each with its semicolon.
    """

    name: str
    types: str
    question: str
    before: str = ""

    @property
    def preparing(self) -> str:
        """Return what has a connection plan it."""
        return f"PREPARE {self.name} ({self.types}) AS {self.question}"

    @property
    def asking(self) -> str:
        """Return what asks it, as one text: an exchange with the server and a transaction."""
        values = ", ".join(["%s"] * (self.types.count(",") + 1))
        return f"{self.before}EXECUTE {self.name} ({values})"


class Database:
    """A connection that acts as one role; threads may share it, one transaction at a time."""

    def __init__(
        self,
        url: str,
        *,
        role: str | None = None,
        search_path: str = "log",
        cursors: type[Cursor] = Cursor,
    ) -> None:
        self.url = url
        self._cursors = cursors
        self._role = role
        self.search_path = search_path
        self._connection: Connection | None = None
        self._planned: set[str] = set()
        self._lock = RLock()

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Give a cursor in a transaction that commits at the end, or rolls back on any exception.

        Raises:
            LogUnavailable: the database cannot be reached, or went away meanwhile.
        """
        with (
            self._connected() as connection,
            connection,
            connection.cursor(cursor_factory=self._cursors) as cursor,
        ):
            yield cursor

    @contextmanager
    def statements(self) -> Iterator[Cursor]:
        """Give a cursor of which each statement is a transaction by itself.

        A process that is stopped between two of them holds nobody up.

        Raises:
            LogUnavailable: the database cannot be reached, or went away meanwhile.
        """
        with (
            self._connected() as connection,
            _alone(connection),
            connection.cursor(cursor_factory=self._cursors) as cursor,
        ):
            yield cursor

    def answers(self, asked: Prepared, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows that answer a question, in a transaction of its own.

        Raises:
            LogUnavailable: the database cannot be reached, or went away meanwhile.
        """
        with self._connected() as connection, _alone(connection), connection.cursor() as cursor:
            if asked.name not in self._planned:
                cursor.execute(asked.preparing)
                self._planned.add(asked.name)
            cursor.execute(asked.asking, values)
            return cursor.fetchall()

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._lock:
            connection = self._connect()
            try:
                yield connection
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                self._discard_if_broken(connection)
                raise LogUnavailable(reason=_first_line(error)) from error

    def _connect(self) -> Connection:
        if self._connection is None or self._connection.closed:
            try:
                self._connection = self._open()
            except psycopg2.OperationalError as error:
                raise _cannot_connect(error, self._role) from error
        return self._connection

    def _open(self) -> Connection:
        options = (
            f"-c search_path={self.search_path} -c TimeZone=UTC"
            f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}"
        )
        if self._role is not None:
            options += f" -c role={self._role}"
        connection = psycopg2.connect(
            self.url,
            options=options,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name="toldonce",
        )
        self._planned = set()
        return connection

    def _discard_if_broken(self, connection: Connection) -> None:
        if connection.closed or connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            with suppress(psycopg2.Error):
                connection.close()
            self._connection = None


def hexed(values: Sequence[bytes]) -> str:
    """Return values of one length as text for `string_to_array(…, ',')`.

    Thousands of them as a list would each be quoted by itself, in Python. Where it is compared with
    ANY, a subquery parts it once and not for every row.
    """
    return b"".join(values).hex(",", len(values[0])) if values else ""


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Let each statement be a transaction by itself: it is then one exchange and not three."""
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.autocommit = False


def _cannot_connect(error: psycopg2.OperationalError, role: str | None) -> Exception:
    if role is not None and f'role "{role}" does not exist' in str(error):
        return LogNotMigrated(expected=1, found="none")
    return LogUnavailable(reason=_first_line(error))


def _first_line(error: BaseException) -> str:
    """Keep what the server said, without the DETAIL and CONTEXT lines that may repeat data."""
    return str(error).strip().split("\n", 1)[0]
