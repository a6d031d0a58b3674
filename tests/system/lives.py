"""Lives of consumers that are struck: started in milliseconds, each noted with its end."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.forked import FORKED
from tests.system import points
from tests.system.consumers import END_TIMEOUT_S, Installed


class Life:
    """One consuming process, struck at a point or, without one, left alone."""

    def __init__(
        self,
        installed: Installed,
        point: str = "",
        *,
        passages: int = 1,
        number: signal.Signals = signal.SIGKILL,
        name: str = "",
        begin: str = "earliest",
    ) -> None:
        self.notes = installed.home / "notes"
        self._output = installed.home / f"life-{time.monotonic_ns()}"
        variables = {**installed.variables, "TOLDONCE_HOME": str(installed.home)}
        if name:
            variables["TOLDONCE_KAFKA_INSTANCE_ID"] = name
        struck = (str(self.notes), point, passages, int(number))
        self.process: BaseProcess = FORKED.Process(
            target=points.consume, args=(variables, str(self._output), begin, struck), daemon=True
        )
        self.process.start()

    @property
    def pid(self) -> int:
        """Return its process id."""
        assert self.process.pid is not None
        return self.process.pid

    def said(self) -> str:
        """Return what it printed."""
        return self._output.read_text("utf-8", "replace") if self._output.exists() else ""

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def stop(self) -> int | None:
        """Stop it as an operator does; return its exit code."""
        self.send(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        """End it, whatever state it is in."""
        if self.process.is_alive():
            self.send(signal.SIGKILL)
        self.ended()

    def ended(self, timeout_s: float = END_TIMEOUT_S) -> int | None:
        """Wait for its end; return its exit code, None if it goes on."""
        self.process.join(timeout_s)
        return self.process.exitcode


def struck_at(notes: Path) -> Counter[str]:
    """Return how often a consumer was struck at each point."""
    return Counter(notes.read_text("utf-8").splitlines() if notes.exists() else [])
