"""The identity graph: observations in, whose every event is out.

It works on as much of the graph as is in memory and asks its `Neighbourhood` for what is missing;
it never walks through an identifier that many customers share.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import combinations
from uuid import UUID

from domain.event import OrderKey
from domain.handles import Handle
from domain.identity.clusters import customers, heard_of, seems_one
from domain.identity.neighbourhood import Changes, Neighbourhood, Nothing
from domain.identity.nodes import NEVER, Edge, Merge, Node, Reference
from domain.identity.observation import Observation, Statement, merge_handle, rank

# From a tracking number over its delivery and order to the issue or contact that names a person.
HOPS_MAX = 3


class Graph:
    """Identifiers, references and merges in memory, and what changed since it was last settled."""

    def __init__(self, node_of: Callable[[Handle], UUID], around: Neighbourhood | None = None):
        self._node_of = node_of
        self._around: Neighbourhood = Nothing() if around is None else around
        self.nodes: dict[Handle, Node] = {}
        self.references: dict[Handle, Reference] = {}
        self.merges: dict[str, Merge] = {}
        self.nodes_changed: set[Node] = set()
        self.edges_changed: set[Edge] = set()
        self.references_changed: set[Reference] = set()
        self.merges_changed: set[Merge] = set()
        self.withdrawn: set[Node | Reference] = set()
        self._dirty: set[Node] = set()
        self._opened: set[Node] = set()
        self._loose: set[Reference] = set()
        self._merged_nodes: set[Node] = set()

    def node(self, handle: Handle, key: OrderKey) -> Node:
        """Return the identifier of a handle, made now if it is new."""
        node = self.nodes.get(handle)
        if node is None:
            node = Node(self._node_of(handle), handle, rank(handle), key)
            self.nodes[handle] = node
            self.nodes_changed.add(node)
            self._dirty.add(node)
        elif key < node.first_key:
            node.first_key = key
            self.nodes_changed.add(node)
            self._dirty.add(node)
        if self.withdrawn:
            self.withdrawn.discard(node)
        return node

    def reference(self, handle: Handle) -> Reference:
        """Return the reference of a handle, made now if it is new."""
        found = self.references.get(handle)
        if found is None:
            found = self.references[handle] = Reference(self._node_of(handle), handle)
            self.references_changed.add(found)
        if self.withdrawn:
            self.withdrawn.discard(found)
        return found

    def add(self, seen: Observation) -> None:
        """Take in what one event says; `settle` then tells what it changed."""
        if seen.is_retracted:
            self._know(seen)
        elif seen.statement is not None:
            self._say(seen.statement, seen)
        elif seen.anchors:
            self._see(seen)
        elif len(seen.references) > 1:
            self._beside(seen)
        else:
            for handle in seen.references:
                self.reference(handle)

    def settle(self) -> Changes:
        """Apply the rules where something changed; return whose each changed thing was before."""
        before: dict[Node, UUID | None] = {}
        while self._dirty:
            region, frozen = self._region(self._dirty)
            self._dirty = set()
            whose = customers(region, frozen)
            moved = {node for node, now in whose.items() if now != node.customer}
            settled = {node for node in moved if node.customer is not None or node.is_shared}
            for node in region - frozen:
                if node in moved:
                    before.setdefault(node, node.customer)
                node.customer = whose[node]
                node.is_shared = node.customer is None and node.is_stated
            self.nodes_changed |= moved
            self._dirty = self._newly_opened(settled, region - frozen)
        self._opened = set()
        nodes = {node: was for node, was in before.items() if node.customer != was}
        references = self._settle_references(nodes)
        merges = frozenset(merge.merge_id for merge in self.merges_changed)
        merged, self._merged_nodes = frozenset(self._merged_nodes), set()
        return Changes(nodes, references, merges, merged)

    def complete_named(self, observed: Iterable[Observation]) -> None:
        """Bring into memory, at once, what joins what these name together."""
        apart: set[Node] = set()
        things: set[Reference] = set()
        for seen in observed:
            if seen.attached or len(seen.anchors) > 1:
                apart |= self._apart([*seen.anchors, *seen.attached])
            if seen.anchors or len(seen.references) > 1:
                things.update([r for h in seen.references if (r := self.references.get(h))])
        self.complete(apart)
        self.complete_references(things)

    def _apart(self, handles: Iterable[Handle]) -> set[Node]:
        """Return which of these to ask for the edges that are not in memory, but for the last."""
        nodes = [node for handle in handles if (node := self.nodes.get(handle))]
        unsure = [node for node in nodes if not node.is_complete]
        return {n for n in unsure[:-1] if any(o is not n and o not in n.edges for o in unsure)}

    def _know(self, seen: Observation) -> None:
        """Note what a retracted event names: nobody is known by it, but it is looked at again."""
        for handle in seen.statement.pair if seen.statement else (*seen.anchors, *seen.attached):
            self.node(handle, NEVER)
        for handle in seen.references:
            self.reference(handle)

    def _see(self, seen: Observation) -> None:
        nodes = [self.node(handle, seen.key) for handle in (*seen.anchors, *seen.attached)]
        if seen.verified:
            self._verify(nodes, seen.verified)
        if seen.is_violation:
            return
        if len(nodes) > 1:
            self._join(nodes, seen)
        for handle in seen.references:
            self._introduce(self.reference(handle), nodes[0], key=seen.key)

    def _verify(self, nodes: Iterable[Node], verified: Collection[Handle]) -> None:
        for node in nodes:
            if node.handle in verified and not node.is_verified:
                node.is_verified = True
                self.nodes_changed.add(node)

    def _join(self, nodes: list[Node], seen: Observation) -> None:
        for one, other in combinations(nodes, 2):
            if other.rank != one.rank or one.rank == 0:
                self._touch(one, other, seen=seen)

    def _touch(self, one: Node, other: Node, *, seen: Observation) -> None:
        edge = self.edge(one, other, seen=seen)
        if edge.see(seen.since or seen.position, seen.key):
            self.edges_changed.add(edge)
            self._dirty |= {one, other}

    def edge(self, one: Node, other: Node, *, seen: Observation) -> Edge:
        """Return the edge between two identifiers, made now if `seen` is the first to join them."""
        edge = one.edges.get(other)
        if edge is None and not (one.is_complete or other.is_complete):
            # All edges of one end are enough to know: of the end that no crowd shares.
            self._around.complete_nodes([one if one.rank <= other.rank else other])
            edge = one.edges.get(other)
        if edge is None:
            at = seen.since or seen.position
            edge = one.edges[other] = other.edges[one] = Edge(one, other, at, seen.key)
        return edge

    def _introduce(self, reference: Reference, node: Node, *, key: OrderKey) -> None:
        known = reference.introduced.get(node)
        if known is None or key < known:
            reference.introduced[node] = key
            if known is None:
                node.introduced.append(reference)
            self.references_changed.add(reference)
            self._loose.add(reference)

    def _beside(self, seen: Observation) -> None:
        first, *rest = [self.reference(handle) for handle in seen.references]
        for other in rest:
            known = first.beside.get(other)
            if known is None or seen.key < known:
                first.beside[other] = other.beside[first] = seen.key
                self.references_changed |= {first, other}
                self._loose |= {first, other}

    def _say(self, statement: Statement, seen: Observation) -> None:
        nodes = [self.node(handle, seen.key) for handle in statement.pair]
        match statement.kind:
            case "linked" | "unlinked" | "rejected" as verdict:
                edge = self.edge(nodes[0], nodes[1], seen=seen)
                edge.say(verdict, seen.key, position=seen.since or seen.position)
                self.edges_changed.add(edge)
                self.reopen(nodes)
            case "merged":
                merge = self.merge(statement.merge_id)
                self._merged(merge, (nodes[0], nodes[1]), key=seen.key)
            case "unmerged":
                merge = self.merge(statement.merge_id)
                merge.is_undone = True
                self.remerged(merge)
            case "related":
                pass

    def release(self) -> None:
        """Let go of everything: parts that point at each other are never freed by themselves."""
        for node in self.nodes.values():
            node.edges.clear()
            node.merges = ()
            node.introduced.clear()
        for reference in self.references.values():
            reference.introduced.clear()
            reference.beside.clear()
        for parts in (self.nodes, self.references, self.merges):
            parts.clear()

    def merge(self, merge_id: str) -> Merge:
        """Return the merge of that id, made now if it is new."""
        merge = self.merges.get(merge_id)
        if merge is None:
            merge = self.merges[merge_id] = Merge(merge_id, self._node_of(merge_handle(merge_id)))
        return merge

    def _merged(self, merge: Merge, pair: tuple[Node, Node], *, key: OrderKey) -> None:
        """Note a merge; of two with one id the earlier stands."""
        if merge.made is not None and merge.made <= key:
            return
        self.remerged(merge)
        merge.part()
        merge.join(pair)
        merge.made = key
        self.remerged(merge)

    def remerged(self, merge: Merge) -> None:
        """Have those looked at again whom a merge is about."""
        self.merges_changed.add(merge)
        self._merged_nodes |= set(merge.pair or ())
        self.reopen(merge.pair or ())

    def reopen(self, nodes: Iterable[Node]) -> None:
        """Have identifiers looked at again, also shared ones."""
        self._dirty |= set(nodes)
        self._opened |= set(nodes)

    def loosen(self, references: Iterable[Reference]) -> None:
        """Have it looked at again whose these references are."""
        self._loose |= set(references)

    def _region(self, seeds: Iterable[Node]) -> tuple[set[Node], set[Node]]:
        """Return the closed part of the graph around `seeds`, and the shared ones at its border."""
        region: set[Node] = set()
        frozen: set[Node] = set()
        border = set(seeds)
        while border:
            region |= border
            now_frozen = {node for node in border if self._is_frozen(node)}
            frozen |= now_frozen
            walked = border - now_frozen
            self.complete(walked)
            border = {other for node in walked for other in node.joined} - region
        return region, frozen

    def _is_frozen(self, node: Node) -> bool:
        # Only weak identifiers have crowds; who shares a strong one is always looked at.
        return node.is_shared and node.rank > 0 and node not in self._opened

    def complete(self, nodes: Iterable[Node]) -> None:
        """Bring all edges and merges of these identifiers into memory."""
        missing = [node for node in nodes if not node.is_complete]
        if missing:
            self._around.complete_nodes(missing)

    def _newly_opened(self, changed: Iterable[Node], region: Collection[Node]) -> set[Node]:
        """Return the shared identifiers to be looked at as well.

        Perhaps shared no more are those beside customers that changed; and beside merged ones,
        who may have become one in another way, those that no other customer shares.
        """
        shared = {other for node in changed for other in node.edges if other.is_shared}
        # Whoever else they lead to counts, too, for whose somebody is by word.
        shared |= {one for node in region if node.rank for one in heard_of(node) if one.is_shared}
        if any(node.merges for node in region):
            beside = {other for node in region for other in node.edges if other.is_shared}
            shared |= {node for node in beside - self._opened if seems_one(node)}
        fresh = shared - self._opened
        self._opened |= fresh
        return fresh

    def _settle_references(self, moved: dict[Node, UUID | None]) -> dict[Reference, UUID | None]:
        """Find the owner of each reference anew that may have another; return whose it was."""
        found_or_lost = [n for n, was in moved.items() if was is None or n.customer is None]
        self._loose |= set(self._around.introduced_by(found_or_lost))
        self.loosen(ref for node in found_or_lost for ref in node.introduced)
        loose, self._loose = self._loose, set()
        before: dict[Reference, UUID | None] = {}
        for reference in self._within_reach(loose):
            owner = self._owner(reference)
            if owner is not reference.owner:
                was = reference.owner
                before[reference] = None if was is None else moved.get(was, was.customer)
                reference.owner = owner
                self.references_changed.add(reference)
        return before

    def _within_reach(self, loose: Collection[Reference]) -> set[Reference]:
        """Return the references whose owner can depend on these."""
        reached, border = set(loose), set(loose)
        for _ in range(HOPS_MAX):
            self.complete_references(border)
            border = {other for one in border for other in one.beside} - reached
            reached |= border
        self.complete_references(border)
        return reached

    def _owner(self, reference: Reference) -> Node | None:
        """Return who introduced a reference first, else who did the nearest one beside it."""
        if len(reference.introduced) == 1:
            (only,) = reference.introduced
            if only.customer is not None:
                return only
        seen, border = {reference}, [reference]
        for _ in range(HOPS_MAX + 1):
            owners = [owner for one in border for owner in one.introducers]
            if owners:
                return min(owners, key=lambda owner: (owner[0], owner[1].id))[1]
            self.complete_references(border)
            border = [other for one in border for other in one.beside if other not in seen]
            seen |= set(border)
        return None

    def complete_references(self, references: Collection[Reference]) -> None:
        """Bring all that introduced these references, or stands beside them, into memory."""
        missing = [reference for reference in references if not reference.is_complete]
        if missing:
            self._around.complete_references(missing)
