"""The parts of the identity graph: identifiers, what joins them, merges, and references.

They are mutable and compare by identity: one graph holds one object for each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from domain.event import OrderKey
from domain.handles import Handle

NEVER: OrderKey = (2**63 - 1, "", 0, "", 0, "")
"""Later than any event: the first time of what no event states that counts."""

Verdict = Literal["linked", "unlinked", "rejected"]


def belong_together(
    last_seen: OrderKey | None, *, said: Verdict | None, said_key: OrderKey | None
) -> bool:
    """Tell whether two identifiers belong together: what people said comes before what was seen."""
    if said is not None and said != "unlinked":
        return said == "linked"
    if last_seen is None:
        return False
    # What was unlinked may be seen together again later.
    return said_key is None or last_seen > said_key


@dataclass(slots=True, eq=False)
class Node:
    """An identifier. `customer` is whose it is; None while it is shared by several customers.

    One that only retracted events name was first stated `NEVER` and is nobody's.
    `is_complete` says whether all its edges and merges are in memory, not only in the tables;
    `is_kept`, here and below, whether the tables have a row of it.
    """

    id: UUID
    handle: Handle
    rank: int
    first_key: OrderKey
    customer: UUID | None = None
    is_shared: bool = False
    is_verified: bool = False
    is_complete: bool = True
    is_kept: bool = False
    edges: dict[Node, Edge] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()
    introduced: list[Reference] = field(default_factory=list)

    @property
    def is_stated(self) -> bool:
        """Whether an event that counts names it."""
        return self.first_key is not NEVER

    @property
    def joined(self) -> set[Node]:
        """The identifiers that this one was seen, said or merged with; itself where merged."""
        merged = {other for merge in self.merges for other in merge.pair or ()}
        return merged | self.edges.keys()


@dataclass(slots=True, eq=False)
class Edge:
    """Two identifiers that were seen together, or that somebody said something about.

    `last_seen` is None when they were only spoken of; the newest statement about them stands. The
    tables keep the last time only of pairs that were spoken of: for others the first is enough.
    """

    one: Node
    other: Node
    first_position: int
    first_key: OrderKey
    last_seen: OrderKey | None = None
    said: Verdict | None = None
    said_key: OrderKey | None = None
    is_kept: bool = False

    @property
    def is_forced(self) -> bool:
        """Whether somebody said that the two belong together."""
        return self.said == "linked"

    @property
    def is_alive(self) -> bool:
        """Whether the two belong together, as seen or as said."""
        return belong_together(self.last_seen, said=self.said, said_key=self.said_key)

    def see(self, position: int, key: OrderKey) -> bool:
        """Note that the two were seen together; return whether that is worth keeping."""
        is_news = self.last_seen is None or (self.said is not None and key > self.last_seen)
        is_earlier = key < self.first_key or position < self.first_position
        self.last_seen = key if self.last_seen is None else max(key, self.last_seen)
        self.first_key = min(key, self.first_key)
        self.first_position = min(position, self.first_position)
        return is_news or is_earlier

    def say(self, verdict: Verdict, key: OrderKey, *, position: int) -> None:
        """Note what was said about the two, unless something newer was said already."""
        self.first_key = min(key, self.first_key)
        self.first_position = min(position, self.first_position)
        if self.said_key is None or key >= self.said_key:
            self.said, self.said_key = verdict, key


@dataclass(slots=True, eq=False)
class Merge:
    """Two customers that somebody declared to be one, by an identifier of each."""

    merge_id: str
    id: UUID
    pair: tuple[Node, Node] | None = None
    made: OrderKey | None = None
    is_undone: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether it was made and not undone."""
        return self.pair is not None and not self.is_undone

    def join(self, pair: tuple[Node, Node]) -> None:
        """Let it be about these two."""
        self.pair = pair
        for node in pair:
            node.merges = (*node.merges, self)

    def part(self) -> None:
        """Let it be about nobody."""
        for node in self.pair or ():
            node.merges = tuple([merge for merge in node.merges if merge is not self])
        self.pair = None


@dataclass(slots=True, eq=False)
class Reference:
    """The id of a thing. It belongs to the customer of `owner`, the identifier that introduced it.

    `introduced` are the identifiers it was named with, `beside` the references that it was named
    with where no identifier was; each with the earliest time.
    """

    id: UUID
    handle: Handle
    owner: Node | None = None
    is_complete: bool = True
    is_kept: bool = False
    introduced: dict[Node, OrderKey] = field(default_factory=dict)
    beside: dict[Reference, OrderKey] = field(default_factory=dict)

    @property
    def introducers(self) -> list[tuple[OrderKey, Node]]:
        """The identifiers that are somebody's and that this was named with, each with its time."""
        return [(key, node) for node, key in self.introduced.items() if node.customer is not None]
