"""A signer that is killed, at one of eight points in the life of a signature.

Production code knows nothing of it: the functions at these points are wrapped here, in a process of
the test's own.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from audit import durable
from audit import signer as signing
from audit.keys import log_key_file
from audit.signer import Signer
from tests.forked import FORKED
from tests.system.points import COMMIT_MESSAGE

END_TIMEOUT_S = 180


def killed_at(point: str, url: str, folder: Path) -> int | None:
    """Sign in a process of its own that is killed at a point; return its exit code."""
    process = FORKED.Process(target=_sign, args=(point, url, str(folder)), daemon=True)
    process.start()
    process.join(END_TIMEOUT_S)
    return process.exitcode


def _sign(point: str, url: str, folder: str) -> None:
    _POINTS[point]()
    key = log_key_file(Path(folder) / "signing.key")
    with closing(Signer(url, key, record=Path(folder) / "signed.checkpoint")) as signer:
        for _ in signer.sign():
            pass


def _strike() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(owner: Any, name: str, *, before: bool = False) -> Callable[[], None]:
    def arm() -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def struck(*values: Any, **named: Any) -> Any:
            if not before:
                original(*values, **named)
            _strike()

        setattr(owner, name, struck)

    return arm


def _without_reply() -> None:
    original = signing.keep

    def struck(cursor: Any, *values: Any, **named: Any) -> None:
        original(cursor, *values, **named)
        # What libpq would send, and nobody is left to hear the answer.
        os.write(cursor.connection.fileno(), COMMIT_MESSAGE)
        _strike()

    signing.keep = struck


_POINTS: dict[str, Callable[[], None]] = {
    "standing known": _wrapped(Signer, "_standing"),
    "hashed anew": _wrapped(Signer, "_grown"),
    "signed": _wrapped(signing, "signed_checkpoint"),
    "drafted": _wrapped(durable, "_write"),
    "on record": _wrapped(durable, "write"),
    "before COMMIT": _wrapped(signing, "keep"),
    "COMMIT without reply": _without_reply,
    "published": _wrapped(Signer, "_keep"),
}
POINTS = tuple(_POINTS)
