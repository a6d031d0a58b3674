"""One embedded server per home directory, shared by concurrent processes.

It starts on demand and stops when the last process that uses it has ended, in whichever way.
"""

import atexit
import fcntl
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg2

from cli.embedded import cluster, keeper
from cli.embedded.cluster import EmbeddedPostgresError
from cli.embedded.keeper import Place, acquired, opened, stop

DATABASE = "toldonce"
KEEPER_TIMEOUT_S = 60
"""Only starts an interpreter; generous for a machine that is out of breath."""


class EmbeddedPostgres:
    """Keep one embedded server running for as long as this process uses it."""

    def __init__(self, home: Path, *, settings: Mapping[str, str] | None = None) -> None:
        """Join the server of this home, or start it with `settings` over those of our own."""
        try:
            self._place = cluster.place(home)
            self._pid = os.getpid()
            self._users = _join(self._place, settings or {})
        except (OSError, psycopg2.Error, subprocess.SubprocessError) as error:
            raise EmbeddedPostgresError(" ".join(str(error).split())) from error
        atexit.register(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def url(self, database: str = DATABASE) -> str:
        """Return the connection URL of a database of this server."""
        return cluster.url(self._place, database)

    @property
    def log(self) -> Path:
        """Return the server's own log file; no event's data are in it."""
        return self._place.log

    def close(self) -> None:
        """Stop using the server, and stop it if this process was the last to use it."""
        if self._users < 0 or self._pid != os.getpid():
            return
        atexit.unregister(self.close)
        users, self._users = self._users, -1
        # Without its files the server stops by itself.
        with suppress(OSError), self._place.alone():
            if acquired(users):
                stop(self._place)
                cluster.remove_sockets(self._place)
        os.close(users)


def embedded_postgres(home: Path, *, settings: Mapping[str, str] | None = None) -> EmbeddedPostgres:
    """Start or join the embedded server whose data live under home/postgres.

    Raise EmbeddedPostgresError with one line that says what is in the way.
    """
    return EmbeddedPostgres(home, settings=settings)


def _join(place: Place, settings: Mapping[str, str]) -> int:
    with place.alone():
        users = os.open(place.users, os.O_RDWR)
        try:
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster.secure_sockets(place)
            if not cluster.answers(place, DATABASE):
                cluster.start(place, settings)
                _create_database(place)
            _ensure_keeper(place)
        except BaseException:
            os.close(users)
            raise
    return users


def _create_database(place: Place) -> None:
    with closing(psycopg2.connect(cluster.url(place, "postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")


def _ensure_keeper(place: Place) -> None:
    with opened(place.keeper) as lock:
        unkept = acquired(lock)
    if unkept:
        arguments = [str(place.folder), str(place.binaries), place.account]
        subprocess.run(  # noqa: S603 - our own script, no input in the arguments
            [sys.executable, "-I", "-S", keeper.__file__, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            check=True,
            timeout=KEEPER_TIMEOUT_S,
        )
