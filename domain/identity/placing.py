"""Whose an event is, as the graph stands, and why it is to be looked at again when that changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

from domain.handles import Handle
from domain.identity.graph import Graph
from domain.identity.observation import Observation, Statement

Owners = tuple[UUID, ...]
Reason = Literal["unknown", "shared", "violation", "disputed", "tentative", "followed"]


def placed(seen: Observation, graph: Graph) -> tuple[Owners, Reason | None]:
    """Return the customers that an event belongs to, and why it waits all the same, if it does."""
    if len(seen.anchors) == 1 and seen.about is None and not seen.is_retracted:
        # Most events name one person who is known: nothing else decides.
        customer = graph.nodes[seen.anchors[0]].customer
        if customer is not None:
            return (customer,), None
    found = owners(seen, graph)
    return found, reason_to_wait(seen, graph, is_placed=bool(found))


def owners(seen: Observation, graph: Graph) -> Owners:
    """Return the customers that an event belongs to: one, none, or all that a statement names.

    A correction belongs to those of the events that it is about, besides its own.
    """
    if not seen.follows:
        return _owners(seen, graph)
    found = [owner for one in (seen, *seen.follows) for owner in _owners(one, graph)]
    return tuple(dict.fromkeys(found))


def reason_to_wait(seen: Observation, graph: Graph, *, is_placed: bool) -> Reason | None:
    """Say why an entry is to be looked at again when anything that it names changes hands."""
    if seen.is_followed:
        return "followed"
    if is_placed:
        return "tentative" if _is_tentative(seen, graph) else None
    if seen.is_violation:
        return "violation"
    anchors = [graph.nodes[handle] for handle in seen.anchors]
    if len({node.customer for node in anchors} - {None}) > 1:
        return "disputed"
    return "shared" if anchors else "unknown"


def _is_tentative(seen: Observation, graph: Graph) -> bool:
    """Tell whether anything that would find the customer of an event first is nobody's."""
    if seen.anchors:
        return any(graph.nodes[handle].customer is None for handle in seen.anchors)
    first = graph.references[seen.references[0]]
    return first.owner is None


def _owners(seen: Observation, graph: Graph) -> Owners:
    if seen.statement is not None:
        stated = [graph.nodes[handle].customer for handle in _stated(seen.statement, graph)]
        return tuple(dict.fromkeys(customer for customer in stated if customer is not None))
    if seen.is_violation:
        return ()
    if seen.anchors:
        found = {graph.nodes[handle].customer for handle in seen.anchors} - {None}
        if found:
            # Identifiers of several customers in one event: a person decides.
            return tuple(one for one in found if one is not None) if len(found) == 1 else ()
    return _owner_by_reference(seen.references, graph)


def _owner_by_reference(references: Iterable[Handle], graph: Graph) -> Owners:
    for handle in references:
        known = graph.references.get(handle)
        if known is not None and known.owner is not None and known.owner.customer is not None:
            return (known.owner.customer,)
    return ()


def _stated(statement: Statement, graph: Graph) -> tuple[Handle, ...]:
    if statement.kind != "unmerged":
        return statement.pair
    merge = graph.merges.get(statement.merge_id)
    return () if merge is None or merge.pair is None else tuple(n.handle for n in merge.pair)
