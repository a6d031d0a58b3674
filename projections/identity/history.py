"""Whom a handle named when the log was shorter: the rules applied anew to all that was known then.

What can matter is gathered first: whoever was seen, spoken of or merged with the one asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from domain.handles import Handle
from domain.identity.graph import HOPS_MAX, Graph
from domain.identity.observation import Observation, rank
from domain.identity.placing import owners
from domain.identity.resolution import Resolution
from projections.identity.corrections import Load, observed, read_as, related
from projections.identity.queries import Found
from projections.identity.rows import NodeOf, key_of

# Beyond this an identifier is a crowd's: shared by that many, and nothing more is asked of them.
CROWD_MIN = 50

SELECT_SEEN = """
SELECT uuid_send(edge.node_id), uuid_send(edge.other_id), one.type, one.issuer, one.value,
    other.type, other.issuer, other.value, edge.first_position, edge.first_key
FROM identity_edges AS edge
JOIN identity_nodes AS one ON one.node_id = edge.node_id
JOIN identity_nodes AS other ON other.node_id = edge.other_id
WHERE edge.kind = 'identifiers' AND edge.first_position <= %(known_at)s
    AND edge.last_seen IS NOT NULL
    AND (edge.node_id = ANY(%(nodes)s::uuid[]) OR edge.other_id = ANY(%(nodes)s::uuid[]))
"""
SELECT_STATEMENTS = """
SELECT DISTINCT position FROM identity_waiting
WHERE node_id = ANY(%(nodes)s::uuid[]) AND reason = 'followed' AND position <= %(known_at)s
"""
SELECT_NAMED_BESIDE = """
SELECT uuid_send(node_id), uuid_send(other_id) FROM identity_edges
WHERE kind <> 'identifiers'
    AND (node_id = ANY(%(nodes)s::uuid[]) OR other_id = ANY(%(nodes)s::uuid[]))
"""
SELECT_POSITIONS = """
SELECT position FROM identity_entries WHERE position <= %(known_at)s AND customer_id IN (
    SELECT customer_id FROM identity_nodes WHERE node_id = ANY(%(nodes)s::uuid[])
    UNION SELECT owner.customer_id FROM identity_nodes AS node
    JOIN identity_nodes AS owner ON owner.node_id = node.owner_id
    WHERE node.node_id = ANY(%(nodes)s::uuid[]))
UNION
SELECT position FROM identity_waiting
WHERE position <= %(known_at)s AND node_id = ANY(%(nodes)s::uuid[])
"""


@dataclass(slots=True)
class Around:
    """What can have mattered: nodes whose events count, and what only was seen beside a crowd.

    `read_otherwise` are events that named any of it in another reading than that of now.
    """

    nodes: set[bytes] = field(default_factory=set)
    things: set[bytes] = field(default_factory=set)
    read_otherwise: set[int] = field(default_factory=set)
    beside_crowds: list[Observation] = field(default_factory=list)


class Known(NamedTuple):
    """Whom a handle named, their events, and the streams of all that led to them."""

    found: Found
    events: list[Event]
    streams: frozenset[UUID]


def known_then(
    cursor: Cursor, asked: Handle, *, node_of: NodeOf, known_at: int, load: Load
) -> Known:
    """Return whom a handle named when the log held `known_at` entries, and what was theirs then."""
    reader = _Reader(cursor, node_of, load=load, known_at=known_at)
    around = Around()
    border = {node_of(asked).bytes, *_introducers(cursor, node_of(asked))}
    while border:
        _walk(reader, border, around=around)
        around.things = _things(cursor, around.nodes)
        border = reader.read_otherwise(around)
    cursor.execute(SELECT_POSITIONS, _parameters(around.nodes | around.things, known_at))
    positions = {position for (position,) in cursor.fetchall()} | around.read_otherwise
    return _resolved(asked, reader, positions=positions, beside=around.beside_crowds)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what was known at a position."""

    cursor: Cursor
    node_of: NodeOf
    load: Load
    known_at: int

    def told(self, positions: Iterable[int]) -> tuple[list[Event], list[Observation]]:
        """Return events by then, and what they said as they read then."""
        events = self.load(sorted(at for at in positions if at <= self.known_at))
        seen = observed(self.cursor, events, load=self.load, known_at=self.known_at)
        return events, seen

    def named(self, positions: Iterable[int]) -> set[bytes]:
        """Return all that events named as they read then."""
        _, seen = self.told(positions)
        return {self.node_of(handle).bytes for one in seen for handle in one.named}

    def read_otherwise(self, around: Around) -> set[bytes]:
        """Return what more was named by events that named what is here in another reading."""
        here = around.nodes | around.things
        read = {at for at in read_as(self.cursor, here) if at <= self.known_at}
        group = read | related(self.cursor, read, known_at=self.known_at)
        around.read_otherwise |= group
        return self.named(group) - here


def _walk(reader: _Reader, border: set[bytes], *, around: Around) -> None:
    """Walk on over everything that was seen and said by then."""
    cursor, known_at = reader.cursor, reader.known_at
    while border:
        around.nodes |= border
        parameters = _parameters(border, known_at)
        cursor.execute(SELECT_SEEN, parameters)
        found = _beside(cursor.fetchall(), border, around=around)
        cursor.execute(SELECT_STATEMENTS, parameters)
        found |= reader.named([position for (position,) in cursor.fetchall()])
        border = found - around.nodes


def _beside(rows: Iterable[tuple[Any, ...]], border: set[bytes], *, around: Around) -> set[bytes]:
    """Return who was seen with whom; beside a crowd only note that they were."""
    seen: dict[bytes, list[tuple[bytes, tuple[Any, ...]]]] = {node: [] for node in border}
    for row in rows:
        one, other = bytes(row[0]), bytes(row[1])
        for node, beside in ((one, other), (other, one)):
            if node in seen:
                seen[node].append((beside, row))
    found: set[bytes] = set()
    for company in seen.values():
        if len(company) > CROWD_MIN:
            around.beside_crowds += [_seen_together(row) for _, row in company]
        else:
            found |= {beside for beside, _ in company}
    return found


def _things(cursor: Cursor, people: set[bytes]) -> set[bytes]:
    """Return the references that people introduced, what stood beside, and who else did."""
    reached, border = set(people), set(people)
    for _ in range(HOPS_MAX + 1):
        cursor.execute(SELECT_NAMED_BESIDE, _parameters(border, 0))
        border = {bytes(end) for row in cursor.fetchall() for end in row} - reached
        reached |= border
    return reached - people


def _introducers(cursor: Cursor, node_id: UUID) -> set[bytes]:
    """Return who a reference led to by any event: whoever asks with it asks for them."""
    return _things(cursor, {node_id.bytes})


def _resolved(
    asked: Handle, reader: _Reader, *, positions: Iterable[int], beside: Iterable[Observation]
) -> Known:
    graph = Graph(reader.node_of)
    events, told = reader.told(positions)
    seen = {one.position: one for one in told}
    # What corrections are about can be of people whom nothing leads to from who is asked for.
    behind = {one.position: one for each in told for one in each.follows}
    for one in (*beside, *{**behind, **seen}.values()):
        graph.add(one)
    graph.settle()
    resolution = Resolution({at: owners(one, graph) for at, one in seen.items()}, graph)
    customer = resolution.customer(asked)
    owned = [event for event in events if customer in resolution.owners[event.position]]
    return Known(Found(resolution.match(asked), customer), owned, _streams(graph, customer))


def _streams(graph: Graph, customer: UUID | None) -> frozenset[UUID]:
    """Return the ids of a customer's identifiers and of the references that lead to them."""
    if customer is None:
        return frozenset()
    things = graph.references.values()
    return frozenset(
        [node.id for node in graph.nodes.values() if node.customer == customer]
        + [thing.id for thing in things if thing.owner and thing.owner.customer == customer]
    )


def _seen_together(row: tuple[Any, ...]) -> Observation:
    pair = (Handle(row[2], row[4], row[3]), Handle(row[5], row[7], row[6]))
    best = min(map(rank, pair))
    return Observation(
        row[8],
        key_of(row[9]),
        anchors=tuple(handle for handle in pair if rank(handle) == best),
        attached=tuple(handle for handle in pair if rank(handle) != best),
    )


def _parameters(nodes: Iterable[bytes], known_at: int) -> dict[str, Any]:
    return {"nodes": [node.hex() for node in nodes], "known_at": known_at}
