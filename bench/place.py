"""Where measurements run: an embedded server of their own, with the settings that users get."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg2

from cli.embedded import EmbeddedPostgres, embedded_postgres
from eventlog.keyring import Keyring, keyring_file
from eventlog.migrate import migrate

TEMPLATE = "bench_template"


class Place:
    """Gives fresh databases that hold an empty log."""

    def __init__(self, server: EmbeddedPostgres, keyring: Keyring, *, home: Path) -> None:
        self.keyring = keyring
        self.home = home
        self._server = server
        self._numbers = count(1)
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        migrate(server.url(TEMPLATE))

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a new database, dropped afterwards."""
        name = f"bench_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        self._execute(f"GRANT CREATE ON DATABASE {name} TO toldonce_projector")
        try:
            # The last measurement's dirty pages are not to be written during this one.
            self._execute("CHECKPOINT")
            yield self._server.url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with closing(psycopg2.connect(self._server.url("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)


@contextmanager
def place() -> Iterator[Place]:
    """Run a server in a temporary directory for as long as measurements take."""
    home = Path(tempfile.mkdtemp(prefix="toldonce-bench-"))
    try:
        with embedded_postgres(home) as server:
            yield Place(server, keyring_file(home / "keyring.json"), home=home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
