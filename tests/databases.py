"""Databases for tests: a migrated template, cloned for each test and dropped after it."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2

from eventlog.migrate import migrate

# What a crash would lose, a test run makes again: nothing here waits for a disk.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # it would hold on to the template while a test wants to clone it
    "shared_buffers": "128MB",
    "max_connections": "300",
}
DEADLINE_S = 120
POLL_S = 0.01
# Whoever changed something and has not committed it yet; what only read may come and go.
COUNT_WRITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL
"""
COUNT_HOLDING = """
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE datname = current_database() AND locktype = 'advisory' AND objid = %s AND granted
"""


class Databases:
    """Make and drop databases on one server for one run of the tests."""

    def __init__(self, url: str, *, folder: Path) -> None:
        """Use the server of `url`; `folder` is shared by all processes of the run."""
        self._url = url
        self._folder = folder
        # A server from outside may serve several runs at once.
        self._template = f"log_template_{folder.name.replace('-', '_').lower()}"

    def url(self, database: str) -> str:
        """Return the connection URL of a database on this server."""
        return urlsplit(self._url)._replace(path=f"/{database}").geturl()

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Lend an empty database and drop it afterwards."""
        with self._lent("template1") as url:
            yield url

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Lend a database with a migrated, empty log and drop it afterwards."""
        with self._lent(self._template) as url:
            # A clone has the rights in the database, not those on it.
            name = urlsplit(url).path.removeprefix("/")
            self._run(f"GRANT CREATE ON DATABASE {name} TO toldonce_projector")
            yield url

    def ensure_template(self) -> None:
        """Make the migrated template unless another process of this run did."""
        done = self._folder / "template"
        with (self._folder / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                self._run(f"CREATE DATABASE {self._template}")
                migrate(self.url(self._template))
                done.touch()

    def drop_template(self) -> None:
        """Drop the template; the server may outlive the run."""
        self._run(f"DROP DATABASE IF EXISTS {self._template} WITH (FORCE)")

    @contextmanager
    def _lent(self, template: str) -> Iterator[str]:
        name = f"test_{uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with closing(psycopg2.connect(self._url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)


def until_nobody_writes(url: str) -> None:
    """Wait until what processes that were killed had begun is committed or taken back.

    The server hears of their end only when it next listens to them, and commits what it was told.
    """
    _until_none(url, COUNT_WRITING)


def until_nobody_holds(url: str, lock_id: int) -> None:
    """Wait until the server has noticed that whoever held an advisory lock is gone."""
    _until_none(url, COUNT_HOLDING, lock_id)


def holders(url: str, lock_id: int) -> int:
    """Return how many connections to a database hold an advisory lock."""
    return _count(url, COUNT_HOLDING, lock_id)


def _until_none(url: str, query: str, *parameters: object) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while _count(url, query, *parameters):
        assert time.monotonic() < deadline, query
        time.sleep(POLL_S)


def _count(url: str, query: str, *parameters: object) -> int:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        (number,) = cursor.fetchone() or (0,)
    return int(number)
