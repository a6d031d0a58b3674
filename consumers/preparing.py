"""Preparing: received events decoded and sealed, all the work that needs no transaction.

Promise: nothing an event holds makes this fail, and it comes to the same in whichever process.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from consumers.bisection import NOT_STORABLE
from consumers.verdicts import Received
from domain.decode import Accepted, decode, decode_binary
from domain.event import OUR_SOURCE
from domain.problems import Invalid
from eventlog.drafts import Drafted
from eventlog.entry import Draft

_logger = logging.getLogger(__name__)


class Drafting(Protocol):
    """What tokens and seals decoded events for the log."""

    def drafted(self, accepted: Sequence[Accepted]) -> Drafted:
        """Token and seal decoded events."""


class Named(NamedTuple):
    """What names a valid event in its verdict."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch decoded and sealed; there is a draft for each valid event, in order."""

    decoded: list[Named | Invalid]
    drafts: list[Draft | None]
    streams_begun: list[bytes]

    def without(self, refused: frozenset[int]) -> Prepared:
        """Return the same, with the drafts at these places held to be invalid events."""
        kept = [draft for at, draft in enumerate(self.drafts) if at not in refused]
        places = iter(range(len(self.drafts)))
        decoded = [
            Invalid((NOT_STORABLE,))
            if not isinstance(one, Invalid) and next(places) in refused
            else one
            for one in self.decoded
        ]
        return Prepared(decoded, kept, self.streams_begun)


def prepared_from(log: Drafting, received: Sequence[Received], *, now: datetime) -> Prepared:
    """Decode and seal events as they were received."""
    answers = [decoded_from(one, now=now) for one in received]
    accepted = [answer for answer in answers if isinstance(answer, Accepted)]
    drafts, streams_begun = log.drafted(accepted) if accepted else Drafted([], [])
    decoded: list[Named | Invalid] = [
        answer if isinstance(answer, Invalid) else Named(answer.event.source, answer.event.id)
        for answer in answers
    ]
    return Prepared(decoded, drafts, streams_begun)


def decoded_from(received: Received, *, now: datetime) -> Accepted | Invalid:
    """Decode one event; whatever happens, it is an answer about this event alone."""
    if received.refusal is not None:
        return Invalid((received.refusal,))
    try:
        if received.attributes is None:
            return _from_outside(decode(received.raw, now=now))
        return _from_outside(decode_binary(received.attributes, received.raw, now=now))
    except Exception as error:
        # Its message may repeat the event; its class cannot.
        _logger.error("decoding failed with %s", type(error).__name__)
        return Invalid.because("could not be decoded, which is a fault of ours: offer it later")


def _from_outside(decoded: Accepted | Invalid) -> Accepted | Invalid:
    """Refuse what only this system itself may say: it comes from decisions, never from outside."""
    if isinstance(decoded, Invalid):
        return decoded
    if decoded.event.source == OUR_SOURCE:
        return Invalid.because(
            f"must not be {OUR_SOURCE}, which is what we say ourselves", "/source"
        )
    if decoded.event.data.IS_OURS:
        return Invalid.because("is said by this system alone", "/type")
    return decoded
