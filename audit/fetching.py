"""A log as its auditors reach it over HTTP: its checkpoint and its tiles, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
)

from audit.errors import LogUnreachable
from audit.formats.notes import NOTE_BYTES_MAX
from audit.formats.tiles import Tile

TIMEOUT_S = 10.0
SCHEMES = ("http", "https")


class RemoteLog:
    """Reads checkpoint and tiles below a URL; nothing that comes from there is believed here."""

    def __init__(self, url: str) -> None:
        """Read from below `url`.

        Raises:
            LogUnreachable: it is not an address of HTTP.
        """
        if urlsplit(url).scheme not in SCHEMES:
            raise LogUnreachable(url=url, reason="it is not an address of HTTP")
        self._url = url.rstrip("/")
        self._opener = _opener()

    def checkpoint(self) -> bytes:
        """Return what is there as the newest checkpoint.

        Raises:
            LogUnreachable: there is none.
        """
        return self._read("checkpoint", NOTE_BYTES_MAX)

    def tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        """Return what is there as these tiles.

        Raises:
            LogUnreachable: one is not there.
        """
        return [self._read(f"tile/{tile.path}", tile.byte_count) for tile in wanted]

    def _read(self, path: str, bytes_max: int) -> bytes:
        url = f"{self._url}/{path}"
        try:
            with self._opener.open(url, timeout=TIMEOUT_S) as answer:
                content: bytes = answer.read(bytes_max + 1)
        except HTTPError as error:
            error.close()
            raise LogUnreachable(url=url, reason=f"it answered {error.code}") from error
        except (OSError, HTTPException) as error:
            raise LogUnreachable(url=url, reason=type(error).__name__) from error
        if len(content) > bytes_max:
            raise LogUnreachable(url=url, reason="it answered more than was asked for")
        return content


def _opener() -> OpenerDirector:
    """Return what asks over HTTP and goes nowhere else: a log must not send us about."""
    opener = OpenerDirector()
    for handler in (HTTPHandler, HTTPSHandler, HTTPDefaultErrorHandler, HTTPErrorProcessor):
        opener.add_handler(handler())
    return opener
