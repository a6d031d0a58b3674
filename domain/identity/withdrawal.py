"""Taking back what was stated about a part of the identity graph, to have it told anew.

Whoever withdraws tells again what all other events say that name any of it; what nobody names then
is left in `Graph.withdrawn`, and vanishes.
"""

from __future__ import annotations

from collections.abc import Collection

from domain.identity.graph import Graph
from domain.identity.nodes import NEVER, Merge, Node, Reference


def withdraw(
    graph: Graph,
    parts: Collection[Node | Reference],
    *,
    merges: Collection[Merge],
    quiet: Collection[Node] = (),
) -> None:
    """Drop what joins any two of these parts, these merges, and when the parts were first named.

    The `quiet` ones among them were named earlier, and verified, by others: that stays.
    """
    nodes = {part for part in parts if isinstance(part, Node)}
    references = {part for part in parts if isinstance(part, Reference)}
    graph.complete(nodes)
    graph.complete_references(references)
    for merge in merges:
        _unmake(graph, merge)
    for node in nodes:
        _part(graph, node, nodes=nodes, references=references)
    for reference in references:
        for other in reference.beside.keys() & references:
            del reference.beside[other]
    for node in nodes.difference(quiet):
        node.first_key, node.is_verified = NEVER, False
    graph.withdrawn |= (nodes | references).difference(quiet)
    graph.nodes_changed |= nodes
    graph.references_changed |= references
    graph.reopen(nodes)
    graph.loosen(references)


def _part(graph: Graph, node: Node, *, nodes: set[Node], references: set[Reference]) -> None:
    for other in node.edges.keys() & nodes:
        # What was said of it a moment ago is not to be written: it is told again.
        graph.edges_changed.discard(node.edges.pop(other))
    for reference in references.intersection(node.introduced):
        del reference.introduced[node]
    node.introduced = [one for one in node.introduced if one not in references]


def _unmake(graph: Graph, merge: Merge) -> None:
    graph.remerged(merge)
    merge.part()
    merge.made, merge.is_undone = None, False
