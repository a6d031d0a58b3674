"""What is asked of the identity view: who a handle names, now or as was known at a position.

Looking somebody up never creates a customer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from domain.handles import Handle
from domain.identity.graph import Graph
from domain.identity.match import KnownIdentifier, Match
from domain.identity.nodes import belong_together
from domain.identity.observation import Observation, distill, rank
from domain.identity.resolution import Resolution
from projections.identity import Load
from projections.identity_rows import NodeOf, key_of, key_or_none

# A call centre's number has thousands of customers; beyond this the answer is "maybe" all the same.
CANDIDATES_READ_MAX = 20_000

SELECT_NODE = """
SELECT uuid_send(coalesce(node.customer_id, owner.customer_id)), node.is_shared,
    node.type, node.issuer, node.value
FROM identity_nodes AS node LEFT JOIN identity_nodes AS owner ON owner.node_id = node.owner_id
WHERE node.node_id = %s::uuid
"""
SELECT_IDENTIFIERS = """
SELECT type, value, issuer, is_verified FROM identity_nodes WHERE customer_id = %s::uuid
"""
SELECT_BESIDE = """
SELECT uuid_send(other.customer_id), other.type, edge.last_seen, edge.said, edge.said_key
FROM (
    SELECT other_id AS id, last_seen, said, said_key FROM identity_edges
    WHERE node_id = %(id)s::uuid AND kind = 'identifiers'
    UNION ALL
    SELECT node_id, last_seen, said, said_key FROM identity_edges
    WHERE other_id = %(id)s::uuid AND kind = 'identifiers'
) AS edge JOIN identity_nodes AS other ON other.node_id = edge.id
WHERE other.customer_id IS NOT NULL LIMIT %(limit)s
"""
SELECT_BY_VALUE = """
SELECT uuid_send(coalesce(node.customer_id, owner.customer_id)), node.type, node.issuer, node.value
FROM identity_nodes AS node LEFT JOIN identity_nodes AS owner ON owner.node_id = node.owner_id
WHERE node.value = ANY(%s::text[]) OR node.value LIKE %s
ORDER BY length(node.value), node.value, node.type, node.node_id LIMIT %s
"""
# Everything that an earlier answer can have rested on: whoever was ever spoken of or merged with
# the customer gives its entries, whoever only shares an identifier with it gives its edges.
SELECT_ONCE_ONE = """
WITH mine AS (
    SELECT node_id AS id FROM identity_nodes WHERE customer_id = ANY(%(customers)s::uuid[])
    UNION SELECT unnest(%(nodes)s::uuid[])
), spoken AS (
    SELECT other_id AS id FROM identity_edges JOIN mine ON node_id = id
    WHERE kind = 'identifiers' AND said IS NOT NULL
    UNION SELECT node_id FROM identity_edges JOIN mine ON other_id = id
    WHERE kind = 'identifiers' AND said IS NOT NULL
    UNION SELECT absorbed_id FROM identity_merges JOIN mine ON survivor_id = id
    UNION SELECT survivor_id FROM identity_merges JOIN mine ON absorbed_id = id
)
SELECT DISTINCT uuid_send(customer_id) FROM identity_nodes JOIN spoken ON node_id = id
WHERE customer_id IS NOT NULL
"""
SELECT_POSITIONS = """
SELECT position FROM identity_entries
WHERE customer_id = ANY(%(customers)s::uuid[]) AND position <= %(known_at)s
UNION
SELECT position FROM identity_waiting WHERE position <= %(known_at)s AND node_id IN (
    SELECT node_id FROM identity_nodes WHERE customer_id = ANY(%(customers)s::uuid[])
    UNION SELECT unnest(%(nodes)s::uuid[]))
"""
SELECT_EDGES_AROUND = """
WITH mine AS (
    SELECT node_id AS id FROM identity_nodes WHERE customer_id = ANY(%(customers)s::uuid[])
    UNION SELECT unnest(%(nodes)s::uuid[])
), beside AS (
    SELECT id FROM mine
    UNION SELECT other_id FROM identity_edges JOIN mine ON node_id = id WHERE kind = 'identifiers'
    UNION SELECT node_id FROM identity_edges JOIN mine ON other_id = id WHERE kind = 'identifiers'
)
SELECT one.type, one.issuer, one.value, other.type, other.issuer, other.value,
    edge.first_position, edge.first_key
FROM identity_edges AS edge
JOIN beside ON beside.id = edge.node_id
JOIN identity_nodes AS one ON one.node_id = edge.node_id
JOIN identity_nodes AS other ON other.node_id = edge.other_id
WHERE edge.kind = 'identifiers' AND edge.first_position <= %(known_at)s
    AND edge.last_seen IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Who a handle names: how surely, and the customer if it is known."""

    match: Match
    customer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer that a searched text leads to, and by what; None is nobody's or several's."""

    customer_id: UUID | None
    by: Handle


def look_up(cursor: Cursor, node_id: UUID, asked: Handle | None = None) -> Found:
    """Return whom the identifier or reference with this id names.

    Any id that a customer ever had is the id of an identifier, and so still leads to them.
    """
    row = _one(cursor, SELECT_NODE, (str(node_id),))
    if row is None:
        return Found(Match("unknown", (asked,) if asked else ()))
    customer, is_shared, *named = row
    by = (asked or Handle(named[0], named[2], named[1]),)
    if is_shared:
        return Found(Match("maybe", by, len(_candidates(cursor, node_id, by[0]))))
    if customer is None:
        return Found(Match("unknown", by))
    customer_id = UUID(bytes=bytes(customer))
    return Found(Match("known", by, 1, identifiers(cursor, customer_id)), customer_id)


def identifiers(cursor: Cursor, customer_id: UUID) -> tuple[KnownIdentifier, ...]:
    """Return the identifiers of a customer, best first."""
    cursor.execute(SELECT_IDENTIFIERS, (str(customer_id),))
    known = [KnownIdentifier(Handle(*row[:3]), row[3]) for row in cursor.fetchall()]
    return tuple(sorted(known, key=lambda one: (rank(one.handle), one.handle)))


def search(cursor: Cursor, values: Collection[str], prefix: str, limit: int) -> list[Hit]:
    """Return what has one of these values, or one that begins with `prefix`; shortest first."""
    escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    cursor.execute(SELECT_BY_VALUE, (list(values), f"{escaped}%", limit))
    return [
        Hit(None if row[0] is None else UUID(bytes=bytes(row[0])), Handle(row[1], row[3], row[2]))
        for row in cursor.fetchall()
    ]


def known_then(
    cursor: Cursor, asked: Handle, *, node_of: NodeOf, known_at: int, load: Load
) -> tuple[Found, list[Event]]:
    """Return whom a handle named when the log held `known_at` entries, and their events then."""
    now = look_up(cursor, node_of(asked), asked)
    customers = [str(now.customer_id)] if now.customer_id else []
    around: dict[str, Any] = {
        "customers": customers,
        "nodes": [str(node_of(asked))],
        "known_at": known_at,
    }
    cursor.execute(SELECT_ONCE_ONE, around)
    around["customers"] = customers + [bytes(row[0]).hex() for row in cursor.fetchall()]
    cursor.execute(SELECT_POSITIONS, around)
    events = load([position for (position,) in cursor.fetchall()])
    cursor.execute(SELECT_EDGES_AROUND, around)
    return _resolved(asked, events, cursor.fetchall(), node_of)


def _resolved(
    asked: Handle, events: Sequence[Event], edges: Sequence[tuple[Any, ...]], node_of: NodeOf
) -> tuple[Found, list[Event]]:
    graph = Graph(node_of)
    for edge in edges:
        graph.add(_seen_together(edge))
    seen = {event.position: distill(event) for event in events}
    for one in seen.values():
        graph.add(one)
    graph.settle()
    resolution = Resolution({at: graph.owners(one) for at, one in seen.items()}, graph)
    customer = resolution.customer(asked)
    owned = [event for event in events if customer in resolution.owners[event.position]]
    return Found(resolution.match(asked), customer), owned


def _seen_together(edge: tuple[Any, ...]) -> Observation:
    pair = (Handle(edge[0], edge[2], edge[1]), Handle(edge[3], edge[5], edge[4]))
    best = min(map(rank, pair))
    return Observation(
        edge[6],
        key_of(edge[7]),
        anchors=tuple(handle for handle in pair if rank(handle) == best),
        attached=tuple(handle for handle in pair if rank(handle) != best),
    )


def _candidates(cursor: Cursor, node_id: UUID, handle: Handle) -> set[bytes]:
    cursor.execute(SELECT_BESIDE, {"id": str(node_id), "limit": CANDIDATES_READ_MAX})
    better = [
        (said == "linked", bytes(customer))
        for customer, type_, last_seen, said, said_key in cursor.fetchall()
        if rank(Handle(type_, "")) < rank(handle)
        and belong_together(key_or_none(last_seen), said, key_or_none(said_key))
    ]
    return {customer for is_said, customer in better if is_said} or {one for _, one in better}


def _one(cursor: Cursor, query: str, parameters: tuple[object, ...]) -> tuple[Any, ...] | None:
    cursor.execute(query, parameters)
    return cursor.fetchone()
