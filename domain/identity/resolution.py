"""The identity of everybody from scratch: the reference that the incremental view must equal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.handles import Handle
from domain.identity import placing
from domain.identity.graph import Graph
from domain.identity.match import KnownIdentifier, Match
from domain.identity.nodes import Node
from domain.identity.observation import Observation


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whose each position is (nobody's: an empty tuple), and the graph that says so."""

    owners: Mapping[int, tuple[UUID, ...]]
    graph: Graph

    def customer(self, handle: Handle) -> UUID | None:
        """Return the customer that an identifier or reference leads to."""
        if handle in self.graph.nodes:
            return self.graph.nodes[handle].customer
        reference = self.graph.references.get(handle)
        return reference.owner.customer if reference and reference.owner else None

    def match(self, handle: Handle) -> Match:
        """Return how surely a handle names a customer."""
        node = self.graph.nodes.get(handle)
        if node is not None and node.is_shared:
            return Match("maybe", (handle,), len(candidates(node)))
        customer = self.customer(handle)
        if customer is None:
            return Match("unknown", (handle,))
        return Match("known", (handle,), 1, self.identifiers(customer))

    def identifiers(self, customer: UUID) -> tuple[KnownIdentifier, ...]:
        """Return the identifiers of a customer, best first."""
        mine = [node for node in self.graph.nodes.values() if node.customer == customer]
        return tuple(
            KnownIdentifier(node.handle, node.is_verified) for node in sorted(mine, key=_listing)
        )


def resolve(observations: Iterable[Observation], node_of: Callable[[Handle], UUID]) -> Resolution:
    """Return whose every event is, from all that was ever observed."""
    seen = list(observations)
    graph = Graph(node_of)
    for observation in seen:
        graph.add(observation)
    graph.settle()
    return Resolution({one.position: placing.owners(one, graph) for one in seen}, graph)


def candidates(node: Node) -> set[UUID]:
    """Return the customers that a shared identifier may belong to."""
    better = [
        (edge.is_forced, other.customer)
        for other, edge in node.edges.items()
        if other.rank <= node.rank and edge.is_alive and other.customer is not None
    ]
    said = {customer for is_forced, customer in better if is_forced}
    return said or {customer for _, customer in better}


def _listing(node: Node) -> tuple[int, Handle]:
    return node.rank, node.handle
