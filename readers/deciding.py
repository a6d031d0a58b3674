"""What is to be decided over HTTP, read from bodies: facts as they would be published.

A reason never repeats what was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.decisions import By, Decided, Statement
from domain.events import (
    EventData,
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
    IdentityIdentifierLinked,
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
    IdentityRelationshipDeclared,
)
from domain.events.values import Identifier, Role
from domain.handles import Handle
from domain.problems import problems_of
from projections.queries import Views
from readers.asked import NotReadable, identifier_in
from readers.problems import ParameterInvalid

Decidable = (
    Statement | IdentityCustomersMerged | IdentityCustomersUnmerged | IdentityRelationshipDeclared
)
Decide = Callable[[Decidable, By], Decided]
"""Decides, or raises DecisionRefused."""

Data = TypeVar("Data", bound=EventData)

TEXT_CHARS_MAX = 1_024
Text = Annotated[str, Field(min_length=1, max_length=TEXT_CHARS_MAX)]
Named = Annotated[
    str,
    Field(min_length=1, max_length=TEXT_CHARS_MAX, description="An identifier, as type:value."),
]
Actor = Annotated[
    str, Field(min_length=1, max_length=256, description="Who decides; it is kept with the fact.")
]
Why = Annotated[
    str,
    Field(min_length=1, max_length=TEXT_CHARS_MAX, description="It is kept: name nobody in it."),
]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Link(_Body):
    """That two identifiers belong to one person, no longer do, or never did."""

    a: Named
    b: Named
    statement: Literal["linked", "unlinked", "rejected"] = "linked"
    reason: Why
    actor: Actor


class Relate(_Body):
    """What one customer is to another, each named by an identifier; it joins nobody."""

    subject: Named
    object: Named
    role: Role
    actor: Actor


class Merge(_Body):
    """That two customers are one; each is named by anything that leads to it alone."""

    survivor: Text
    absorbed: Text
    reason: Why
    actor: Actor
    merge_id: Annotated[str, Field(min_length=1, max_length=128)] | None = Field(
        None, description="Its id; without it, a new one."
    )


class Unmerge(_Body):
    """That a merge was wrong, whoever made it."""

    merge_id: Annotated[str, Field(min_length=1, max_length=128)]
    reason: Why
    actor: Actor


def statement_of(body: Link) -> Statement:
    """Return the statement about two identifiers, known or not."""
    pair = {"a": _identifier(body.a, "a"), "b": _identifier(body.b, "b"), "reason": body.reason}
    if body.statement == "linked":
        return _stated(IdentityIdentifierLinked, **pair, method="agent_confirmed")
    if body.statement == "unlinked":
        return _stated(IdentityIdentifierUnlinked, **pair)
    return _stated(IdentityMatchRejected, **pair)


def relationship_of(body: Relate) -> IdentityRelationshipDeclared:
    """Return the declaration of what one is to another, known or not."""
    subject, object = _identifier(body.subject, "subject"), _identifier(body.object, "object")
    return _stated(IdentityRelationshipDeclared, subject=subject, object=object, role=body.role)


def merge_of(body: Merge, views: Views) -> tuple[IdentityCustomersMerged, bool]:
    """Return the merge of two customers, and whether they are two."""
    one, survivor = _customer(body.survivor, "survivor", views=views)
    other, absorbed = _customer(body.absorbed, "absorbed", views=views)
    merge = _stated(
        IdentityCustomersMerged,
        merge_id=body.merge_id or str(uuid4()),
        survivor=_of(survivor),
        absorbed=_of(absorbed),
        actor=body.actor,
        reason=body.reason,
    )
    return merge, one != other


def unmerge_of(body: Unmerge) -> IdentityCustomersUnmerged:
    """Return the undoing of a merge."""
    return _stated(IdentityCustomersUnmerged, **body.model_dump())


def one_customer(asked: Handle | UUID, views: Views) -> tuple[UUID, Handle]:
    """Return the one customer that something names, and by which identifier.

    That is the identifier given, or where it is something else, the customer's best one.

    Raises:
        NotReadable: it names nobody, or several.
    """
    found = views.look_up(asked)
    if found.customer_id is None or not found.match.identifiers:
        raise NotReadable(f"names {found.match.candidates or 'no'} customers; it must name one")
    if isinstance(asked, Handle) and asked.is_identifier:
        return found.customer_id, asked
    return found.customer_id, found.match.identifiers[0].handle


def _customer(text: str, name: str, *, views: Views) -> tuple[UUID, Handle]:
    try:
        return one_customer(identifier_in(text), views)
    except NotReadable as error:
        raise ParameterInvalid(name, str(error)) from None


def _identifier(text: str, name: str) -> Identifier:
    try:
        found = identifier_in(text)
    except NotReadable as error:
        raise ParameterInvalid(name, str(error)) from None
    if isinstance(found, UUID) or not found.is_identifier:
        raise ParameterInvalid(name, "must be an identifier, such as phone:+1…")
    return _of(found)


def _of(handle: Handle) -> Identifier:
    members = {"type": handle.type, "value": handle.value, "issuer": handle.issuer or None}
    return Identifier.model_validate(members)


def _stated(kind: type[Data], **members: object) -> Data:
    """Return what is to be decided, by the contract's own rules."""
    try:
        return kind.model_validate(members)
    except ValidationError as error:
        first = problems_of(error)[0]
        name = first.pointer.strip("/").split("/")[0] or "body"
        raise ParameterInvalid(name, first.reason) from None
