"""Two values of one kind never are one person by observation, not even by way of others.

Where identifiers that were seen together lead from one account to another, each belongs to the
nearest; what is as near to one as to the other is shared and leads no further.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from domain.identifiers import STRONG_TYPES
from domain.identity.nodes import Edge, Node

Group = frozenset[Node]
Kind = tuple[int, str]


def persons(nodes: Collection[Node]) -> Iterator[Group]:
    """Yield the identifiers of one rank that are one person each; what is shared is in none."""
    for component in _connected(set(nodes), is_said=False):
        if len(component) == 1:
            yield component
        else:
            yield from _parted(component)


def joins(edge: Edge) -> bool:
    """Tell whether an edge makes two identifiers of one rank one customer."""
    return edge.is_forced or (edge.one.rank == 0 and edge.is_alive)


def _parted(component: Group) -> Iterator[Group]:
    said_one = list(_connected(set(component), is_said=True))
    centres = _rivals(said_one)
    if not centres:
        yield component
        return
    nearest, shared = _nearest(said_one, centres)
    for part in nearest:
        yield from _parted(part)
    rest = component - shared - frozenset().union(*nearest)
    for further in _connected(set(rest), is_said=False):
        yield from _parted(further)


def _rivals(groups: Collection[Group]) -> list[Group]:
    """Return the groups that hold different values of the best kind of which there are several."""
    holders: dict[Kind, set[Group]] = {}
    for group in groups:
        for node in group:
            holders.setdefault(_kind(node), set()).add(group)
    rivals = [kind for kind, held in holders.items() if len(held) > 1]
    return list(holders[min(rivals)]) if rivals else []


def _nearest(groups: Collection[Group], centres: Collection[Group]) -> tuple[list[Group], Group]:
    """Return what is nearest to each centre, step by step, and what is as near to several."""
    group_of = {node: group for group in groups for node in group}
    nearest = {centre: centre for centre in centres}
    shared: set[Node] = set()
    border = list(centres)
    while border:
        claims: dict[Group, set[Group]] = {}
        for group in border:
            for other in _beside(group, group_of):
                if other not in nearest and not other & shared:
                    claims.setdefault(other, set()).add(nearest[group])
        border = [group for group, claimants in claims.items() if len(claimants) == 1]
        nearest |= {group: next(iter(claims[group])) for group in border}
        shared |= {node for group, many in claims.items() if len(many) > 1 for node in group}
    parts: dict[Group, set[Node]] = {centre: set() for centre in centres}
    for group, centre in nearest.items():
        parts[centre] |= group
    return [frozenset(part) for part in parts.values()], frozenset(shared)


def _beside(group: Group, group_of: dict[Node, Group]) -> set[Group]:
    found = {
        group_of[other]
        for node in group
        for other, edge in node.edges.items()
        if other in group_of and joins(edge)
    }
    return found - {group}


def _connected(nodes: set[Node], *, is_said: bool) -> Iterator[Group]:
    """Yield the groups that are connected; if `is_said`, only by what people said."""
    while nodes:
        group: set[Node] = set()
        border = {nodes.pop()}
        while border:
            group |= border
            border = {
                other
                for node in border
                for other, edge in node.edges.items()
                if other in nodes and (edge.is_forced if is_said else joins(edge))
            }
            nodes -= border
        yield frozenset(group)


def _kind(node: Node) -> Kind:
    kinds = STRONG_TYPES
    at = kinds.index(node.handle.type) if node.handle.type in kinds else len(kinds)
    return at, f"{node.handle.type}@{node.handle.issuer}"
