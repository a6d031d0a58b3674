"""What was erased is nowhere in the identity tables, as if it had never been read."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.decisions import By
from domain.event import Event
from domain.events import ErasureExecuted, ErasureRequested, EventData
from domain.handles import Handle
from tests.examples import share
from tests.projections.identity.graphs import (
    BEGIN,
    PEOPLE,
    Table,
    Tables,
    contact,
    corrected,
    events_of,
    histories,
    node_of,
    stream_of,
)
from tests.projections.world import NOW, World


def test_whoever_is_erased_is_gone_from_every_view(world: World) -> None:
    """No value of theirs is in any table; others keep what is theirs, also what they shared."""
    world.show(
        "2026-01-01 order.placed O-1 account_no:77310042 email:ann@x.example phone:+17175550142",
        "2026-01-02 contact.started c1 email:ann@x.example",
        "2026-01-03 order.placed O-2 account_no:88420017 phone:+17175550142",
        "2026-01-04 contact.started c2 phone:+17175550142",
        "2026-01-05 order.cancelled O-1",
    )
    erase(world, "account_no:77310042", "email:ann@x.example", "order:O-1")
    world.runner().catch_up()
    found = world.tables()
    assert [name for name, rows in found.items() if "77310042" in repr(rows)] == []
    assert [name for name, rows in found.items() if "ann@x.example" in repr(rows)] == []
    kept = str(world.keyring.stream_of(Handle("account_no", "88420017")))
    entries = "SELECT customer_id::text, position FROM identity_entries ORDER BY position"
    assert world.rows(entries) == [(kept, 3), (kept, 4)]
    assert world.rows("SELECT customer_id::text FROM story") == [(kept,)]
    world.runner().recreate()
    world.runner().catch_up()
    assert world.tables() == found


def erase(world: World, *streams: str) -> None:
    """Decide to forget whoever these streams belong to."""
    by = By("officer", NOW)
    world.decisions.request_erasure(ErasureRequested(request_id="r1"), by)
    ids = [world.keyring.stream_of(Handle.parse(stream)) for stream in streams]
    world.decisions.execute_erasure(ErasureExecuted(request_id="r1"), by, streams=ids)


@given(
    told=histories(),
    chance=st.randoms(use_true_random=False),
    page=st.sampled_from([1, 2, 5, 50]),
    at=st.integers(0, 12),
    erased=st.sets(st.sampled_from([node_of(one.handle) for one in PEOPLE]), min_size=1),
)
@settings(max_examples=share(0.3))
def test_after_an_erasure_the_tables_are_those_of_a_rebuild(
    tables: Tables,
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
    with tables.empty() as live:
        live.take(arriving, page, erased=erased)
        found = live.rows()
    with tables.empty() as anew:
        anew.destroyed = set(erased)
        anew.take(arriving, len(arriving), erased=erased)
        assert found == anew.rows()


def test_what_is_no_longer_corrected_is_whose_it_says_itself(view: Table, tables: Tables) -> None:
    """A correction that came first made it another's, and is erased with that other."""
    ann, bo = PEOPLE[:2]
    told = [contact([ann], "x"), corrected(0, contact([bo], "x"))]
    first, then = events_of(told, [1, 0])
    erased = {node_of(bo.handle), stream_of(first)}
    arriving = with_erasure([first, then], 2, erased=erased)
    view.take(arriving, 1, erased=erased)
    assert view.owners()[2] == (node_of(ann.handle),)
    found = view.rows()
    with tables.empty() as anew:
        anew.destroyed = set(erased)
        anew.take(arriving, len(arriving), erased=erased)
        assert found == anew.rows()


def with_erasure(events: list[Event], at: int, *, erased: set[UUID]) -> list[Event]:
    """Tell the erasure at a place; what comes for those erased afterwards is not stored."""
    fact = Event.of(ErasureExecuted(request_id="r1"), id="erasure", source="s", time=BEGIN)
    later = [event for event in events[at:] if stream_of(event) not in erased]
    arriving = [*events[:at], fact, *later]
    return [event._replace(position=position) for position, event in enumerate(arriving, 1)]
