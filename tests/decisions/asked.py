"""What tests ask to be decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.decisions import By
from domain.events import (
    ErasureExecuted,
    ErasureRequested,
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
    IdentityIdentifierLinked,
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
    IdentityRelationshipDeclared,
    PromiseLapsed,
)
from domain.events.values import Identifier, Role

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = Identifier(type="account_no", value="7731")
OTHER = Identifier(type="email", value="ann@x.example")


def by(actor: str = "a1", *, minutes: int = 0) -> By:
    """Return who decides, some minutes after noon."""
    return By(actor, NOON + timedelta(minutes=minutes))


def merged(merge_id: str = "m-1", *, actor: str = "a1") -> IdentityCustomersMerged:
    """Return that the two are one customer."""
    return IdentityCustomersMerged(
        merge_id=merge_id, survivor=ONE, absorbed=OTHER, actor=actor, reason="same person"
    )


def unmerged(merge_id: str = "m-1", *, actor: str = "a1") -> IdentityCustomersUnmerged:
    """Return that the merge was wrong."""
    return IdentityCustomersUnmerged(merge_id=merge_id, actor=actor, reason="other person")


def linked(one: Identifier = ONE, other: Identifier = OTHER) -> IdentityIdentifierLinked:
    """Return that the two belong together."""
    return IdentityIdentifierLinked(a=one, b=other, method="agent_confirmed")


def unlinked() -> IdentityIdentifierUnlinked:
    """Return that the two no longer belong together."""
    return IdentityIdentifierUnlinked(a=ONE, b=OTHER, reason="sold")


def rejected() -> IdentityMatchRejected:
    """Return that the two do not belong together."""
    return IdentityMatchRejected(a=ONE, b=OTHER, reason="other person")


def related(role: Role = "household", *, subject: Identifier = ONE) -> IdentityRelationshipDeclared:
    """Return what one of the two is to the other."""
    object = OTHER if subject == ONE else ONE
    return IdentityRelationshipDeclared(subject=subject, object=object, role=role)


def requested(request_id: str = "r-1") -> ErasureRequested:
    """Return that somebody asked to be forgotten."""
    return ErasureRequested(request_id=request_id, reason="asked")


def executed(request_id: str = "r-1") -> ErasureExecuted:
    """Return that somebody was forgotten."""
    return ErasureExecuted(request_id=request_id)


def lapsed(due_at: datetime = NOON) -> PromiseLapsed:
    """Return that the promise's time has passed."""
    return PromiseLapsed(promise_id="P-1", due_at=due_at)
