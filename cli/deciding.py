"""Deciding from the command line: who decides, about whom, for real or as a rehearsal.

Commands and previews take the same way; a preview only has decisions that write nothing.
"""

from __future__ import annotations

import getpass
import os
from typing import TypeVar
from uuid import UUID, uuid4

import typer
from pydantic import ValidationError

from cli.commands.options import read
from cli.decider import Decider
from cli.wiring import Installation, now
from decisions.decisions import Decisions
from domain.decisions import By, Decided, NothingToDecide
from domain.decisions.refusals import refuse_repeated
from domain.events import (
    ErasureExecuted,
    ErasureRequested,
    EventData,
    IdentityCustomersMerged,
)
from domain.events.values import Identifier
from domain.handles import Handle
from domain.problems import problems_of
from projections.identity.erasing import Erasable
from readers.asked import identifier_in
from readers.deciding import Decidable, one_customer

Data = TypeVar("Data", bound=EventData)


class Deciding:
    """One decision by one person, on views that stand at the head of the log."""

    def __init__(self, parts: Installation, *, actor: str | None, is_preview: bool) -> None:
        self.is_preview = is_preview
        self.by = By(acting(parts, actor), now())
        self.views = parts.current_views()
        self._decisions: Decisions = parts.rehearsal if is_preview else parts.decisions

    def decide(self, data: Decidable) -> Decided:
        """Say something about two identifiers, two customers or a merge."""
        return Decider(self.views, self._decisions).decide(data, self.by)

    def check_unmerged(self, merge_id: str) -> None:
        """Say at once that an id stands for a merge already, before two customers are looked for.

        Raises:
            AlreadyDecided: it does, undone or not.
        """
        known = (*self.views.said_of_merge(merge_id), *self._decisions.merged(merge_id).facts)
        refuse_repeated(known, asked=IdentityCustomersMerged, by=self.by)

    def is_requested(self, request_id: str) -> bool:
        """Say whether an erasure was requested under this id.

        Raises:
            AlreadyDecided: it was answered, too.
        """
        erasure = self._decisions.erasure(request_id)
        if erasure.facts:
            erasure.check_open(stated(ErasureExecuted, request_id=request_id), self.by)
        return bool(erasure.facts)

    def request_erasure(self, request_id: str, *, reason: str) -> Decided:
        """Note that a customer asked to be forgotten."""
        data = stated(ErasureRequested, request_id=request_id, reason=reason)
        return self._decisions.request_erasure(data, self.by)

    def erase(self, found: Erasable, *, request_id: str) -> Decided:
        """Forget a customer who asked for it."""
        data = stated(ErasureExecuted, request_id=request_id)
        return self._decisions.execute_erasure(data, self.by, streams=found.streams)

    def two_customers(self, survivor: str, absorbed: str) -> tuple[Identifier, Identifier]:
        """Return an identifier of each of two customers.

        Raises:
            NothingToDecide: they are one customer already.
        """
        one, survivor_by = self.customer(survivor, "SURVIVOR")
        other, absorbed_by = self.customer(absorbed, "ABSORBED")
        if one == other:
            asked, wanted = IdentityCustomersMerged.NAME, "second customer"
            raise NothingToDecide(asked=asked, asked_by=self.by.actor, wanted=wanted)
        return of_handle(survivor_by), of_handle(absorbed_by)

    def customer(self, text: str, name: str) -> tuple[UUID, Handle]:
        """Return the one customer that an argument names, and by which identifier.

        That is the identifier given, or where it is something else, the customer's best one.
        """
        return read(lambda asked: one_customer(identifier_in(asked), self.views), text, name)


def acting(parts: Installation, actor: str | None) -> str:
    """Return who decides: as said, else as the settings say, else the account."""
    return actor or parts.settings.actor or _account()


def stated(kind: type[Data], **members: object) -> Data:
    """Return what is to be decided; what the contract does not take is a usage error."""
    try:
        return kind.model_validate(members)
    except ValidationError as error:
        problem = problems_of(error)[0]
        said = f"{problem.pointer.lstrip('/') or 'it'} {problem.reason}"
        raise typer.BadParameter(said) from None


def identifier(text: str, name: str) -> Identifier:
    """Read an argument that must be an identifier, known or not."""
    found = read(identifier_in, text, name)
    if isinstance(found, UUID) or not found.is_identifier:
        raise typer.BadParameter("must be an identifier, such as phone:+1…", param_hint=name)
    return of_handle(found)


def of_handle(handle: Handle) -> Identifier:
    """Return the identifier that a handle stands for."""
    return Identifier.model_validate(
        {"type": handle.type, "value": handle.value, "issuer": handle.issuer or None}
    )


def new_id() -> str:
    """Return an id for what was given none."""
    return str(uuid4())


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container's user need not have a name.
        return f"uid {os.getuid()}"
