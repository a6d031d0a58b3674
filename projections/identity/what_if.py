"""What a statement about identities would change: the identity rules on the graph as it stands.

The statement is added to the part of the graph that it can concern, in memory alone; nothing is
written, and the answer is what the identity view would come to at this position.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.event import Event
from domain.handles import Handle
from domain.identity.match import KnownIdentifier
from domain.identity.neighbourhood import Changes
from domain.identity.nodes import Node
from domain.identity.observation import Observation, distill, merge_handle
from domain.identity.placing import owners
from projections.identity.corrections import observed
from projections.identity.ground import Ground
from projections.identity.rows import GraphRows

SELECT_ENTRIES = """
SELECT uuid_send(customer_id), position FROM identity_entries WHERE customer_id = ANY(%s::uuid[])
"""
SELECT_WAITING = "SELECT DISTINCT position FROM identity_waiting WHERE node_id = ANY(%s::uuid[])"

Owned = set[tuple[UUID, int]]


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as it is or would be: its identifiers, best first, and how many events it has."""

    customer_id: UUID
    identifiers: tuple[KnownIdentifier, ...]
    events: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The customers concerned before and after, as known at `position`.

    `joining` are identifiers that belong to nobody alone and would become somebody's, `shared`
    those that would become nobody's alone; `unattached` is how many events would be left with
    nobody. `evidence` are the events that would change hands, in position order.
    """

    position: int
    before: tuple[Customer, ...]
    after: tuple[Customer, ...]
    joining: tuple[Handle, ...]
    shared: tuple[Handle, ...]
    unattached: int
    evidence: tuple[Event, ...]


def what_if(ground: Ground, fact: Event) -> WhatIf:
    """Return what an identity statement would change if it were made now."""
    rows = GraphRows(ground.node_of)
    rows.use(ground.cursor)
    seen = distill(fact._replace(position=ground.position + 1))
    _bring(rows, [seen])
    rows.graph.add(seen)
    changes = rows.graph.settle()
    nodes = rows.graph.nodes.values()
    was = {node: changes.nodes.get(node, node.customer) for node in nodes if node.is_kept}
    now = {node: node.customer for node in nodes}
    spoken_of = [node for handle in _pair(rows, seen) if (node := rows.graph.nodes.get(handle))]
    concerned = {whose.get(node) for whose in (was, now) for node in (*changes.nodes, *spoken_of)}
    held, owned, events = _entries(ground, rows, concerned=concerned - {None}, changes=changes)
    moved = {at for _, at in held ^ owned}
    placed = {at for _, at in owned}
    return WhatIf(
        ground.position,
        before=_customers(was, held, concerned=concerned),
        after=_customers(now, owned, concerned=concerned),
        joining=_handles(n for n in changes.nodes if n in was and was[n] is None and n.customer),
        shared=_handles(n for n in changes.nodes if n.customer is None),
        unattached=len({at for _, at in held} - placed),
        evidence=tuple(event for event in events if event.position in moved),
    )


def _bring(rows: GraphRows, seen: Collection[Observation]) -> None:
    statements = [one.statement for one in seen if one.statement is not None]
    rows.bring(
        {handle for one in seen for handle in one.named},
        [said.merge_id for said in statements if said.merge_id],
    )


def _pair(rows: GraphRows, seen: Observation) -> tuple[Handle, ...]:
    """Return the two that a statement is about; an undoing is about those who were merged."""
    said = seen.statement
    if said is None or said.kind != "unmerged":
        return () if said is None else said.pair
    merge = rows.graph.merges.get(said.merge_id)
    return tuple(node.handle for node in (merge.pair if merge and merge.pair else ()))


def _entries(
    ground: Ground, rows: GraphRows, *, concerned: Collection[UUID | None], changes: Changes
) -> tuple[Owned, Owned, list[Event]]:
    """Return whose the entries are that can change hands, whose they would be, and their events."""
    ids = [customer.hex for customer in concerned if customer is not None]
    found = ground.rows(SELECT_ENTRIES, (ids,))
    held = {(UUID(bytes=bytes(customer)), at) for customer, at in found}
    waiting = ground.positions(SELECT_WAITING, (_awaited(ground, changes),))
    events = ground.load(sorted({at for _, at in held}.union(waiting)))
    seen = observed(ground.cursor, events, load=ground.load)
    _bring(rows, seen)
    owned = {(owner, one.position) for one in seen for owner in owners(one, rows.graph)}
    others = {pair for pair in owned if pair[0] not in concerned}
    return held, owned - others, sorted(events, key=lambda event: event.position)


def _awaited(ground: Ground, changes: Changes) -> list[str]:
    """Return what entries of nobody can have waited for."""
    ids = [node.id.hex for node in changes.nodes if node.is_kept]
    ids += [reference.id.hex for reference in changes.references if reference.is_kept]
    return ids + [ground.node_of(merge_handle(merge_id)).hex for merge_id in changes.merges]


def _customers(
    whose: Mapping[Node, UUID | None], owned: Owned, *, concerned: Collection[UUID | None]
) -> tuple[Customer, ...]:
    found: dict[UUID, list[Node]] = {}
    for node, customer in whose.items():
        if customer is not None and customer in concerned:
            found.setdefault(customer, []).append(node)
    counts = {customer: 0 for customer in found}
    for customer, _ in owned:
        counts[customer] = counts.get(customer, 0) + 1
    return tuple(
        Customer(customer, _known(found[customer]), counts[customer])
        for customer in sorted(found, key=lambda one: _listing(_best(found[one])))
    )


def _known(nodes: Iterable[Node]) -> tuple[KnownIdentifier, ...]:
    ordered = sorted(nodes, key=_listing)
    return tuple(KnownIdentifier(node.handle, node.is_verified) for node in ordered)


def _best(nodes: Iterable[Node]) -> Node:
    return min(nodes, key=_listing)


def _handles(nodes: Iterable[Node]) -> tuple[Handle, ...]:
    return tuple(node.handle for node in sorted(nodes, key=_listing))


def _listing(node: Node) -> tuple[int, Handle]:
    return node.rank, node.handle
