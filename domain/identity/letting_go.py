"""Letting go of parts of a graph that are kept elsewhere, so that what is left is as sound.

Whatever loses something by it is not complete any more, and is completed when that matters.
"""

from __future__ import annotations

from collections.abc import Collection

from domain.identity.graph import Graph
from domain.identity.nodes import Merge, Node, Reference


def keep_only(graph: Graph, wanted: Collection[Node | Reference]) -> None:
    """Let go of all parts but these and the owners of references; nothing may be unsettled."""
    references = {part for part in wanted if isinstance(part, Reference)}
    nodes = {part for part in wanted if isinstance(part, Node)}
    nodes |= {one.owner for one in references if one.owner is not None}
    _let_merges_go(graph, nodes)
    for node in nodes:
        _keep_edges(node, nodes)
        node.introduced = [one for one in node.introduced if one in references]
    for reference in references:
        _keep_beside(reference, nodes, references=references)
    # Parts that point at each other are never freed by themselves.
    for node in graph.nodes.values():
        if node not in nodes:
            node.edges.clear()
            node.introduced.clear()
    for reference in graph.references.values():
        if reference not in references:
            reference.introduced.clear()
            reference.beside.clear()
    graph.nodes = {node.handle: node for node in nodes}
    graph.references = {reference.handle: reference for reference in references}


def _let_merges_go(graph: Graph, nodes: set[Node]) -> None:
    kept: dict[str, Merge] = {}
    for merge in graph.merges.values():
        pair = merge.pair or ()
        if pair and nodes.issuperset(pair):
            kept[merge.merge_id] = merge
            continue
        for node in pair:
            node.is_complete = False
        merge.part()
    graph.merges = kept


def _keep_edges(node: Node, nodes: set[Node]) -> None:
    if not node.edges.keys() <= nodes:
        node.edges = {other: edge for other, edge in node.edges.items() if other in nodes}
        node.is_complete = False


def _keep_beside(reference: Reference, nodes: set[Node], *, references: set[Reference]) -> None:
    introduced = {node: key for node, key in reference.introduced.items() if node in nodes}
    beside = {other: key for other, key in reference.beside.items() if other in references}
    if len(introduced) < len(reference.introduced) or len(beside) < len(reference.beside):
        reference.introduced, reference.beside = introduced, beside
        reference.is_complete = False
