"""Whom a request calls and who made a browser send it: this server's own names and pages alone.

Promise: a page of another site reads nothing here by having its name lead to this machine, and
changes nothing; programs, which say nothing of where they come from, are answered.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from readers.problems import Kind

HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?")
LOCALHOST = "localhost"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})

MISDIRECTED = Kind(
    HTTPStatus.MISDIRECTED_REQUEST, "misdirected", "This server is not called that (http_names)"
)
FOREIGN = Kind(HTTPStatus.FORBIDDEN, "foreign", "A page of another site may change nothing")


class OwnSite:
    """Refuses what calls the server by a name that is not its own, and what other sites send."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = frozenset(map(_plain, names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        answer = self._app
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if not self._is_called(headers, scope):
                answer = MISDIRECTED.response()
            elif scope["method"] not in SAFE_METHODS and is_foreign(headers):
                answer = FOREIGN.response()
        await answer(scope, receive, send)

    def _is_called(self, headers: Headers, scope: Scope) -> bool:
        """Say whether a request is for us: loopback, the address it came to, or a name of ours."""
        called = [_name(host) for host in headers.getlist("host")]
        if len(called) != 1 or not called[0]:
            return False
        reached, _ = scope.get("server") or ("", None)
        return _is_loopback(called[0]) or called[0] in {_plain(reached), *self._names}


def is_foreign(headers: Headers) -> bool:
    """Say whether a browser tells that a page of another site made it send a request."""
    is_elsewhere = "origin" in headers and not is_origin(headers)
    return is_elsewhere or headers.get("sec-fetch-site", "none") not in OWN_SITE


def is_origin(headers: Headers) -> bool:
    """Say whether the page that sent a request is, as a browser says, of the address it asks."""
    _, _, origin = headers.get("origin", "").partition("://")
    return bool(origin) and origin.lower() == headers.get("host", "").lower()


def _name(host: str) -> str:
    """Return what a Host header names, without its port; nothing where it is none."""
    found = HOST.fullmatch(host)
    return _plain(found["name"].strip("[]")) if found else ""


def _plain(name: str) -> str:
    """Return an address in the one form that it is compared in, and a name in small letters."""
    with suppress(ValueError):
        address = ip_address(name)
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return str(mapped or address)
    return name.lower()


def _is_loopback(name: str) -> bool:
    with suppress(ValueError):
        return ip_address(name).is_loopback
    return name == LOCALHOST
