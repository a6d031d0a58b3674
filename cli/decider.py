"""Decisions on what the views know: what others published about the same thing is handed in.

Commands and HTTP decide by it alike; a rehearsal is refused like the real thing and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from decisions.decisions import Decisions
from domain.decisions import By, Decided, Statement
from domain.events import (
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
    IdentityIdentifierLinked,
    IdentityIdentifierUnlinked,
    IdentityRelationshipDeclared,
)
from projections.queries import Views
from readers.deciding import Decidable


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides about identities."""

    views: Views
    decisions: Decisions

    def decide(self, data: Decidable, by: By) -> Decided:
        """Decide, or raise DecisionRefused."""
        match data:
            case IdentityCustomersMerged():
                said = self.views.said_of_merge(data.merge_id)
                return self.decisions.merge(data, by, published=said)
            case IdentityCustomersUnmerged():
                said = self.views.said_of_merge(data.merge_id)
                return self.decisions.unmerge(data, by, published=said)
            case IdentityRelationshipDeclared():
                said = self.views.said_of_relationship(data.subject.handle, data.object.handle)
                return self.decisions.relate(data, by, published=said)
            case _:
                return self._state(data, by)

    def _state(self, data: Statement, by: By) -> Decided:
        said = self.views.said_of_pair(data.a.handle, data.b.handle)
        match data:
            case IdentityIdentifierLinked():
                return self.decisions.link(data, by, said=said)
            case IdentityIdentifierUnlinked():
                return self.decisions.unlink(data, by, said=said)
            case _:
                return self.decisions.reject(data, by, said=said)
