"""The socket that `serve` listens on, taken first so that a refusal is said at once."""

from __future__ import annotations

import os
import socket
from typing import Any

BACKLOG = 2048


class CannotListen(Exception):
    """An address cannot be listened on."""

    def __init__(self, host: str, port: int, *, reason: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {reason}")


def listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 is any free one.

    Raises:
        CannotListen: the address is not ours, or taken.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return _bound(family, address)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else "no such address"
        raise CannotListen(host, port, reason=reason) from error


def listener_near(host: str, port: int) -> socket.socket:
    """Return a socket that listens on this port, or on any free one if it is taken.

    Raises:
        CannotListen: the address is not ours.
    """
    try:
        return listener(host, port)
    except CannotListen:
        return listener(host, 0)


def url_of(listens: socket.socket) -> str:
    """Return the URL under which a listening socket is reached from this machine."""
    host, port, *_ = listens.getsockname()
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - only printed
    return f"http://[{named}]:{port}" if ":" in named else f"http://{named}:{port}"


def _bound(family: int, address: tuple[Any, ...]) -> socket.socket:
    # Naming the protocol lets asyncio turn Nagle's algorithm off: it costs 40 ms an answer.
    listens = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listens.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listens.bind(address)
        listens.listen(BACKLOG)
    except OSError:
        listens.close()
        raise
    return listens
