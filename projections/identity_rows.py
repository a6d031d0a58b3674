"""The tables of the identity view: parts of the graph into memory, changed parts out, in bulk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values
from pydantic_core import from_json, to_json

from domain.event import OrderKey
from domain.handles import Handle
from domain.identity.graph import Graph
from domain.identity.nodes import Edge, Merge, Node, Reference
from domain.identity.observation import rank

NodeOf = Callable[[Handle], UUID]
Row = tuple[Any, ...]

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
SELECT merge_id, uuid_send(survivor_id), uuid_send(absorbed_id), made, is_undone
FROM identity_merges
WHERE survivor_id = ANY(%(ids)s::uuid[]) OR absorbed_id = ANY(%(ids)s::uuid[])
    OR merge_id = ANY(%(names)s::text[])
"""
UPSERT_NODES = """
INSERT INTO identity_nodes (node_id, type, issuer, value, is_reference, customer_id, owner_id,
    is_shared, is_verified, first_key) VALUES %s
ON CONFLICT (node_id) DO UPDATE SET customer_id = excluded.customer_id,
    owner_id = excluded.owner_id, is_shared = excluded.is_shared,
    is_verified = excluded.is_verified, first_key = excluded.first_key
"""
UPSERT_EDGES = """
INSERT INTO identity_edges (node_id, other_id, kind, first_position, first_key, last_seen, said,
    said_key) VALUES %s
ON CONFLICT (node_id, other_id) DO UPDATE SET first_position = excluded.first_position,
    first_key = excluded.first_key, last_seen = excluded.last_seen, said = excluded.said,
    said_key = excluded.said_key
"""
UPSERT_MERGES = """
INSERT INTO identity_merges (merge_id, survivor_id, absorbed_id, made, is_undone) VALUES %s
ON CONFLICT (merge_id) DO UPDATE SET survivor_id = excluded.survivor_id,
    absorbed_id = excluded.absorbed_id, made = excluded.made, is_undone = excluded.is_undone
"""
PAGE_ROWS = 2_000


class GraphRows:
    """Keeps a graph in memory in step with the tables; the graph's `Neighbourhood`."""

    def __init__(self, node_of: NodeOf) -> None:
        self.graph = Graph(node_of, self)
        self._node_of = node_of
        self._by_id: dict[bytes, Node | Reference] = {}
        self._cursor: Cursor | None = None

    def __len__(self) -> int:
        return len(self._by_id)

    def use(self, cursor: Cursor) -> None:
        """Read through the transaction of this cursor from now on."""
        self._cursor = cursor

    def bring(self, handles: Iterable[Handle], merges: Collection[str] = ()) -> None:
        """Bring identifiers, references and merges into memory that the tables have."""
        graph = self.graph
        missing = {h for h in handles if h not in graph.nodes and h not in graph.references}
        self._bring_ids([self._node_of(handle).bytes for handle in missing])
        unknown = [merge_id for merge_id in merges if merge_id not in graph.merges]
        if unknown:
            self._read_merges((), unknown)

    def complete_nodes(self, nodes: Collection[Node]) -> None:
        """Add all edges and merges of these identifiers."""
        ids = [node.id.hex for node in nodes]
        rows = self._edges("identifiers", ids)
        self._bring_ids(_ends(rows))
        for one, other, position, first, last, said, said_key in rows:
            a, b = self._by_id[bytes(one)], self._by_id[bytes(other)]
            if isinstance(a, Node) and isinstance(b, Node) and b not in a.edges:
                edge = Edge(a, b, position, key_of(first), key_or_none(last))
                edge.said, edge.said_key = said, key_or_none(said_key)
                a.edges[b] = b.edges[a] = edge
        self._read_merges(ids, ())
        for node in nodes:
            node.is_complete = True

    def complete_references(self, references: Collection[Reference]) -> None:
        """Add all that introduced these references, and what they were named beside."""
        ids = [reference.id.hex for reference in references]
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
            self._introductions(self._edges("introduced", [node.id.hex for node in kept]))
        return {reference for node in nodes for reference in node.introduced}

    def flush(self, cursor: Cursor) -> None:
        """Write what changed in the graph since it was last written."""
        graph = self.graph
        references = sorted(graph.references_changed, key=lambda reference: reference.id)
        nodes = [_node_row(node) for node in sorted(graph.nodes_changed, key=lambda n: n.id)]
        nodes += [_reference_row(reference) for reference in references]
        _write(cursor, UPSERT_NODES, rows=nodes)
        edges = {(row[0], row[1]): row for row in map(_edge_row, graph.edges_changed)}
        edges |= {(r[0], r[1]): r for reference in references for r in _links(reference)}
        _write(cursor, UPSERT_EDGES, rows=[edges[pair] for pair in sorted(edges)])
        _write(cursor, UPSERT_MERGES, rows=[_merge_row(merge) for merge in graph.merges_changed])
        written: list[Node | Reference] = [*graph.nodes_changed, *references]
        for part in written:
            part.is_kept = True
            self._by_id[part.id.bytes] = part
        graph.nodes_changed.clear()
        graph.edges_changed.clear()
        graph.references_changed.clear()
        graph.merges_changed.clear()

    def _execute(self, statement: str, parameters: Any) -> list[Row]:
        if self._cursor is None:
            raise RuntimeError("the graph's rows are read without a transaction")
        self._cursor.execute(statement, parameters)
        return self._cursor.fetchall()

    def _edges(self, kind: str, ids: list[str]) -> list[Row]:
        return self._execute(SELECT_EDGES, {"kind": kind, "ids": ids})

    def _bring_ids(self, ids: Iterable[bytes]) -> None:
        missing = sorted({one for one in ids if one not in self._by_id})
        if not missing:
            return
        rows = self._execute(SELECT_NODES, ([one.hex() for one in missing],))
        self._bring_ids(bytes(row[6]) for row in rows if row[6] is not None)
        for row in rows:
            self._remember(row)

    def _remember(self, row: Row) -> None:
        node_id, type_, issuer, value, is_reference, customer, owner, shared, verified, first = row
        id_, handle = UUID(bytes=bytes(node_id)), Handle(type_, value, issuer)
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
                key = key_of(row[3])
                reference.introduced[node] = min(key, reference.introduced.get(node, key))
                node.introduced.add(reference)

    def _read_merges(self, ids: Collection[str], names: Collection[str]) -> None:
        rows = self._execute(SELECT_MERGES, {"ids": list(ids), "names": list(names)})
        self._bring_ids(bytes(one) for row in rows for one in row[1:3] if one is not None)
        for merge_id, survivor, absorbed, made, is_undone in rows:
            if merge_id not in self.graph.merges:
                merge = self.graph.merges[merge_id] = Merge(merge_id, is_undone=is_undone)
                if survivor is not None:
                    merge.made = key_or_none(made)
                    self._join(merge, survivor=bytes(survivor), absorbed=bytes(absorbed))

    def _join(self, merge: Merge, *, survivor: bytes, absorbed: bytes) -> None:
        one, other = self._by_id[survivor], self._by_id[absorbed]
        if isinstance(one, Node) and isinstance(other, Node):
            merge.pair = (one, other)
            one.merges.append(merge)
            other.merges.append(merge)


def _ends(rows: Iterable[Row]) -> list[bytes]:
    return [bytes(end) for row in rows for end in row[:2]]


def key_of(text: str) -> OrderKey:
    """Read an order key as the tables hold it."""
    time, source, length, sequence, position, event_id = from_json(text)
    return time, source, length, sequence, position, event_id


def key_or_none(text: str | None) -> OrderKey | None:
    """Read an order key, or that there is none."""
    return None if text is None else key_of(text)


def _text(key: OrderKey | None) -> str | None:
    return None if key is None else to_json(key).decode()


def _node_row(node: Node) -> Row:
    customer = None if node.customer is None else node.customer.hex
    found = node.handle
    return (node.id.hex, found.type, found.issuer, found.value, False, customer, None) + (
        node.is_shared,
        node.is_verified,
        _text(node.first_key),
    )


def _reference_row(reference: Reference) -> Row:
    owner, found = reference.owner, reference.handle
    keys = [*reference.introduced.values(), *reference.beside.values()]
    first = _text(min(keys)) if keys else "[]"
    return (reference.id.hex, found.type, found.issuer, found.value, True, None) + (
        None if owner is None else owner.id.hex,
        False,
        False,
        first,
    )


def _edge_row(edge: Edge) -> Row:
    seen, said = _text(edge.last_seen), _text(edge.said_key)
    return (edge.one.id.hex, edge.other.id.hex, "identifiers", edge.first_position) + (
        _text(edge.first_key),
        seen,
        edge.said,
        said,
    )


def _links(reference: Reference) -> Iterable[Row]:
    mine = reference.id.hex
    for node, key in reference.introduced.items():
        yield (mine, node.id.hex, "introduced", key[4], _text(key), None, None, None)
    for other, key in reference.beside.items():
        pair = sorted((mine, other.id.hex))
        yield (*pair, "beside", key[4], _text(key), None, None, None)


def _merge_row(merge: Merge) -> Row:
    survivor, absorbed = merge.pair or (None, None)
    return (
        merge.merge_id,
        survivor.id.hex if survivor else None,
        absorbed.id.hex if absorbed else None,
        _text(merge.made),
        merge.is_undone,
    )


def _write(cursor: Cursor, statement: str, *, rows: Collection[Row]) -> None:
    if rows:
        execute_values(cursor, statement, rows, page_size=PAGE_ROWS)
