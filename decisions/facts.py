"""A decision's event is stored as the fact that it publishes: a CloudEvent of the contract.

Projections read it like every other fact; a decision is built again from nothing else.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import resolve_topic

from decisions.errors import NotAFact
from domain.decisions.decision import ACTOR, Said
from domain.decode import Accepted, decode, encode, restore


class FactMapper(Mapper[UUID]):
    """Turns what a decision says into the stored fact, and back."""

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """Return the fact as stored.

        Raises:
            NotAFact: the contract would not take it from anybody.
        """
        if not isinstance(domain_event, Said):
            raise NotAFact(reason="it is not said by a decision")
        fact = domain_event.fact
        decoded = decode(encode(fact), now=fact.time)
        if not isinstance(decoded, Accepted):
            problem = decoded.problems[0]
            raise NotAFact(reason=f"{problem.pointer} {problem.reason}")
        return StoredEvent(
            domain_event.originator_id, domain_event.originator_version, fact.type, decoded.body
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Return what the decision said."""
        said: type[Said] = resolve_topic(stored_event.topic)
        fact = restore(stored_event.state)
        return said(
            originator_id=_id_of(stored_event),
            originator_version=stored_event.originator_version,
            timestamp=fact.time,
            data=fact.data,
            actor=str(fact.extensions[ACTOR]),
        )


def _id_of(stored_event: StoredEvent) -> UUID:
    found = stored_event.originator_id
    return found if isinstance(found, UUID) else UUID(found)
