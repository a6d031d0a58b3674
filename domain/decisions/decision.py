"""A decision of ours as an aggregate: it begins undecided, and what it says are published facts.

Promise: an event of it and the fact that readers see are one and the same, each made from the other
without loss; ids and times come from whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple, Self
from uuid import UUID

from eventsourcing.domain import AggregateEvent, BaseAggregate

from domain.event import OUR_SOURCE, Event
from domain.events import EventData

# CloudEvents' own name for who caused an event; `data` has room for it only in some types.
ACTOR = "authid"
_NOT_YET = datetime(1, 1, 1, tzinfo=UTC)


# Decisions have a class `Event` of their own.
Facts = Sequence[Event]


class By(NamedTuple):
    """Who decides, and when."""

    actor: str
    at: datetime


class Decided(NamedTuple):
    """The fact that a decision became, and its position in the log; None in a rehearsal."""

    fact: Event
    position: int | None


@dataclass(frozen=True)
class Said(AggregateEvent):
    """What a decision says; each subclass stands for one type of published event, by its topic."""

    TOPIC = "toldonce.decisions.said.v1"
    DECISION: ClassVar[type[Decision]]
    """The decision that it belongs to."""

    data: EventData
    actor: str

    @property
    def fact(self) -> Event:
        """The event as published; its id is its place in the decision."""
        return Event.of(
            self.data,
            id=f"{self.originator_id}:{self.originator_version}",
            source=OUR_SOURCE,
            time=self.timestamp,
        )._replace(extensions={ACTOR: self.actor})

    def mutate(self, aggregate: Any) -> Any:
        """Take the decision one step further; the first step finds it undecided."""
        if aggregate is None:
            aggregate = self.DECISION.undecided(self.originator_id)
        return super().mutate(aggregate)

    def apply(self, aggregate: Decision) -> None:
        """Keep what was said."""
        aggregate.facts.append(self.fact)


class Decision(BaseAggregate[UUID]):
    """Something that is decided step by step; `facts` are the steps, oldest first.

    A subclass has its events nested in it, which all derive from its own `Event`.
    """

    TOPIC = "toldonce.decisions.decision.v1"

    facts: list[Event]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        event: type[Said] = cls.__dict__["Event"]
        event.DECISION = cls

    @classmethod
    def undecided(cls, id: UUID) -> Self:
        """Return the decision before anything was said; its first event has version 1."""
        decision = cls.__new__(cls)
        decision.__base_init__(id, 0, _NOT_YET)
        decision.facts = []
        return decision

    def say(self, kind: type[Said], data: EventData, *, by: By) -> None:
        """Say it; saving makes it a fact."""
        self.trigger_event(kind, data=data, actor=by.actor, timestamp=by.at)


def actor_of(event: Event) -> str:
    """Return who said something: the person where the event names one, else the system."""
    named = getattr(event.data, "actor", None) or event.extensions.get(ACTOR)
    return str(named or event.source)
