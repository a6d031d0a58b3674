"""A proxy before PostgreSQL that loses the answers to COMMITs of appends, in three ways."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event, Lock, Thread
from urllib.parse import parse_qs, unquote, urlsplit

from tests.system.points import COMMIT_MESSAGE

# What only the transaction of a batch says, before its COMMIT.
OF_A_BATCH = b"undecided = undecided + "
CHUNK_BYTES = 1 << 16
LATE_S = 1.0
OUTCOMES = ("committed", "not committed", "committed late")


class CommitThief:
    """Passes everything on until it is told to lose the answer to the next COMMIT of a batch."""

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        (folder,) = parse_qs(parts.query)["host"]
        (port,) = parse_qs(parts.query).get("port", ["5432"])
        self._server = f"{unquote(folder)}/.s.PGSQL.{port}"
        self._listens = socket.create_server(("127.0.0.1", 0))
        number = self._listens.getsockname()[1]
        account = parts.username or "postgres"
        self.url = f"postgresql://{account}@127.0.0.1:{number}{parts.path}?sslmode=disable"
        self._closed = Event()
        self._lock = Lock()
        self._next = ""
        self.lost: Counter[str] = Counter()

    def lose_next(self, outcome: str) -> None:
        """Lose the answer to the next COMMIT of a batch, with one of the OUTCOMES."""
        with self._lock:
            self._next = outcome

    def run(self) -> None:
        """Take connections until closed."""
        while True:
            try:
                client, _ = self._listens.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            Thread(target=self._asked, args=(client, server), daemon=True).start()
            Thread(target=_answered, args=(server, client), daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._closed.set()
        with suppress(OSError):
            self._listens.shutdown(socket.SHUT_RDWR)
        self._listens.close()

    def _asked(self, client: socket.socket, server: socket.socket) -> None:
        is_batch = False
        with suppress(OSError), _ended(client), _ended(server):
            while asked := client.recv(CHUNK_BYTES):
                is_batch = is_batch or OF_A_BATCH in asked
                if COMMIT_MESSAGE in asked:
                    if is_batch and (outcome := self._taken()):
                        self._lose(outcome, asked, client=client, server=server)
                        return
                    is_batch = False
                server.sendall(asked)

    def _taken(self) -> str:
        with self._lock:
            outcome, self._next = self._next, ""
        return outcome

    def _lose(
        self, outcome: str, asked: bytes, *, client: socket.socket, server: socket.socket
    ) -> None:
        self.lost[outcome] += 1
        client.shutdown(socket.SHUT_RDWR)
        if outcome == "committed late":
            self._closed.wait(LATE_S)
        if outcome != "not committed":
            server.sendall(asked)
            self._closed.wait(LATE_S / 4)


@contextmanager
def _ended(connection: socket.socket) -> Iterator[None]:
    """Close a connection at the end of a block, also while another thread reads from it."""
    with closing(connection):
        try:
            yield
        finally:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _answered(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while answered := server.recv(CHUNK_BYTES):
            client.sendall(answered)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


@contextmanager
def commit_thief(database_url: str) -> Iterator[CommitThief]:
    """Lend a proxy for the time of a block."""
    thief = CommitThief(database_url)
    thread = Thread(target=thief.run, name="proxy", daemon=True)
    thread.start()
    try:
        yield thief
    finally:
        thief.close()
        thread.join()
