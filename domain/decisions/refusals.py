"""Why a decision is refused. The class docstring is the message; values are attributes.

Promise: a message names facts by type, time, actor, source and id, and never what they state.
"""

from __future__ import annotations

from typing import Self

from domain.decisions.decision import By, Facts, actor_of
from domain.event import Event
from domain.events import EventData

Asked = EventData | type[EventData]
"""What was asked, or of which kind it is while its words are not known yet."""


class DecisionRefused(Exception):
    """The decision is refused."""

    def __init__(self, **values: object) -> None:
        self.values = values
        template = " ".join((type(self).__doc__ or "").split())
        super().__init__(template.format(**values))


class _Contradicted(DecisionRefused):
    @classmethod
    def by_fact(cls, fact: Event, *, asked: Asked, by: By) -> Self:
        """Name what was decided before and what was asked now."""
        return cls(
            asked=asked.NAME,
            asked_by=by.actor,
            asked_at=by.at.isoformat(),
            fact=fact.name,
            at=fact.time.isoformat(),
            by=actor_of(fact),
            source=fact.source,
            id=fact.id,
        )


class AlreadyDecided(_Contradicted):
    """{asked} by {asked_by} is refused: {by} decided {fact} at {at} (event {id} of {source})."""


class DecidedLater(_Contradicted):
    """{asked} by {asked_by} at {asked_at} would change nothing: {by} said {fact} for {at}
    (event {id} of {source})."""


class NothingToDecide(DecisionRefused):
    """{asked} by {asked_by} is refused: there is no {wanted} that it could be about."""


class PersonErased(DecisionRefused):
    """The decision is refused: whom it concerns was erased."""


def refuse_repeated(facts: Facts, *, asked: Asked, by: By) -> None:
    """Raise AlreadyDecided if there are facts, naming the newest."""
    if facts:
        raise AlreadyDecided.by_fact(facts[-1], asked=asked, by=by)
