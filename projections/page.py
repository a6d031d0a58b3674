"""What the runner hands to a view: new events by customer, or whole histories to fold anew.

A view is a unit, the package of its name: `view.py` folds, `tables.sql` has its tables, and what
is asked of these stands beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.event import Event, order_key
from domain.story import News

Events = Sequence[Event]
Load = Callable[[Collection[int]], list[Event]]


def nothing_older(positions: Collection[int]) -> list[Event]:
    """Return no event: what reads them is missing where nobody asks for any."""
    return []


@dataclass(frozen=True, slots=True)
class Page:
    """What changed up to `position`; the events of a customer are in the order of `order_key`.

    `events` are all new events, in position order, those that belong to nobody among them.
    `fresh` are the new events of customers that only gained events, which may be older ones that
    were nobody's before: `grown` are those customers. `replaced` are the whole histories of
    customers to fold anew, new events included; `gone` are customers that exist no more, and to
    those `known_otherwise` other identifiers lead than before.
    `histories` are the whole histories of other customers, for the view that asked for them.
    `news` is what the folds of all stories that the page changed noticed on the way, for a customer
    that was folded anew everything; the story view puts it there for the views that follow it in
    the catalog. `load` reads older events at positions.
    `is_first` says that no view has rows of anybody whom the page replaces: none stand in the way.
    """

    position: int
    events: Events = ()
    fresh: Mapping[UUID, Events] = field(default_factory=dict)
    grown: frozenset[UUID] = frozenset()
    replaced: Mapping[UUID, Events] = field(default_factory=dict)
    gone: frozenset[UUID] = frozenset()
    known_otherwise: frozenset[UUID] = frozenset()
    histories: dict[UUID, Events] = field(default_factory=dict)
    news: dict[UUID, News] = field(default_factory=dict)
    load: Load = nothing_older
    is_first: bool = False


class View(Protocol):
    """A projection by customer; `sql` creates its tables, and a change of it is a new version."""

    name: str
    sql: str

    def needs_history(self, page: Page, cursor: Cursor) -> set[UUID]:
        """Return the customers that the page does not replace and whose history is needed."""

    def apply(self, page: Page, cursor: Cursor) -> None:
        """Fold the page and write the outcome, in bulk, in the transaction of `cursor`."""

    def forget(self) -> None:
        """Drop what is remembered between pages: a transaction did not commit."""


def by_customer(
    events: Iterable[Event], owners: Mapping[int, Collection[UUID]]
) -> dict[UUID, Events]:
    """Return the events of each customer in order; `owners` tells whose a position is.

    Most events have one owner, some have none; a statement about two customers has both.
    """
    grouped: dict[UUID, list[Event]] = {}
    for event in events:
        for owner in owners.get(event.position, ()):
            grouped.setdefault(owner, []).append(event)
    return {
        owner: sorted(group, key=order_key) if len(group) > 1 else group
        for owner, group in grouped.items()
    }
