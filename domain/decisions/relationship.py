"""What one customer is to another, as people declare it; the newest declaration stands."""

from __future__ import annotations

from domain.decisions.decision import By, Decision, Facts, Said
from domain.decisions.refusals import AlreadyDecided, DecidedLater
from domain.event import order_key
from domain.events import IdentityRelationshipDeclared
from domain.handles import Handle


def relationship_handle(subject: Handle, object: Handle) -> Handle:
    """Return the handle of what the one is to the other; nobody looks one up."""
    # No identifier holds a NUL, so no two pairs read alike.
    return Handle("relationship", f"{subject}\0{object}")


class Relationship(Decision):
    """Two identifiers, in their order, and what the one was declared to be to the other."""

    TOPIC = "toldonce.decisions.relationship.v1"

    class Event(Said):
        """Something is said about what the one is to the other."""

        TOPIC = "toldonce.decisions.relationship_said.v1"

    class Declared(Event):
        """The one is this to the other."""

        TOPIC = IdentityRelationshipDeclared.TOPIC

    def declare(self, data: IdentityRelationshipDeclared, by: By, *, published: Facts) -> None:
        """Declare it, unless it is what stands.

        Raises:
            AlreadyDecided: the newest declaration says the same.
            DecidedLater: the newest declaration is of a later time, and would stand.
        """
        newest = max((*self.facts, *published), key=order_key, default=None)
        if newest is not None and newest.time > by.at:
            raise DecidedLater.by_fact(newest, asked=data, by=by)
        if newest is not None and getattr(newest.data, "role", None) == data.role:
            raise AlreadyDecided.by_fact(newest, asked=data, by=by)
        self.say(Relationship.Declared, data, by=by)
