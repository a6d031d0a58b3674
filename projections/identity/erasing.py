"""What an erasure would destroy: the streams that hold this customer's entries and nobody else's.

A stream that others are filed under too, such as a shared telephone, stays; so do the customer's
entries in it, and the answer says how many.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from domain.event import OUR_SOURCE, Event
from domain.identity.match import KnownIdentifier
from domain.identity.observation import Observation
from projections.identity.corrections import observed
from projections.identity.ground import Ground
from projections.identity.queries import identifiers

SELECT_MINE = "SELECT position FROM identity_entries WHERE customer_id = %s::uuid"
SELECT_NAMES = """
SELECT uuid_send(node_id) FROM identity_nodes WHERE customer_id = %(customer)s::uuid
UNION
SELECT uuid_send(thing.node_id) FROM identity_nodes AS owner
JOIN identity_edges AS edge ON edge.other_id = owner.node_id AND edge.kind = 'introduced'
JOIN identity_nodes AS thing ON thing.node_id = edge.node_id
WHERE owner.customer_id = %(customer)s::uuid AND thing.owner_id = owner.node_id
"""
SELECT_FILED = "SELECT DISTINCT stream_id::text FROM log.entries WHERE position = ANY(%s::bigint[])"
SELECT_ENTRIES = """
SELECT uuid_send(stream_id), position FROM log.entries WHERE stream_id = ANY(%s::uuid[])
"""
SELECT_OTHERS = """
SELECT uuid_send(node_id) FROM identity_nodes
WHERE node_id = ANY(%(nodes)s::uuid[]) AND customer_id <> %(customer)s::uuid
"""
SELECT_MERGED = """
SELECT uuid_send(survivor_id), uuid_send(absorbed_id) FROM identity_merges
WHERE merge_id = %s AND survivor_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Erasable:
    """What would be erased of a customer, as known at `position`.

    `streams` are the streams to destroy, those included under which nothing is filed yet; `kept`
    is how many streams stay because they are others' too. `erased` are the events that nobody
    could read any more, in position order, `staying` those that stay readable.
    """

    position: int
    customer_id: UUID
    identifiers: tuple[KnownIdentifier, ...]
    streams: frozenset[UUID]
    kept: int
    erased: tuple[Event, ...]
    staying: tuple[Event, ...]


def erasable(ground: Ground, customer_id: UUID) -> Erasable:
    """Return what an erasure of this customer would destroy if it were executed now."""
    mine = set(ground.positions(SELECT_MINE, (str(customer_id),)))
    events = sorted(ground.load(sorted(mine)), key=lambda event: event.position)
    own = mine - _others_too(ground, customer_id, events=events)
    named = _named(ground, customer_id)
    filed = {UUID(text) for (text,) in ground.rows(SELECT_FILED, (sorted(mine),))}
    entries = _entries(ground, filed | named)
    kept = {stream for stream, position in entries if position not in own}
    destroyed = {position for stream, position in entries if stream not in kept}
    return Erasable(
        ground.position,
        customer_id,
        identifiers(ground.cursor, customer_id),
        streams=frozenset((filed | named) - kept),
        kept=len(kept),
        erased=tuple(event for event in events if event.position in destroyed),
        staying=tuple(event for event in events if event.position not in destroyed),
    )


def _named(ground: Ground, customer_id: UUID) -> set[UUID]:
    """Return the streams of everything that leads to the customer, entries or none."""
    rows = ground.rows(SELECT_NAMES, {"customer": str(customer_id)})
    return {UUID(bytes=bytes(node)) for (node,) in rows}


def _entries(ground: Ground, streams: Collection[UUID]) -> list[tuple[UUID, int]]:
    rows = ground.rows(SELECT_ENTRIES, ([stream.hex for stream in streams],))
    return [(UUID(bytes=bytes(stream)), position) for stream, position in rows]


def _others_too(ground: Ground, customer_id: UUID, *, events: Collection[Event]) -> set[int]:
    """Return the positions of statements that another customer has as well.

    What was decided here is filed apart from everybody's own, and is forgotten with either.
    """
    others = [event for event in events if event.source != OUR_SOURCE]
    told = observed(ground.cursor, others, load=ground.load)
    seen = [one for one in told if one.statement is not None]
    pairs = {one.position: _stated(ground, one) for one in seen}
    nodes = [node.hex for pair in pairs.values() for node in pair]
    rows = ground.rows(SELECT_OTHERS, {"nodes": nodes, "customer": str(customer_id)})
    theirs = {UUID(bytes=bytes(node)) for (node,) in rows}
    return {position for position, pair in pairs.items() if theirs.intersection(pair)}


def _stated(ground: Ground, seen: Observation) -> list[UUID]:
    said = seen.statement
    if said is None or said.kind != "unmerged":
        return [ground.node_of(handle) for handle in (said.pair if said else ())]
    rows = ground.rows(SELECT_MERGED, (said.merge_id,))
    return [UUID(bytes=bytes(node)) for pair in rows for node in pair]
