"""A desk that is served on a socket, and a browser's side of its live stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI

from cli.listening import listener, url_of
from cli.server import server_of

Json = dict[str, Any]
PATIENCE_S = 120


class Message(NamedTuple):
    """One server-sent event, with the id that a browser would come back with."""

    event: str
    data: Json
    last_event_id: str


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port, and give its URL."""
    server = server_of(app)
    with listener("127.0.0.1", 0) as listens:
        thread = Thread(target=server.run, kwargs={"sockets": [listens]})
        thread.start()
        try:
            yield url_of(listens)
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


class Stream:
    """An open stream; `next` waits for the next event, as the specification reads the lines."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.last_event_id = ""

    def next(self) -> Message:
        """Return the next event."""
        event, data = "message", ""
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.last_event_id = value
            elif name == "event":
                event = value
            elif name == "data":
                data = value
            elif not line and data:
                return Message(event, json.loads(data), self.last_event_id)
        raise EOFError

    def opened(self) -> None:
        """Wait until the stream is open: from then on nothing is missed."""
        while self.last_event_id == "":
            name, _, value = next(self._lines).partition(": ")
            self.last_event_id = value if name == "id" else ""


@contextmanager
def listening(url: str, *, last_event_id: str | None = None, **query: object) -> Iterator[Stream]:
    """Open a stream, wait until it stands, and close it at the end."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    params = {name: str(value) for name, value in query.items()}
    with httpx.stream(
        "GET", f"{url}/v1/stream", params=params, headers=headers, timeout=PATIENCE_S
    ) as answer:
        assert answer.status_code == 200
        stream = Stream(answer.iter_lines())
        stream.opened()
        yield stream
