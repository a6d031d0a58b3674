"""Which events corrections are about: kept, so that each is read as it reads now, or read then.

What belongs together is found by position: an event, its corrections, and corrections of these.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from domain.corrections import EventName, as_corrected, claims, name_of, with_corrections
from domain.event import Event
from domain.events import EventCorrected, EventRetracted
from domain.handles import EVENT, Handle
from domain.identity.observation import Observation, distill, observations
from projections.identity.rows import NodeOf

Load = Callable[[Collection[int]], list[Event]]

SELECT_RELATED = """
SELECT position, about_position FROM identity_corrections
WHERE about_position IS NOT NULL AND position <= %(known_at)s AND about_position <= %(known_at)s
    AND (position = ANY(%(positions)s) OR about_position = ANY(%(positions)s))
"""
SELECT_IS_AWAITED = "SELECT EXISTS (SELECT FROM identity_corrections WHERE about_position IS NULL)"
UPDATE_ARRIVED = """
UPDATE identity_corrections SET about_position = arrived.position
FROM unnest(%s::uuid[], %s::bigint[]) AS arrived (about_id, position)
WHERE identity_corrections.about_id = arrived.about_id AND about_position IS NULL
RETURNING about_position
"""
INSERT_ABOUT = """
INSERT INTO identity_corrections (position, about_id, about_position) VALUES %s
ON CONFLICT DO NOTHING
"""
INSERT_READINGS = """
INSERT INTO identity_readings (node_id, position) VALUES %s ON CONFLICT DO NOTHING
"""
SELECT_READ = "SELECT DISTINCT position FROM identity_readings WHERE node_id = ANY(%s::uuid[])"
SELECT_READINGS = """
SELECT DISTINCT uuid_send(node_id) FROM identity_readings WHERE position = ANY(%s)
"""
DELETE_READINGS = "DELETE FROM identity_readings WHERE position = ANY(%s)"
DELETE_ERASED = """
DELETE FROM identity_corrections WHERE position = ANY(%(erased)s);
UPDATE identity_corrections SET about_position = NULL WHERE about_position = ANY(%(erased)s)
"""
NEWEST = 2**63 - 1


class Log(Protocol):
    """What the identity view asks of the log besides events at positions."""

    def positions_of(self, names: Collection[EventName]) -> Mapping[EventName, int]:
        """Return the positions of those events, named by source and id, that the log holds."""

    def filed_under(self, streams: Collection[UUID]) -> Mapping[int, Collection[UUID]]:
        """Return the positions of all entries of these streams, with what each observed."""


def note(
    cursor: Cursor, seen: Sequence[Observation], *, load: Load, log: Log, node_of: NodeOf
) -> set[int]:
    """Note the corrections among new events; return the events that are or have corrections."""
    touched = _arrived(cursor, seen, node_of=node_of)
    corrections = load([one.position for one in seen if one.about is not None])
    if not corrections:
        return touched
    named = {
        event.position: [name for name, _ in claims(event.data)]
        for event in corrections
        if isinstance(event.data, EventCorrected | EventRetracted)
    }
    places = log.positions_of({name for names in named.values() for name in names})
    last = seen[-1].position
    # What cannot be read any more never arrives; what comes after this page has not arrived yet.
    readable = {event.position for event in load([at for at in places.values() if at <= last])}
    execute_values(
        cursor,
        INSERT_ABOUT,
        [
            (position, _token(name, node_of), at if (at := places.get(name)) in readable else None)
            for position, names in named.items()
            for name in names
        ],
    )
    return touched | named.keys()


def related(cursor: Cursor, positions: Iterable[int], *, known_at: int = NEWEST) -> set[int]:
    """Return what is connected with these positions by corrections; those without any are not."""
    found: set[int] = set()
    border = set(positions)
    while border:
        parameters = {"positions": sorted(border), "known_at": known_at}
        cursor.execute(SELECT_RELATED, parameters)
        beside = {position for row in cursor.fetchall() for position in row}
        border = beside - found - border
        found |= beside
    return found


def observed(
    cursor: Cursor, events: Sequence[Event], *, load: Load, known_at: int = NEWEST
) -> list[Observation]:
    """Return what each of these events says about who somebody is, as it reads at a position."""
    group = related(cursor, (event.position for event in events), known_at=known_at)
    if not group:
        return [distill(event) for event in events]
    at_hand = {event.position for event in events}
    others = load(sorted(group - at_hand))
    corrected = [event for event in events if event.position in group]
    read = {one.position: one for one in observations([*corrected, *others])}
    return [read.get(event.position) or distill(event) for event in events]


def in_effect(cursor: Cursor, events: Sequence[Event], *, load: Load) -> list[Event]:
    """Return those of these events that were not retracted, each as it reads now, by position."""
    asked = {event.position for event in events}
    others = load(sorted(related(cursor, asked) - asked))
    told = with_corrections([*events, *others])
    read = [event for event, has_effect in told if has_effect and event.position in asked]
    return sorted(read, key=lambda event: event.position)


def note_readings(cursor: Cursor, events: Collection[Event], *, node_of: NodeOf) -> None:
    """Note all that events name in any reading that the corrections among them give them."""
    rows = {(node_of(handle).hex, position) for position, handle in readings(events)}
    if rows:
        execute_values(cursor, INSERT_READINGS, sorted(rows))


def readings(events: Collection[Event]) -> Iterator[tuple[int, Handle]]:
    """Yield what each event names in any reading that the corrections among them give it."""
    versions = {name_of(event): [event] for event in events}
    for event in events:
        if isinstance(event.data, EventCorrected | EventRetracted):
            for name, data in claims(event.data):
                if data is not None and name in versions:
                    versions[name].append(as_corrected(versions[name][0], data))
    for read in (one for each in versions.values() for one in each):
        for handle in distill(read).named:
            yield read.position, handle


def read_as(cursor: Cursor, nodes: Iterable[bytes]) -> set[int]:
    """Return the corrected events that name one of these in any reading."""
    cursor.execute(SELECT_READ, ([node.hex() for node in nodes],))
    return {position for (position,) in cursor.fetchall()}


def readings_of(cursor: Cursor, positions: Collection[int]) -> set[UUID]:
    """Return all that these events name in any reading."""
    cursor.execute(SELECT_READINGS, (sorted(positions),))
    return {UUID(bytes=bytes(node)) for (node,) in cursor.fetchall()}


def forget(cursor: Cursor, positions: Collection[int], *, erased: Collection[int]) -> None:
    """Drop what events name in any reading, and what is known of erased ones."""
    cursor.execute(DELETE_READINGS, (sorted({*positions, *erased}),))
    cursor.execute(DELETE_ERASED, {"erased": sorted(erased)})


def _arrived(cursor: Cursor, seen: Sequence[Observation], *, node_of: NodeOf) -> set[int]:
    """Note which of the new events were corrected before they arrived; return them."""
    cursor.execute(SELECT_IS_AWAITED)
    (is_awaited,) = cursor.fetchone() or (False,)
    if not is_awaited:
        return set()
    tokens = [_token(one.event_name, node_of) for one in seen]
    cursor.execute(UPDATE_ARRIVED, (tokens, [one.position for one in seen]))
    return {position for (position,) in cursor.fetchall()}


def _token(name: EventName, node_of: NodeOf) -> str:
    source, event_id = name
    return node_of(Handle(EVENT, event_id, source)).hex
