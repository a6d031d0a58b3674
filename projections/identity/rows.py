"""The tables of the identity view, read: as much of the graph as is needed, in bulk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from pydantic_core import from_json

from domain.event import OrderKey
from domain.handles import Handle
from domain.identity.graph import Graph
from domain.identity.letting_go import keep_only
from domain.identity.nodes import NEVER, Edge, Merge, Node, Reference
from domain.identity.observation import Observation, rank
from domain.identity.withdrawal import withdraw
from projections.identity.changes import delete_edges_within, delete_unnamed, write_changes
from projections.identity.written import Written

# About 1 KB each, with what joins them and what remembers them.
REMEMBERED_MAX = 60_000

NodeOf = Callable[[Handle], UUID]
Row = tuple[Any, ...]
Require = Callable[[int], None]
"""Raises what is wrong with a position."""

SELECT_NODES = """
SELECT uuid_send(node_id), type, issuer, value, is_reference, uuid_send(customer_id),
    uuid_send(owner_id), is_shared, is_verified, first_key
FROM identity_nodes WHERE node_id = ANY(%s::uuid[])
"""
SELECT_EDGES = """
SELECT uuid_send(node_id), uuid_send(other_id), first_position, first_key, last_seen, said, said_key
FROM identity_edges WHERE kind = %(kind)s AND node_id = ANY(%(ids)s::uuid[])
UNION
SELECT uuid_send(node_id), uuid_send(other_id), first_position, first_key, last_seen, said, said_key
FROM identity_edges WHERE kind = %(kind)s AND other_id = ANY(%(ids)s::uuid[])
"""
SELECT_MERGES = """
SELECT merge_id, uuid_send(survivor_id), uuid_send(absorbed_id), made, is_undone, uuid_send(node_id)
FROM identity_merges
WHERE survivor_id = ANY(%(ids)s::uuid[]) OR absorbed_id = ANY(%(ids)s::uuid[])
    OR merge_id = ANY(%(names)s::text[]) OR node_id = ANY(%(ids)s::uuid[])
"""


class GraphRows:
    """Keeps a graph in memory in step with the tables; the graph's `Neighbourhood`."""

    def __init__(
        self,
        node_of: NodeOf,
        remembered_max: int = REMEMBERED_MAX,
        *,
        written: Written | None = None,
        require: Require | None = None,
    ) -> None:
        self.graph = Graph(self._id_of, self)
        # Where the tables hold of what is named only what was written here, the rest is new.
        self._written = written
        self._require = require
        self._node_of = node_of
        self._remembered_max = remembered_max
        self._ids: dict[Handle, UUID] = {}
        self._by_id: dict[bytes, Node | Reference] = {}
        self._named: set[Node | Reference] = set()
        self._cursor: Cursor | None = None

    def make_room(self) -> None:
        """Let go of what was not named for a while, where there is more than is to be remembered.

        What was named since this last happened stays, so nobody who calls often is read again.
        """
        most = self._remembered_max
        if len(self._named) > most // 2 or len(self._by_id) > most:
            keep_only(self.graph, self._named)
            self._by_id = {
                part.id.bytes: part
                for parts in (self.graph.nodes, self.graph.references)
                for part in parts.values()
            }
            self._named = set()

    def use(self, cursor: Cursor) -> None:
        """Read through the transaction of this cursor from now on."""
        self._cursor = cursor

    def bring(self, handles: Iterable[Handle], merges: Collection[str] = ()) -> None:
        """Bring identifiers, references and merges into memory that the tables have."""
        self._ids = {handle: self._node_of(handle) for handle in self._note_named(handles)}
        self._bring_ids([node_id.bytes for node_id in self._ids.values()])
        self._note_named(self._ids)
        unknown = [merge_id for merge_id in merges if merge_id not in self.graph.merges]
        if unknown:
            self._read_merges(array(()), unknown)

    def bring_named(self, seen: Collection[Observation]) -> None:
        """Bring all into memory that these name, themselves or where they follow others."""
        handles: set[Handle] = set()
        for one in seen:
            if one.statement is None and one.about is None:
                handles.update(one.anchors, one.attached, one.references)
            else:
                handles.update(one.named)
        said = [each.statement for one in seen for each in (one, *one.follows) if each.statement]
        self.bring(handles, [statement.merge_id for statement in said if statement.merge_id])

    def complete_nodes(self, nodes: Collection[Node]) -> None:
        """Add all edges and merges of these identifiers."""
        ids = array([node.id.hex for node in nodes])
        rows = self._edges("identifiers", ids)
        self._bring_ids(_ends(rows))
        for one, other, position, first, last, said, said_key in rows:
            a, b = self._by_id[bytes(one)], self._by_id[bytes(other)]
            if isinstance(a, Node) and isinstance(b, Node) and b not in a.edges:
                edge = Edge(a, b, position, key_of(first), key_or_none(last), is_kept=True)
                edge.said, edge.said_key = said, key_or_none(said_key)
                a.edges[b] = b.edges[a] = edge
        self._read_merges(ids, ())
        for node in nodes:
            node.is_complete = True

    def complete_references(self, references: Collection[Reference]) -> None:
        """Add all that introduced these references, and what they were named beside."""
        ids = array([reference.id.hex for reference in references])
        self._introductions(self._edges("introduced", ids))
        rows = self._edges("beside", ids)
        self._bring_ids(_ends(rows))
        for row in rows:
            a, b = self._by_id[bytes(row[0])], self._by_id[bytes(row[1])]
            if isinstance(a, Reference) and isinstance(b, Reference):
                key = min(key_of(row[3]), a.beside.get(b, key_of(row[3])))
                a.beside[b] = b.beside[a] = key
        for reference in references:
            reference.is_complete = True

    def introduced_by(self, nodes: Collection[Node]) -> Collection[Reference]:
        """Return the references that these identifiers introduced."""
        kept = [node for node in nodes if node.is_kept]
        if kept:
            self._introductions(self._edges("introduced", array([node.id.hex for node in kept])))
        return {reference for node in nodes for reference in node.introduced}

    def parts(self, ids: Collection[UUID]) -> list[Node | Reference]:
        """Return the identifiers and references with these ids that there are."""
        self._bring_ids([one.bytes for one in ids])
        found = (self._by_id.get(one.bytes) for one in ids)
        return [part for part in found if part is not None]

    def withdraw(
        self, ids: Collection[UUID], parts: Collection[Node | Reference], *, quiet: set[Node]
    ) -> None:
        """Take back what these parts and merges are said to be to each other, here and there."""
        self._read_merges(array([one.hex for one in ids]), ())
        merges = [merge for merge in self.graph.merges.values() if merge.id in ids]
        withdraw(self.graph, parts, merges=merges, quiet=quiet)
        delete_edges_within(self._in_transaction(), [part.id for part in parts])

    def flush(self, cursor: Cursor) -> None:
        """Write what changed in the graph since it was last written."""
        for part in delete_unnamed(cursor, self.graph):
            self._by_id.pop(part.id.bytes, None)
            self._named.discard(part)
        written = write_changes(cursor, self.graph)
        self._by_id.update((part.id.bytes, part) for part in written)
        self._named.update(written)
        if self._written is not None:
            for part in written:
                self._written.add(part.id.bytes)

    def _note_named(self, handles: Iterable[Handle]) -> list[Handle]:
        """Note what is named that is in memory; return what is not."""
        nodes, references, named = self.graph.nodes, self.graph.references, self._named
        missing = []
        for handle in handles:
            part = nodes.get(handle) or references.get(handle)
            if part is None:
                missing.append(handle)
            else:
                named.add(part)
        return missing

    def _id_of(self, handle: Handle) -> UUID:
        return self._ids.get(handle) or self._node_of(handle)

    def _execute(self, statement: str, parameters: Any) -> list[Row]:
        cursor = self._in_transaction()
        cursor.execute(statement, parameters)
        return cursor.fetchall()

    def _in_transaction(self) -> Cursor:
        if self._cursor is None:
            raise RuntimeError("the graph's rows are read without a transaction")
        return self._cursor

    def _edges(self, kind: str, ids: str) -> list[Row]:
        return self._execute(SELECT_EDGES, {"kind": kind, "ids": ids})

    def _bring_ids(self, ids: Iterable[bytes]) -> None:
        missing = sorted({one for one in ids if one not in self._by_id})
        if self._written is not None:
            missing = [one for one in missing if self._written.can_have(one)]
        if not missing:
            return
        rows = self._execute(SELECT_NODES, (array([one.hex() for one in missing]),))
        things = [row for row in rows if row[4]]
        for row in rows:
            if not row[4]:
                self._remember(row)
        # After the identifiers at hand, so that none of them is made twice as an owner.
        self._bring_ids(bytes(row[6]) for row in things if row[6] is not None)
        for row in things:
            self._remember(row)

    def _remember(self, row: Row) -> None:
        node_id, type_, issuer, value, is_reference, customer, owner, shared, verified, first = row
        id_, handle = UUID(bytes=bytes(node_id)), Handle(type_, value, issuer)
        if self._require is not None and (key := key_of(first)) is not NEVER:
            self._require(key[4])
        if is_reference:
            introducer = None if owner is None else self._by_id[bytes(owner)]
            found = Reference(id_, handle, is_complete=False, is_kept=True)
            found.owner = introducer if isinstance(introducer, Node) else None
            self.graph.references[handle] = self._by_id[id_.bytes] = found
            return
        node = Node(id_, handle, rank(handle), key_of(first), is_complete=False, is_kept=True)
        node.customer = None if customer is None else UUID(bytes=bytes(customer))
        node.is_shared, node.is_verified = shared, verified
        self.graph.nodes[handle] = self._by_id[id_.bytes] = node

    def _introductions(self, rows: Collection[Row]) -> None:
        self._bring_ids(_ends(rows))
        for row in rows:
            reference, node = self._by_id[bytes(row[0])], self._by_id[bytes(row[1])]
            if isinstance(reference, Reference) and isinstance(node, Node):
                key, known = key_of(row[3]), reference.introduced.get(node)
                if known is None:
                    node.introduced.append(reference)
                reference.introduced[node] = key if known is None else min(key, known)

    def _read_merges(self, ids: str, names: Collection[str]) -> None:
        rows = self._execute(SELECT_MERGES, {"ids": ids, "names": list(names)})
        self._bring_ids(bytes(one) for row in rows for one in row[1:3] if one is not None)
        for merge_id, survivor, absorbed, made, is_undone, node_id in rows:
            if merge_id not in self.graph.merges:
                merge = Merge(merge_id, UUID(bytes=bytes(node_id)), is_undone=is_undone)
                self.graph.merges[merge_id] = merge
                if survivor is not None:
                    merge.made = key_or_none(made)
                    self._join(merge, survivor=bytes(survivor), absorbed=bytes(absorbed))

    def _join(self, merge: Merge, *, survivor: bytes, absorbed: bytes) -> None:
        one, other = self._by_id[survivor], self._by_id[absorbed]
        if isinstance(one, Node) and isinstance(other, Node):
            merge.join((one, other))


def array(items: Iterable[str]) -> str:
    """Return ids as one parameter: PostgreSQL reads thousands of them as one faster than each."""
    return "{" + ",".join(items) + "}"


def _ends(rows: Iterable[Row]) -> list[bytes]:
    return [bytes(end) for row in rows for end in row[:2]]


def key_of(text: str) -> OrderKey:
    """Read an order key as the tables hold it."""
    if text == "[]":
        return NEVER
    time, source, length, sequence, position, event_id = from_json(text)
    return time, source, length, sequence, position, event_id


def key_or_none(text: str | None) -> OrderKey | None:
    """Read an order key, or that there is none."""
    return None if text is None else key_of(text)
