"""What is said about two identifiers: linked, unlinked or rejected; the newest statement stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.decisions.decision import By, Decision, Facts, Said
from domain.decisions.refusals import AlreadyDecided, DecidedLater
from domain.event import Event, order_key
from domain.events import (
    IdentityIdentifierLinked,
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
)
from domain.handles import Handle

Statement = IdentityIdentifierLinked | IdentityIdentifierUnlinked | IdentityMatchRejected


def pair_handle(one: Handle, other: Handle) -> Handle:
    """Return the handle of a pair, whichever is named first; nobody looks one up."""
    # No identifier holds a NUL, so no two pairs read alike.
    return Handle("pair", "\0".join(sorted((str(one), str(other)))))


@dataclass(frozen=True, slots=True)
class PairSaid:
    """What others said about a pair, and when the two were last seen together, if ever."""

    published: Facts = ()
    last_seen_at: datetime | None = None


class Pair(Decision):
    """Two identifiers and what was said about them."""

    TOPIC = "toldonce.decisions.pair.v1"

    class Event(Said):
        """Something is said about a pair."""

        TOPIC = "toldonce.decisions.pair_said.v1"

    class Linked(Event):
        """The two belong to one person."""

        TOPIC = IdentityIdentifierLinked.TOPIC

    class Unlinked(Event):
        """The two no longer belong to one person."""

        TOPIC = IdentityIdentifierUnlinked.TOPIC

    class Rejected(Event):
        """The two do not belong to one person."""

        TOPIC = IdentityMatchRejected.TOPIC

    def state(self, data: Statement, by: By, *, said: PairSaid) -> None:
        """Say it, unless it is what stands.

        Raises:
            AlreadyDecided: the newest statement says the same.
            DecidedLater: the newest statement is of a later time, and would stand.
        """
        newest = max((*self.facts, *said.published), key=order_key, default=None)
        if newest is not None:
            if newest.time > by.at:
                raise DecidedLater.by_fact(newest, asked=data, by=by)
            if type(newest.data) is type(data) and not _is_overtaken(newest, said.last_seen_at):
                raise AlreadyDecided.by_fact(newest, asked=data, by=by)
        self.say(_KINDS[type(data)], data, by=by)


_KINDS: dict[type[Statement], type[Said]] = {
    IdentityIdentifierLinked: Pair.Linked,
    IdentityIdentifierUnlinked: Pair.Unlinked,
    IdentityMatchRejected: Pair.Rejected,
}


def _is_overtaken(newest: Event, last_seen_at: datetime | None) -> bool:
    """Tell whether two that were unlinked have been seen together since: then it holds no more."""
    if last_seen_at is None or not isinstance(newest.data, IdentityIdentifierUnlinked):
        return False
    return last_seen_at > newest.time
