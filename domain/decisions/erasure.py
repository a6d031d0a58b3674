"""Forgetting a customer: requested, then executed or refused, each once.

Promise: what is kept of it names nobody, for it outlives the keys that it has destroyed.
"""

from __future__ import annotations

from domain.decisions.decision import By, Decision, Said
from domain.decisions.refusals import NothingToDecide, refuse_repeated
from domain.events import ErasureExecuted, ErasureRefused, ErasureRequested
from domain.handles import Handle


def erasure_handle(request_id: str) -> Handle:
    """Return the handle of a request to be forgotten; nobody looks one up."""
    return Handle("erasure", request_id)


class Erasure(Decision):
    """One request to be forgotten, by its id."""

    TOPIC = "toldonce.decisions.erasure.v1"

    class Event(Said):
        """What happens to a request."""

        TOPIC = "toldonce.decisions.erasure_said.v1"

    class Requested(Event):
        """The customer asked to be forgotten."""

        TOPIC = ErasureRequested.TOPIC

    class Executed(Event):
        """The customer was forgotten."""

        TOPIC = ErasureExecuted.TOPIC

    class Refused(Event):
        """The customer could not be forgotten."""

        TOPIC = ErasureRefused.TOPIC

    def request(self, data: ErasureRequested, by: By) -> None:
        """Note the request.

        Raises:
            AlreadyDecided: it was noted before.
        """
        _names_nobody(data)
        refuse_repeated(self.facts, asked=data, by=by)
        self.say(self.Requested, data, by=by)

    def execute(self, data: ErasureExecuted, by: By) -> None:
        """Declare the customer forgotten.

        Raises:
            AlreadyDecided: it was executed or refused before.
            NothingToDecide: it was never requested.
        """
        self._answer(self.Executed, data, by=by)

    def refuse(self, data: ErasureRefused, by: By) -> None:
        """Declare that the customer cannot be forgotten.

        Raises:
            AlreadyDecided: it was executed or refused before.
            NothingToDecide: it was never requested.
        """
        self._answer(self.Refused, data, by=by)

    def check_open(self, data: ErasureExecuted | ErasureRefused, by: By) -> None:
        """Raise what answering the request would raise now."""
        if not self.facts:
            wanted = f"erasure request {data.request_id}"
            raise NothingToDecide(asked=data.NAME, asked_by=by.actor, wanted=wanted)
        refuse_repeated(self.facts[1:], asked=data, by=by)

    def _answer(self, kind: type[Said], data: ErasureExecuted | ErasureRefused, *, by: By) -> None:
        _names_nobody(data)
        self.check_open(data, by)
        self.say(kind, data, by=by)


def _names_nobody(data: ErasureRequested | ErasureExecuted | ErasureRefused) -> None:
    if data.identifiers or data.parties:
        raise ValueError("what is kept of an erasure must name nobody")
