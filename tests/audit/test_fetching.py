"""What a log answers to a witness is bounded, and leads it nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from audit.errors import LogUnreachable
from audit.fetching import RemoteLog
from audit.formats.notes import NOTE_BYTES_MAX
from audit.formats.tiles import Tile


class Answers(BaseHTTPRequestHandler):
    """Answers as an unkind log would."""

    def do_GET(self) -> None:
        """Send elsewhere, or send too much."""
        if self.path == "/moved/checkpoint":
            self.send_response(302)
            self.send_header("Location", "/checkpoint")
            self.end_headers()
            return
        content = bytes(NOTE_BYTES_MAX) if self.path == "/checkpoint" else bytes(NOTE_BYTES_MAX + 1)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[str]:
    """Serve on loopback for the time of a block, and give the URL."""
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_log_is_read_as_far_as_it_may_be_long() -> None:
    """Neither redirections nor endless answers are followed."""
    with answering() as url:
        assert len(RemoteLog(url).checkpoint()) == NOTE_BYTES_MAX
        with pytest.raises(LogUnreachable, match="302"):
            RemoteLog(f"{url}/moved").checkpoint()
        with pytest.raises(LogUnreachable, match="more than was asked for"):
            RemoteLog(url).tiles([Tile(0, 0)])


@pytest.mark.parametrize("url", ["file:///etc", "ftp://127.0.0.1", "127.0.0.1:8080", "", "http://"])
def test_only_http_is_spoken(url: str) -> None:
    """No other address is even tried."""
    with pytest.raises(LogUnreachable):
        RemoteLog(url).checkpoint()


def test_nobody_there_is_said_so() -> None:
    """A port that nobody listens on is no fault of ours."""
    with pytest.raises(LogUnreachable, match="URLError"):
        # Never one that the system gives out: somebody else might have it by then.
        RemoteLog("http://127.0.0.1:1").checkpoint()
