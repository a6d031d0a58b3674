"""A site: `toldonce serve` as a process of its own on a database whose customers the tests tell.

What is told goes into the log directly, so that it can be told while nobody serves.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from audit.formats.notes import Verifier
from cli.settings import Settings
from cli.stories import FOLDER
from cli.wiring import Installation, installation
from consumers.files import import_files
from consumers.intake import Batch
from consumers.verdicts import Received
from projections.progress import ViewStatus
from tests.brokers import free_ports
from tests.cli.running import COMMAND, environment
from tests.notation import cloud_event

START_S = 300
STOP_S = 120
Json = dict[str, Any]


class Site:
    """Serves, stops serving, and is told events."""

    def __init__(self, parts: Installation, *, database_url: str) -> None:
        (self._port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self._port}"
        self._parts = parts
        self._environment = environment(
            parts.settings.home, TOLDONCE_DATABASE_URL=database_url, TOLDONCE_ACTOR="desk-7"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._ids = count(1)

    def start(self) -> None:
        """Serve, and wait until the views are at the head of the log."""
        self._process = subprocess.Popen(
            [COMMAND, "serve", "--port", str(self._port)],
            stderr=subprocess.DEVNULL,
            env=self._environment,
        )
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            assert self._process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(STOP_S)
            self._process = None

    def tell(self, *blocks: str) -> int:
        """Store events of the compact notation, and return the position of the last."""
        lines = [line.strip() for block in blocks for line in block.splitlines()]
        return self.tell_events(*(self.event(line) for line in lines if line))

    def tell_events(self, *events: Json) -> int:
        """Store events, and return the position of the last."""
        received = [Received(json.dumps(event).encode(), "test") for event in events]
        verdicts = self._parts.intake.take(Batch(received))
        assert {verdict.kind for verdict in verdicts} == {"stored"}, verdicts
        return verdicts[-1].position or 0

    def import_lines(self, file: Path, *lines: str) -> None:
        """Import a file of these lines; those that are refused are in quarantine then."""
        file.write_text("\n".join(lines), "utf-8")
        import_files([file], self._parts.intake, restart=True)

    def event(self, line: str) -> Json:
        """Return an event of the compact notation with an id of its own."""
        return cloud_event(line, id=f"p{next(self._ids)}")

    def views(self) -> list[ViewStatus]:
        """Return where the views stand."""
        return self._parts.views.progress.status()

    @property
    def log_key(self) -> Verifier:
        """The public key by which checkpoints are checked."""
        return self._parts.signing_key.verifier

    def settled(self) -> None:
        """Wait until what was told is in the views."""
        head = max(view.head for view in self.views())
        assert self._parts.views.progress.wait_for(head, timeout_s=START_S)

    def get(self, path: str, **query: object) -> httpx.Response:
        """Ask for a path as whoever has no browser does."""
        params = {name: str(value) for name, value in query.items()}
        return httpx.get(self.url + path, params=params or None, timeout=START_S)

    def brief(self, identifier: str, **query: object) -> Json:
        """Return the brief of a customer."""
        found: Json = self.get("/v1/brief", identifier=identifier, **query).json()
        return found

    def path(self, identifier: str) -> str:
        """Return the path of a customer's page."""
        return f"/customers/{self.brief(identifier)['customer_id']}"

    def _is_ready(self) -> bool:
        try:
            return bool(self.get("/readyz").status_code == httpx.codes.OK)
        except httpx.TransportError:
            return False


@contextmanager
def site(database_url: str, home: Path) -> Iterator[Site]:
    """Serve the stories of the demo for the time of a block."""
    settings = Settings(database_url=SecretStr(database_url), home=home)
    with installation(settings) as parts:
        import_files(sorted(FOLDER.glob("*.ndjson")), parts.intake, restart=True)
        found = Site(parts, database_url=database_url)
        try:
            found.start()
            yield found
        finally:
            found.stop()
