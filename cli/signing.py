"""The signer put together for as long as `serve` and `up` run."""

from __future__ import annotations

import logging
from threading import Event

from audit.errors import KeyUnusable
from cli.following import Follow
from cli.wiring import Installation

_logger = logging.getLogger(__name__)


def signing_beside(parts: Installation) -> Follow:
    """Return what keeps a checkpoint near the head of the log.

    Without a key nothing is signed, and that is said; whoever answers customers goes on.
    """

    def follow(stop: Event) -> None:
        try:
            signer = parts.signer
        except KeyUnusable as error:
            _logger.error("event=not_signed: %s", error)
            return
        signer.run_forever(stop)

    return follow
