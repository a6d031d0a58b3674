"""Identity statements: who is who, as people or other systems say; the graph is a projection."""

from typing import Literal, Self

from pydantic import model_validator

from domain.events.checks import refusal
from domain.events.event import EventData
from domain.events.values import Id, Identifier, Role, Text
from domain.handles import Handle


class Pair(EventData):
    """A statement about two identifiers."""

    a: Identifier
    b: Identifier

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.a.handle == self.b.handle:
            raise refusal("needs two different identifiers")
        return self

    def stated(self) -> tuple[Handle, ...]:
        """Return (a, b)."""
        return self.a.handle, self.b.handle


class IdentityIdentifierLinked(Pair):
    """Two identifiers belong to one person."""

    TOPIC = "toldonce.identity.identifier_linked.v1"
    method: Literal["agent_confirmed", "self_asserted", "imported"]
    reason: Text | None = None


class IdentityIdentifierUnlinked(Pair):
    """Two identifiers no longer belong to one person."""

    TOPIC = "toldonce.identity.identifier_unlinked.v1"
    reason: Text


class IdentityCustomersMerged(EventData):
    """Two customers are one person."""

    TOPIC = "toldonce.identity.customers_merged.v1"
    merge_id: Id
    survivor: Identifier
    absorbed: Identifier
    actor: Text
    reason: Text

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.survivor.handle == self.absorbed.handle:
            raise refusal("needs two different identifiers")
        return self

    def stated(self) -> tuple[Handle, ...]:
        """Return (survivor, absorbed)."""
        return self.survivor.handle, self.absorbed.handle


class IdentityCustomersUnmerged(EventData):
    """One merge was wrong."""

    TOPIC = "toldonce.identity.customers_unmerged.v1"
    merge_id: Id
    actor: Text
    reason: Text


class IdentityMatchRejected(Pair):
    """Two identifiers do not belong to one person."""

    TOPIC = "toldonce.identity.match_rejected.v1"
    reason: Text


class IdentityRelationshipDeclared(EventData):
    """Two people belong together without being one."""

    TOPIC = "toldonce.identity.relationship_declared.v1"
    subject: Identifier
    object: Identifier
    role: Role

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.subject.handle == self.object.handle:
            raise refusal("needs two different identifiers")
        return self

    def stated(self) -> tuple[Handle, ...]:
        """Return (subject, object)."""
        return self.subject.handle, self.object.handle
