"""Which identifiers are one customer: the rules, applied to a closed part of the graph.

Strong identifiers join; an e-mail belongs to the one customer that it was seen with, a telephone
likewise; what was seen with several is shared and joins nobody. What people said comes first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from domain.event import OrderKey
from domain.identity.nodes import Merge, Node
from domain.identity.parting import persons

RANKS = (0, 1, 2)


class Cluster:
    """Identifiers that are one customer; after a merge, one of the clusters stands for both."""

    __slots__ = ("anchor", "into", "is_absorbed")

    def __init__(self, anchor: Node) -> None:
        self.anchor = anchor
        self.into: Cluster | None = None
        self.is_absorbed = False

    def root(self) -> Cluster:
        """Return the cluster that stands for this one."""
        cluster = self
        while cluster.into is not None:
            cluster = cluster.into
        return cluster

    def join(self, other: Cluster) -> None:
        """Let one cluster stand for both: the one that was not absorbed, else the better anchor."""
        mine, theirs = self.root(), other.root()
        if mine is not theirs:
            keep, give = sorted((mine, theirs), key=_standing)
            give.into = keep


def customers(region: Collection[Node], frozen: Collection[Node]) -> dict[Node, UUID | None]:
    """Return whose each identifier of a closed region is; None where it is shared.

    The region holds every identifier that an unfrozen one of it was ever seen with; the frozen
    ones are known to be shared and stay so.
    """
    stated = (node for node in region if node.is_stated and node not in frozen)
    open_nodes = sorted(stated, key=_seniority)
    strong_and_weak = [[node for node in open_nodes if node.rank == rank] for rank in RANKS]
    merges = {merge for node in open_nodes for merge in node.merges if merge.is_alive}
    pairs = [merge.pair for merge in sorted(merges, key=_age) if merge.pair is not None]
    joined: list[tuple[Node, Node]] = []
    found = _assigned(strong_and_weak, joined)
    # A merge can make a shared identifier somebody's, by which a further merge takes hold.
    while joined != (joined := [pair for pair in pairs if pair[0] in found and pair[1] in found]):
        found = _assigned(strong_and_weak, joined)
    whose = {node: cluster.root().anchor.id for node, cluster in found.items()}
    return {node: whose.get(node) for node in region}


def seems_one(node: Node) -> bool:
    """Tell whether all that a shared identifier may belong to now seems to be one customer.

    A merge can make it so too late for what its customers share, and something else in time.
    """
    better = [
        (edge.is_forced, other.customer)
        for other, edge in node.edges.items()
        if other.rank < node.rank and edge.is_alive and other.customer is not None
    ]
    said = [customer for is_forced, customer in better if is_forced]
    owners = said or [customer for _, customer in better]
    return len(owners) > 1 and len(set(owners)) == 1


def heard_of(node: Node) -> set[Node]:
    """Return the lesser identifiers whose customers alone decide whose this one is: by word."""
    edges = node.edges.items()
    if any(o.rank < node.rank and o.customer is not None and edge.is_alive for o, edge in edges):
        return set()
    return {other for other, edge in edges if edge.is_forced and other.rank > node.rank}


def _assigned(
    levels: Iterable[Iterable[Node]], joined: Sequence[tuple[Node, Node]]
) -> dict[Node, Cluster]:
    """Assign level by level; what was merged counts as one from the level where both are known."""
    found: dict[Node, Cluster] = {}
    for level in levels:
        unowned = []
        for node in level:
            owners = _owners(node, found)
            if len(owners) == 1:
                found[node] = owners.pop()
            elif not owners:
                unowned.append(node)
        found |= _provisional(unowned)
        for survivor, absorbed in joined:
            if survivor in found and absorbed in found:
                _merge(found[survivor], found[absorbed])
    return found


def _owners(node: Node, found: Mapping[Node, Cluster]) -> set[Cluster]:
    """Return the customers of better-ranked identifiers that a node belongs to."""
    better = [
        (edge, found[other].root())
        for other, edge in node.edges.items()
        if other.rank < node.rank and other in found and edge.is_alive
    ]
    said = {cluster for edge, cluster in better if edge.is_forced}
    return said or {cluster for _, cluster in better} or _owner_by_word(node, found)


def _owner_by_word(node: Node, found: Mapping[Node, Cluster]) -> set[Cluster]:
    """Return the one customer of a lesser identifier that somebody said belongs to this one."""
    owners = {
        found[third].root()
        for other, edge in node.edges.items()
        if edge.is_forced and other.rank > node.rank
        for third, tie in other.edges.items()
        if third is not node and third in found and third.rank < other.rank and tie.is_alive
    }
    return owners if len(owners) == 1 else set()


def _provisional(nodes: Collection[Node]) -> dict[Node, Cluster]:
    """Make a customer of each person among identifiers of one rank that nobody else owns."""
    found: dict[Node, Cluster] = {}
    for person in persons(nodes):
        cluster = Cluster(min(person, key=_seniority))
        found |= dict.fromkeys(person, cluster)
    return found


def _merge(survivor: Cluster, absorbed: Cluster) -> None:
    mine, theirs = survivor.root(), absorbed.root()
    if mine is not theirs:
        theirs.is_absorbed = True
        mine.join(theirs)


def _age(merge: Merge) -> tuple[OrderKey | tuple[()], str]:
    return merge.made or (), merge.merge_id


def _seniority(node: Node) -> tuple[int, OrderKey, UUID]:
    return node.rank, node.first_key, node.id


def _standing(cluster: Cluster) -> tuple[bool, tuple[int, OrderKey, UUID]]:
    return cluster.is_absorbed, _seniority(cluster.anchor)
