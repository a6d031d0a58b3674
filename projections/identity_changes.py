"""The tables of the identity view, written: new parts are copied, changed ones replaced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values
from pydantic_core import to_json

from domain.event import OrderKey
from domain.identity.graph import Graph
from domain.identity.nodes import NEVER, Edge, Merge, Node, Reference
from projections.binary_rows import FALSE, TRUE, bigint, copy_rows, row

Fields = Sequence[bytes | str | None]

NODE_COLUMNS = (
    "node_id, type, issuer, value, is_reference, customer_id, owner_id, is_shared, is_verified,"
    " first_key"
)
COPY_NODES = f"COPY identity_nodes ({NODE_COLUMNS}) FROM STDIN (FORMAT binary)"
MAKE_CHANGED_NODES = """
CREATE TEMPORARY TABLE IF NOT EXISTS changed_identity_nodes (LIKE identity_nodes)
ON COMMIT DELETE ROWS
"""
COPY_CHANGED_NODES = f"""
COPY pg_temp.changed_identity_nodes ({NODE_COLUMNS}) FROM STDIN (FORMAT binary)
"""
REPLACE_NODES = """
INSERT INTO identity_nodes SELECT * FROM pg_temp.changed_identity_nodes
ON CONFLICT (node_id) DO UPDATE SET customer_id = excluded.customer_id,
    owner_id = excluded.owner_id, is_shared = excluded.is_shared,
    is_verified = excluded.is_verified, first_key = excluded.first_key;
TRUNCATE pg_temp.changed_identity_nodes
"""
EDGE_COLUMNS = "node_id, other_id, kind, first_position, first_key, last_seen, said, said_key"
COPY_EDGES = f"COPY identity_edges ({EDGE_COLUMNS}) FROM STDIN (FORMAT binary)"
MAKE_CHANGED_EDGES = """
CREATE TEMPORARY TABLE IF NOT EXISTS changed_identity_edges (LIKE identity_edges)
ON COMMIT DELETE ROWS
"""
COPY_CHANGED_EDGES = f"""
COPY pg_temp.changed_identity_edges ({EDGE_COLUMNS}) FROM STDIN (FORMAT binary)
"""
REPLACE_EDGES = """
INSERT INTO identity_edges SELECT * FROM pg_temp.changed_identity_edges
ON CONFLICT (node_id, other_id) DO UPDATE SET first_position = excluded.first_position,
    first_key = excluded.first_key, last_seen = excluded.last_seen, said = excluded.said,
    said_key = excluded.said_key;
TRUNCATE pg_temp.changed_identity_edges
"""
UPSERT_MERGES = """
INSERT INTO identity_merges (merge_id, node_id, survivor_id, absorbed_id, made, is_undone) VALUES %s
ON CONFLICT (merge_id) DO UPDATE SET survivor_id = excluded.survivor_id,
    absorbed_id = excluded.absorbed_id, made = excluded.made, is_undone = excluded.is_undone
"""


DELETE_NODES = "DELETE FROM identity_nodes WHERE node_id = ANY(%s::uuid[])"
DELETE_MERGES = "DELETE FROM identity_merges WHERE merge_id = ANY(%s::text[])"
DELETE_EDGES_WITHIN = """
DELETE FROM identity_edges WHERE node_id = ANY(%(ids)s::uuid[]) AND other_id = ANY(%(ids)s::uuid[])
"""


def write_changes(cursor: Cursor, graph: Graph) -> list[Node | Reference]:
    """Write what changed in the graph since it was last written; return the changed nodes."""
    parts: list[Node | Reference] = [*graph.nodes_changed, *graph.references_changed]
    copy_rows(cursor, COPY_NODES, rows=[row(_node(part)) for part in parts if not part.is_kept])
    changed = [row(_node(part)) for part in parts if part.is_kept]
    _replace(cursor, (MAKE_CHANGED_NODES, COPY_CHANGED_NODES, REPLACE_NODES), rows=changed)
    _write_edges(cursor, graph)
    stated = [merge for merge in graph.merges_changed if merge.pair or merge.is_undone]
    if stated:
        execute_values(cursor, UPSERT_MERGES, [_merge(merge) for merge in stated])
    for part in parts:
        part.is_kept = True
    for edge in graph.edges_changed:
        edge.is_kept = True
    for changes in (graph.nodes_changed, graph.references_changed, graph.edges_changed):
        changes.clear()
    graph.merges_changed.clear()
    return parts


def delete_unnamed(cursor: Cursor, graph: Graph) -> list[Node | Reference]:
    """Remove from the graph and the tables what was withdrawn and not told again; return it."""
    parts = list(graph.withdrawn)
    merges = [merge for merge in graph.merges_changed if not (merge.pair or merge.is_undone)]
    if merges:
        cursor.execute(DELETE_MERGES, ([merge.merge_id for merge in merges],))
    for merge in merges:
        del graph.merges[merge.merge_id]
    if parts:
        cursor.execute(DELETE_NODES, ([part.id.hex for part in parts],))
    for part in parts:
        if isinstance(part, Node):
            del graph.nodes[part.handle]
        else:
            del graph.references[part.handle]
    graph.nodes_changed.difference_update(graph.withdrawn)
    graph.references_changed.difference_update(graph.withdrawn)
    graph.withdrawn.clear()
    return parts


def delete_edges_within(cursor: Cursor, ids: Iterable[UUID]) -> None:
    """Remove what joins any two of these identifiers and references."""
    cursor.execute(DELETE_EDGES_WITHIN, {"ids": [one.hex for one in ids]})


def _write_edges(cursor: Cursor, graph: Graph) -> None:
    fresh: dict[tuple[bytes, bytes], bytes] = {}
    changed: dict[tuple[bytes, bytes], bytes] = {}
    for edge in graph.edges_changed:
        pair = _ordered(edge.one.id.bytes, edge.other.id.bytes)
        (changed if edge.is_kept else fresh)[pair] = row(_edge(edge, pair))
    for reference in graph.references_changed:
        (changed if reference.is_kept else fresh).update(_links(reference))
    # What stands beside a reference that was there before may be there too.
    fresh = {pair: packed for pair, packed in fresh.items() if pair not in changed}
    copy_rows(cursor, COPY_EDGES, rows=fresh.values())
    _replace(cursor, (MAKE_CHANGED_EDGES, COPY_CHANGED_EDGES, REPLACE_EDGES), rows=changed.values())


def _replace(cursor: Cursor, statements: tuple[str, str, str], *, rows: Iterable[bytes]) -> None:
    packed = list(rows)
    if packed:
        make, copy, replace = statements
        cursor.execute(make)
        copy_rows(cursor, copy, rows=packed)
        cursor.execute(replace)


def _node(part: Node | Reference) -> Fields:
    found = part.handle
    named = (part.id.bytes, found.type, found.issuer, found.value)
    if isinstance(part, Reference):
        owner = None if part.owner is None else part.owner.id.bytes
        keys = [*part.introduced.values(), *part.beside.values()]
        first = _text(min(keys)) if keys else "[]"
        return (*named, TRUE, None, owner, FALSE, FALSE, first)
    customer = None if part.customer is None else part.customer.bytes
    flags = (TRUE if part.is_shared else FALSE, TRUE if part.is_verified else FALSE)
    return (*named, FALSE, customer, None, *flags, _text(part.first_key))


def _edge(edge: Edge, pair: tuple[bytes, bytes]) -> Fields:
    kept = ("identifiers", bigint(edge.first_position), _text(edge.first_key))
    # How often two were seen is not written; what was last is found when somebody speaks of them.
    last = edge.first_key if edge.last_seen and edge.said is None else edge.last_seen
    return (*pair, *kept, _maybe(last), edge.said, _maybe(edge.said_key))


def _links(reference: Reference) -> Iterable[tuple[tuple[bytes, bytes], bytes]]:
    mine = reference.id.bytes
    for node, key in reference.introduced.items():
        yield (mine, node.id.bytes), _link((mine, node.id.bytes), "introduced", key=key)
    for other, key in reference.beside.items():
        theirs = other.id.bytes
        pair = _ordered(mine, theirs)
        yield pair, _link(pair, "beside", key=key)


def _ordered(one: bytes, other: bytes) -> tuple[bytes, bytes]:
    return (one, other) if one < other else (other, one)


def _link(pair: tuple[bytes, bytes], kind: str, *, key: OrderKey) -> bytes:
    return row((*pair, kind, bigint(key[4]), _text(key), None, None, None))


def _merge(merge: Merge) -> tuple[str | bool | None, ...]:
    survivor, absorbed = merge.pair or (None, None)
    return (
        merge.merge_id,
        merge.id.hex,
        survivor.id.hex if survivor else None,
        absorbed.id.hex if absorbed else None,
        _maybe(merge.made),
        merge.is_undone,
    )


def _text(key: OrderKey) -> str:
    return "[]" if key is NEVER else to_json(key).decode()


def _maybe(key: OrderKey | None) -> str | None:
    return None if key is None else _text(key)
