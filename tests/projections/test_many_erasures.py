"""Whoever is erased whenever, every view is what reading the rest of the log makes of it."""

from __future__ import annotations

from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.decisions import By
from domain.events import ErasureExecuted, ErasureRequested
from projections.queries import Views
from tests.examples import share
from tests.projections.families import histories, of_number
from tests.projections.rebuild.rebuilt import rebuild
from tests.projections.test_many_histories import (
    REBUILT_IN_PLACE,
    NewWorld,
    Told,
    a_log,
    chances,
    new_world,
    pieces,
    tables,
)
from tests.projections.test_reading_model import HISTORIES
from tests.projections.world import NOW, World

__all__ = ["new_world"]

ERASED = 0.4
OFFICER = By("officer", NOW)
few = st.lists(histories(with_calendars=True), min_size=HISTORIES, max_size=HISTORIES).map(Told)


@settings(a_log, max_examples=share(1 / 60))
@given(told=few, chance=chances)
def test_the_tables_are_those_of_a_rebuild_whoever_was_erased(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """Between any batches, read in any pages, also of what is being read; corrections and all."""
    arriving = [raw for number, lines in enumerate(told) for raw in of_number(lines, number)]
    chance.shuffle(arriving)
    with new_world() as (world, views):
        runner = world.runner(page_entries=chance.choice([1, 7, 50]))
        for number, batch in enumerate(pieces(arriving, chance)):
            world.append(batch)
            if chance.random() < 0.7:
                runner.catch_up()
            if world.runners[0].progress.position() and chance.random() < ERASED:
                erase_somebody(world, views, chance, request=f"r-{number}")
        runner.catch_up()
        live = tables(world)
        runner.refold([UUID(c) for (c,) in world.rows("SELECT customer_id FROM story")])
        assert tables(world) == live
        if chance.random() < REBUILT_IN_PLACE:
            rebuilt = world.runner(page_entries=chance.choice([2, 11, 1000]))
            rebuilt.recreate()
            rebuilt.catch_up()
        else:
            rebuild(world)
        assert tables(world) == live


def erase_somebody(world: World, views: Views, chance: Random, *, request: str) -> None:
    """Decide to forget one of the customers that the views know, by what they know of them."""
    known = sorted(c for (c,) in world.rows("SELECT customer_id::text FROM story"))
    if known:
        streams = views.erasable(UUID(chance.choice(known))).streams
        world.decisions.request_erasure(ErasureRequested(request_id=request), OFFICER)
        fact = ErasureExecuted(request_id=request)
        world.decisions.execute_erasure(fact, OFFICER, streams=list(streams))
