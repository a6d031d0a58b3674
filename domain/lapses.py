"""The fact that a promise's time passed: what the clock says of a promise that fell due.

Promise: said of one promise and due time it is the same fact, whoever says it and whenever, and it
leads to whoever the promise leads to, also after people were joined or parted.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.event import Event
from domain.events import PromiseLapsed
from domain.events.values import Identifier
from domain.handles import Handle

CLOCK = "urn:toldonce:clock"
"""The source of what our clock says."""


@dataclass(frozen=True, slots=True)
class Due:
    """A promise that nobody fulfilled or settled, and when it falls due.

    `identifier` and `references` are those of the event that introduced it at `made_at`: two
    customers may have promises of one id, and these tell them apart.
    """

    customer_id: UUID
    promise_id: str
    made_at: datetime
    due_at: datetime
    identifier: str | None = None
    references: tuple[tuple[str, str], ...] = ()


def lapse_of(due: Due) -> Event:
    """Return the fact that this promise lapsed, at the moment from which it was overdue."""
    # One identifier alone: two in one event would say once more that they belong together.
    named = {"identifiers": (_identifier(due.identifier),)} if due.identifier else {}
    data = PromiseLapsed(
        promise_id=due.promise_id, due_at=due.due_at, **named, **dict(due.references)
    )
    # Nothing that the event names was first named by it: who a customer is does not change.
    return Event.of(data, id=str(_id(due)), source=CLOCK, time=max(due.made_at, due.due_at))


def _identifier(text: str) -> Identifier:
    handle = Handle.parse(text, is_kept=True)
    return Identifier(type=handle.type, value=handle.value, issuer=handle.issuer or None)


def _id(due: Due) -> UUID:
    at = due.due_at.astimezone(UTC).isoformat()
    return uuid5(NAMESPACE_URL, repr((CLOCK, due.identifier, due.references, due.promise_id, at)))
