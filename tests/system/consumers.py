"""`toldonce consume` as processes of their own, and what the log holds of what they took."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from tests.cli.running import COMMAND, Done, environment, run
from tests.system.topics import Topic

DEADLINE_S = 300
END_TIMEOUT_S = 120
POLL_S = 0.05
SESSION_TIMEOUT_MS = 2_000
NOWHERE = {
    "TOLDONCE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "TOLDONCE_KAFKA_BOOTSTRAP_TIMEOUT_MS": "500",
}
"""Settings of brokers that are not there, which are not looked for long."""


@dataclass(frozen=True)
class Installed:
    """An installation of its own that reads one topic."""

    home: Path
    database_url: str
    topic: Topic
    settings: dict[str, str]

    @property
    def variables(self) -> dict[str, str]:
        """Return its settings, as variables of the environment."""
        return {
            "TOLDONCE_DATABASE_URL": self.database_url,
            "TOLDONCE_KAFKA_BOOTSTRAP_SERVERS": self.topic.bootstrap,
            "TOLDONCE_KAFKA_TOPIC": self.topic.name,
            "TOLDONCE_KAFKA_GROUP": self.topic.name,
            "TOLDONCE_KAFKA_SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS),
            **self.settings,
        }

    def command(self, *arguments: object) -> Done:
        """Run another command to its end."""
        return run(self.home, *arguments, **self.variables)

    def status(self) -> dict[int, dict[str, Any]]:
        """Return what `consume --status` says, by partition."""
        said = self.command("consume", "--status", "--json").json()
        return {one["partition"]: one for one in said["partitions"]}

    def reached(self) -> dict[int, int]:
        """Return how far each partition that was begun is, as the log has it."""
        return dict(self._asked("SELECT partition, next_offset {} AND next_offset > begun_offset"))

    def owners(self) -> set[str]:
        """Return who claimed a partition last."""
        return {owner for (owner,) in self._asked("SELECT DISTINCT owner {}")}

    def halts(self) -> dict[int, str]:
        """Return why partitions stand."""
        return dict(self._asked("SELECT partition, halt {} AND halt IS NOT NULL"))

    def moves(self) -> list[tuple[str, int | None, int]]:
        """Return who had partitions begin or go on, from where, to where."""
        with closing(psycopg2.connect(self.database_url)) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT actor, from_offset, to_offset FROM log.ingest_moves")
            return cursor.fetchall()

    def _asked(self, query: str) -> list[Any]:
        with closing(psycopg2.connect(self.database_url)) as connection:
            cursor = connection.cursor()
            cursor.execute(query.format("FROM log.ingest_offsets WHERE topic IS NOT NULL"))
            return cursor.fetchall()


class Consumer:
    """One consuming process."""

    def __init__(
        self, installed: Installed, *arguments: str, program: tuple[str, ...] = ()
    ) -> None:
        self._output = (installed.home / f"consumer-{time.monotonic_ns()}").open("wb+")
        self.process = subprocess.Popen(
            [*(program or (str(COMMAND), "consume")), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            env=environment(installed.home, **installed.variables),
        )

    def said(self) -> str:
        """Return what it printed."""
        return Path(self._output.name).read_text("utf-8", "replace")

    def stop(self) -> int:
        """Stop it as an operator does; return its exit code."""
        return self.end(signal.SIGTERM)

    def end(self, number: signal.Signals) -> int:
        """Send it a signal that ends it; return its exit code."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        try:
            return self.process.wait(END_TIMEOUT_S)
        finally:
            self._output.close()


@contextmanager
def consumer(installed: Installed, *arguments: str, **options: Any) -> Iterator[Consumer]:
    """Run a consumer for the time of a block."""
    running = Consumer(installed, *arguments, **options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            os.kill(running.process.pid, signal.SIGCONT)
            running.end(signal.SIGKILL)


def until(
    is_there: Callable[[], bool], said: Callable[[], str], deadline_s: float = DEADLINE_S
) -> None:
    """Poll until something is so; fail with what is said then."""
    deadline = time.monotonic() + deadline_s
    while not is_there():
        assert time.monotonic() < deadline, said()
        time.sleep(POLL_S)


def script(module: str) -> tuple[str, ...]:
    """Return how a module of the tests is run as a consumer."""
    return (sys.executable, "-m", module)
