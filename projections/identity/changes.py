"""The tables of the identity view, written: new parts are copied, changed ones replaced."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values
from pydantic_core import to_json

from domain.event import OrderKey
from domain.handles import Handle
from domain.identity.graph import Graph
from domain.identity.nodes import NEVER, Edge, Merge, Node, Reference
from eventlog.keyring import TOKEN_BYTES
from projections.binary_rows import (
    FALSE,
    NULL,
    TRUE,
    Upsert,
    bigint,
    copy_rows,
    field,
    text,
    upsert_rows,
    word,
)

NODE_COLUMNS = (
    "node_id, type, issuer, value, is_reference, customer_id, owner_id, is_shared, is_verified,"
    " first_key"
)
COPY_NODES = f"COPY identity_nodes ({NODE_COLUMNS}) FROM STDIN (FORMAT binary)"
MAKE_CHANGED_NODES = """
CREATE TEMPORARY TABLE IF NOT EXISTS changed_identity_nodes (LIKE identity_nodes)
"""
COPY_CHANGED_NODES = f"""
COPY pg_temp.changed_identity_nodes ({NODE_COLUMNS}) FROM STDIN (FORMAT binary)
"""
REPLACE_NODES = """
INSERT INTO identity_nodes SELECT * FROM pg_temp.changed_identity_nodes
ON CONFLICT (node_id) DO UPDATE SET customer_id = excluded.customer_id,
    owner_id = excluded.owner_id, is_shared = excluded.is_shared,
    is_verified = excluded.is_verified, first_key = excluded.first_key
"""
CHANGED_NODES = Upsert(
    "pg_temp.changed_identity_nodes",
    MAKE_CHANGED_NODES,
    COPY_CHANGED_NODES,
    REPLACE_NODES,
    COPY_NODES,
)
EDGE_COLUMNS = "node_id, other_id, kind, first_position, first_key, last_seen, said, said_key"
COPY_EDGES = f"COPY identity_edges ({EDGE_COLUMNS}) FROM STDIN (FORMAT binary)"
MAKE_CHANGED_EDGES = """
CREATE TEMPORARY TABLE IF NOT EXISTS changed_identity_edges (LIKE identity_edges)
"""
COPY_CHANGED_EDGES = f"""
COPY pg_temp.changed_identity_edges ({EDGE_COLUMNS}) FROM STDIN (FORMAT binary)
"""
REPLACE_EDGES = """
INSERT INTO identity_edges SELECT * FROM pg_temp.changed_identity_edges
ON CONFLICT (node_id, other_id) DO UPDATE SET first_position = excluded.first_position,
    first_key = excluded.first_key, last_seen = excluded.last_seen, said = excluded.said,
    said_key = excluded.said_key
"""
CHANGED_EDGES = Upsert(
    "pg_temp.changed_identity_edges",
    MAKE_CHANGED_EDGES,
    COPY_CHANGED_EDGES,
    REPLACE_EDGES,
    COPY_EDGES,
)
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

# What nearly every row has at the same place: how many fields, and fields of few values.
_ID = struct.pack(">i", TOKEN_BYTES)
_NODE = struct.pack(">h", 10) + _ID
_EDGE = struct.pack(">h", 8) + _ID
_YES, _NO = field(TRUE), field(FALSE)
_POSITION = struct.pack(">i", 8)
_SEEN, _INTRODUCED, _BESIDE = (
    field(kind) + _POSITION for kind in (b"identifiers", b"introduced", b"beside")
)
_NO_MORE = NULL * 3


def write_changes(cursor: Cursor, graph: Graph) -> list[Node | Reference]:
    """Write what changed in the graph since it was last written; return the changed nodes."""
    parts: list[Node | Reference] = [*graph.nodes_changed, *graph.references_changed]
    # By id, as are the edges, so that an index is written in its order.
    fresh = sorted([_node(part) for part in parts if not part.is_kept])
    copy_rows(cursor, COPY_NODES, rows=fresh)
    changed = [_node(part) for part in parts if part.is_kept]
    upsert_rows(cursor, CHANGED_NODES, rows=changed)
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
    fresh: dict[bytes, bytes] = {}
    changed: dict[bytes, bytes] = {}
    for edge in graph.edges_changed:
        pair = _pair(edge.one.id.bytes, edge.other.id.bytes)
        (changed if edge.is_kept else fresh)[pair] = _edge(edge, pair)
    for reference in graph.references_changed:
        (changed if reference.is_kept else fresh).update(_links(reference))
    # What stands beside a reference that was there before may be there too.
    for pair in fresh.keys() & changed.keys():
        del fresh[pair]
    copy_rows(cursor, COPY_EDGES, rows=sorted(fresh.values()))
    upsert_rows(cursor, CHANGED_EDGES, rows=list(changed.values()))


def _node(part: Node | Reference) -> bytes:
    named = _named(part.handle)
    if isinstance(part, Reference):
        keys = [*part.introduced.values(), *part.beside.values()]
        first = _packed(min(keys) if keys else NEVER)
        whose = (_YES, NULL, NULL if part.owner is None else _ID + part.owner.id.bytes, _NO, _NO)
        return b"".join((_NODE, part.id.bytes, named, *whose, first))
    customer = NULL if part.customer is None else _ID + part.customer.bytes
    flags = (_YES if part.is_shared else _NO, _YES if part.is_verified else _NO)
    whose = (_NO, customer, NULL, *flags)
    return b"".join((_NODE, part.id.bytes, named, *whose, _packed(part.first_key)))


def _named(handle: Handle) -> bytes:
    return word(handle.type) + word(handle.issuer) + text(handle.value)


def _edge(edge: Edge, pair: bytes) -> bytes:
    kept = (_EDGE, pair, _SEEN, bigint(edge.first_position), _packed(edge.first_key))
    # How often two were seen is not written; what was last is found when somebody speaks of them.
    last = edge.first_key if edge.last_seen and edge.said is None else edge.last_seen
    return b"".join((*kept, _maybe_packed(last), text(edge.said), _maybe_packed(edge.said_key)))


def _links(reference: Reference) -> Iterable[tuple[bytes, bytes]]:
    mine = reference.id.bytes
    for node, key in reference.introduced.items():
        pair = mine + _ID + node.id.bytes
        yield pair, _link(pair, _INTRODUCED, key=key)
    for other, key in reference.beside.items():
        pair = _pair(mine, other.id.bytes)
        yield pair, _link(pair, _BESIDE, key=key)


def _pair(one: bytes, other: bytes) -> bytes:
    return one + _ID + other if one < other else other + _ID + one


def _link(pair: bytes, kind: bytes, *, key: OrderKey) -> bytes:
    return b"".join((_EDGE, pair, kind, bigint(key[4]), _packed(key), _NO_MORE))


def _merge(merge: Merge) -> tuple[str | bool | None, ...]:
    survivor, absorbed = merge.pair or (None, None)
    return (
        merge.merge_id,
        merge.id.hex,
        survivor.id.hex if survivor else None,
        absorbed.id.hex if absorbed else None,
        None if merge.made is None else _text(merge.made).decode(),
        merge.is_undone,
    )


def _text(key: OrderKey) -> bytes:
    return b"[]" if key is NEVER else to_json(key)


def _packed(key: OrderKey) -> bytes:
    return field(_text(key))


def _maybe_packed(key: OrderKey | None) -> bytes:
    return NULL if key is None else _packed(key)
