"""What the clock says of a promise that fell due.

Promise: said of one promise and due time it states the same, whoever says it and whenever, and it
leads to whoever the promise leads to, also after people were joined or parted.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.events import PromiseLapsed
from domain.events.values import Identifier
from domain.handles import Handle


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

    @property
    def overdue_from(self) -> datetime:
        """Return when it lapses: nothing that it names was first named by the lapse."""
        return max(self.made_at, self.due_at)


def lapse_of(due: Due) -> PromiseLapsed:
    """Return what is said of this promise once it is overdue."""
    # One identifier alone: two in one event would say once more that they belong together.
    named = {"identifiers": (_identifier(due.identifier),)} if due.identifier else {}
    return PromiseLapsed(
        promise_id=due.promise_id, due_at=due.due_at, **named, **dict(due.references)
    )


def _identifier(text: str) -> Identifier:
    handle = Handle.parse(text, is_kept=True)
    return Identifier(type=handle.type, value=handle.value, issuer=handle.issuer or None)
