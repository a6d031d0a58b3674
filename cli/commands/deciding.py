"""`toldonce link`, `relate`, `merge`, `unmerge` and `erase`: what this system itself decides.

Each becomes one fact in the log, or is refused with what was decided before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.options import Actor, AsJson, Identifier, Reason

if TYPE_CHECKING:
    from cli.deciding import Deciding
    from domain.decisions import Decided
    from projections.identity.erasing import Erasable

Preview = Annotated[
    bool, typer.Option("--preview", help="Say what would change, and change nothing.")
]
Unlink = Annotated[bool, typer.Option("--unlink", help="They no longer belong together.")]
Reject = Annotated[bool, typer.Option("--reject", help="They are two people's.")]
Role = Annotated[
    str,
    typer.Option(
        "--role",
        metavar="ROLE",
        help="What A is to B: owner_of, household, patient_of or works_for.",
    ),
]
MergeId = Annotated[
    str | None, typer.Option("--merge-id", metavar="ID", help="Its id; default: a new one.")
]
RequestId = Annotated[
    str | None,
    typer.Option("--request-id", metavar="ID", help="The request's id; default: a new one."),
]


def link(
    a: Annotated[str, typer.Argument(metavar="A")],
    b: Annotated[str, typer.Argument(metavar="B")],
    reason: Reason,
    is_unlink: Unlink = False,
    is_reject: Reject = False,
    actor: Actor = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Say that two identifiers belong to one person, or that they do not."""
    from cli.deciding import identifier, stated
    from domain.events import (
        IdentityIdentifierLinked,
        IdentityIdentifierUnlinked,
        IdentityMatchRejected,
    )

    if is_unlink and is_reject:
        raise typer.BadParameter("goes without --reject", param_hint="--unlink")
    pair = {"a": identifier(a, "A"), "b": identifier(b, "B"), "reason": reason}
    data: IdentityIdentifierLinked | IdentityIdentifierUnlinked | IdentityMatchRejected
    if is_unlink:
        data = stated(IdentityIdentifierUnlinked, **pair)
    elif is_reject:
        data = stated(IdentityMatchRejected, **pair)
    else:
        data = stated(IdentityIdentifierLinked, **pair, method="agent_confirmed")
    with _deciding(actor, preview) as deciding:
        _tell(deciding, deciding.decide(data), as_json=as_json)


def relate(
    a: Annotated[str, typer.Argument(metavar="A")],
    b: Annotated[str, typer.Argument(metavar="B")],
    role: Role,
    actor: Actor = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Say what one customer is to another, each by an identifier; both stay who they are."""
    from cli.deciding import identifier, stated
    from domain.events import IdentityRelationshipDeclared

    subject, object = identifier(a, "A"), identifier(b, "B")
    data = stated(IdentityRelationshipDeclared, subject=subject, object=object, role=role)
    with _deciding(actor, preview) as deciding:
        _tell(deciding, deciding.decide(data), as_json=as_json)


def merge(
    survivor: Annotated[str, typer.Argument(metavar="SURVIVOR")],
    absorbed: Annotated[str, typer.Argument(metavar="ABSORBED")],
    reason: Reason,
    merge_id: MergeId = None,
    actor: Actor = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Say that two customers are one; nothing of either is changed, and it can be undone."""
    from cli.deciding import new_id, stated
    from domain.events import IdentityCustomersMerged

    with _deciding(actor, preview) as deciding:
        if merge_id is not None:
            deciding.check_unmerged(merge_id)
        one, other = deciding.two_customers(survivor, absorbed)
        data = stated(
            IdentityCustomersMerged,
            merge_id=merge_id or new_id(),
            survivor=one,
            absorbed=other,
            actor=deciding.by.actor,
            reason=reason,
        )
        _tell(deciding, deciding.decide(data), as_json=as_json)


def unmerge(
    merge_id: Annotated[str, typer.Argument(metavar="MERGE_ID")],
    reason: Reason,
    actor: Actor = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Undo exactly one merge, whoever made it."""
    from cli.deciding import stated
    from domain.events import IdentityCustomersUnmerged

    with _deciding(actor, preview) as deciding:
        actor = deciding.by.actor
        data = stated(IdentityCustomersUnmerged, merge_id=merge_id, actor=actor, reason=reason)
        _tell(deciding, deciding.decide(data), as_json=as_json)


def erase(
    identifier: Identifier,
    reason: Reason,
    request_id: RequestId = None,
    actor: Actor = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Forget a customer for ever: the keys of what only they said are destroyed.

    What others are filed under too stays readable. The reason is kept: name nobody in it.
    """
    from cli.deciding import new_id

    request_id = request_id or new_id()
    with _deciding(actor, preview) as deciding:
        is_requested = deciding.is_requested(request_id)
        customer_id, _ = deciding.customer(identifier, "IDENTIFIER")
        found = deciding.views.erasable(customer_id)
        if not is_requested:
            deciding.request_erasure(request_id, reason=reason)
        decided = None if preview else deciding.erase(found, request_id=request_id)
        _tell_erasure(found, decided, as_json=as_json)


@contextmanager
def _deciding(actor: str | None, is_preview: bool) -> Iterator[Deciding]:
    """Give what decides; afterwards the views are brought up to what was decided."""
    from cli.deciding import Deciding
    from cli.wiring import installation

    with installation() as parts:
        yield Deciding(parts, actor=actor, is_preview=is_preview)
        if not is_preview:
            parts.current_views()


def _tell(deciding: Deciding, decided: Decided, *, as_json: bool) -> None:
    from cli.render.decisions import decided_line, what_if_sheet
    from cli.render.output import print_json
    from cli.render.sheet import show
    from readers.shapes.decided import decided_json, what_if_json

    if not deciding.is_preview:
        made = decided_json(decided)
        print_json({"preview": False, "decided": made}) if as_json else show(decided_line(decided))
        return
    found = deciding.views.what_if(decided.fact)
    if as_json:
        print_json({"preview": True, "change": what_if_json(found)})
    else:
        show(what_if_sheet(found))


def _tell_erasure(found: Erasable, decided: Decided | None, *, as_json: bool) -> None:
    from cli.render.decisions import erasure_sheet
    from cli.render.output import print_json
    from cli.render.sheet import show
    from readers.shapes.decided import decided_json, erasable_json

    if as_json:
        made = {} if decided is None else {"decided": decided_json(decided)}
        print_json({"preview": decided is None, **made, "erasure": erasable_json(found)})
    else:
        show(erasure_sheet(found, decided))
