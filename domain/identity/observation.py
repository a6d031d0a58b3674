"""What one event says about who somebody is, without anything else that it says.

Promise: parties of an event (patient, payer, household) never identify its customer.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from domain.event import Event, OrderKey, order_key
from domain.events.identity import (
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
    IdentityIdentifierLinked,
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
    IdentityRelationshipDeclared,
)
from domain.handles import Handle, handles_of

StatementKind = Literal["linked", "unlinked", "rejected", "merged", "unmerged", "related"]

_RANKS = {"email": 1, "phone": 2}
_KINDS: dict[type, StatementKind] = {
    IdentityIdentifierLinked: "linked",
    IdentityIdentifierUnlinked: "unlinked",
    IdentityMatchRejected: "rejected",
    IdentityCustomersMerged: "merged",
    IdentityCustomersUnmerged: "unmerged",
    IdentityRelationshipDeclared: "related",
}


def rank(handle: Handle) -> int:
    """Return how well an identifier identifies: 0 strong, 1 e-mail, 2 telephone."""
    return _RANKS.get(handle.type, 0)


def merge_handle(merge_id: str) -> Handle:
    """Return the handle of a merge: nobody looks one up, but what undoes it waits under it."""
    return Handle("merge", merge_id)


class Statement(NamedTuple):
    """What somebody said about two identifiers, or about a merge that went before."""

    kind: StatementKind
    pair: tuple[Handle, ...] = ()
    merge_id: str = ""


class Observation(NamedTuple):
    """The identifiers, references and statement of one event.

    `anchors` are its identifiers of the best rank, `attached` those of lower ranks; `verified` are
    those that somebody checked.
    """

    position: int
    key: OrderKey
    anchors: tuple[Handle, ...] = ()
    attached: tuple[Handle, ...] = ()
    references: tuple[Handle, ...] = ()
    statement: Statement | None = None
    verified: frozenset[Handle] = frozenset()

    @property
    def named(self) -> tuple[Handle, ...]:
        """Every handle by which it can become somebody's; a merge is one of them."""
        said = self.statement
        if said is None:
            return (*self.anchors, *self.attached, *self.references)
        return (*said.pair, merge_handle(said.merge_id)) if said.merge_id else said.pair

    @property
    def is_violation(self) -> bool:
        """Whether it names two values of one type and issuer, which never are one person."""
        kinds = [(handle.type, handle.issuer) for handle in self.anchors]
        return len(set(kinds)) < len(kinds)


def distill(event: Event) -> Observation:
    """Return what an event says about who somebody is."""
    found = handles_of(event.data)
    key = order_key(event)
    kind = _KINDS.get(type(event.data))
    if kind is not None:
        merge_id = getattr(event.data, "merge_id", "")
        return Observation(event.position, key, statement=Statement(kind, found.stated, merge_id))
    people = found.strong + found.weak
    if not people:
        return Observation(event.position, key, references=found.references)
    best = min(map(rank, people))
    return Observation(
        event.position,
        key,
        anchors=tuple(handle for handle in people if rank(handle) == best),
        attached=tuple(handle for handle in people if rank(handle) != best),
        references=found.references,
        verified=frozenset(one.handle for one in event.data.identifiers if one.verified),
    )
