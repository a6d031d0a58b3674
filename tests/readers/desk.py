"""A desk: an installation on a database of the test's own, its HTTP interface, and events told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from cli.server import application
from cli.wiring import Installation
from consumers.intake import Batch
from consumers.verdicts import Received
from tests.notation import cloud_event

Json = dict[str, Any]
STRUCTURED = {"content-type": "application/cloudevents+json"}


class Desk:
    """Asks the application in this process and waits for the answers."""

    def __init__(self, parts: Installation) -> None:
        self.parts = parts
        self.app = application(parts)
        self._told = 0

    def get(self, path: str, **query: object) -> Response:
        """Ask with a GET request."""
        params = {name: str(value) for name, value in query.items()}
        return asyncio.run(self._send("GET", path, params=params))

    def send(self, method: str, path: str, **options: Any) -> Response:
        """Send any request."""
        return asyncio.run(self._send(method, path, **options))

    def publish(self, line: str) -> Response:
        """Post one event of the compact notation."""
        return self.send("POST", "/v1/events", content=self._event(line), headers=STRUCTURED)

    def tell(self, *blocks: str) -> int:
        """Store events of the compact notation, bring the views up, and return their position."""
        lines = [line.strip() for block in blocks for line in block.splitlines()]
        received = [Received(self._event(line), "test") for line in lines if line]
        verdicts = self.parts.intake.take(Batch(received))
        assert {verdict.kind for verdict in verdicts} == {"stored"}, verdicts
        return self.parts.runner.catch_up()

    def brief(self, identifier: str, **query: object) -> Json:
        """Return a brief that is there."""
        answer = self.get("/v1/brief", identifier=identifier, **query)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def customer_id(self, identifier: str) -> str:
        """Return the id of a customer who is known."""
        found: str = self.brief(identifier)["customer_id"]
        return found

    def _event(self, line: str) -> bytes:
        self._told += 1
        return json.dumps(cloud_event(line, id=f"t{self._told}")).encode()

    async def _send(self, method: str, path: str, **options: Any) -> Response:
        transport = ASGITransport(self.app)
        async with AsyncClient(transport=transport, base_url="http://desk") as client:
            return await client.request(method, path, **options)
