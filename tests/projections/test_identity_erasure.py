"""What was erased is nowhere in the identity tables, as if it had never been read."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.event import Event
from domain.events import ErasureExecuted, EventData
from tests.projections.graphs import BEGIN, PEOPLE, events_of, histories, node_of, stream_of, table

DESTROY = """
UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now() WHERE stream_id = ANY(%s::uuid[])
RETURNING stream_id
"""


@given(
    told=histories(),
    chance=st.randoms(use_true_random=False),
    page=st.sampled_from([1, 2, 5, 50]),
    at=st.integers(0, 12),
    erased=st.sets(st.sampled_from([node_of(one.handle) for one in PEOPLE]), min_size=1),
)
@settings(max_examples=300)
def test_after_an_erasure_the_tables_are_those_of_a_rebuild(
    migrated_database: str,
    told: list[EventData],
    chance: object,
    page: int,
    at: int,
    erased: set[UUID],
) -> None:
    """Whoever is erased whenever: the rows equal those of reading what can still be read."""
    order = list(range(len(told)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    arriving = with_erasure(events_of(told, order), at, erased=erased)
    with table(migrated_database) as live:
        live.take(arriving, page, erased=erased)
        found = live.rows()
    with table(migrated_database) as anew:
        anew.destroyed = set(erased)
        anew.take(arriving, len(arriving), erased=erased)
        assert found == anew.rows()


def with_erasure(events: list[Event], at: int, *, erased: set[UUID]) -> list[Event]:
    """Tell the erasure at a place; what comes for those erased afterwards is not stored."""
    fact = Event.of(ErasureExecuted(request_id="r1"), id="erasure", source="s", time=BEGIN)
    later = [event for event in events[at:] if stream_of(event) not in erased]
    arriving = [*events[:at], fact, *later]
    return [event._replace(position=position) for position, event in enumerate(arriving, 1)]
