"""Whoever is parked for an entry that comes to be another's is parked no longer."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings

import eventlog.read
from domain.decode import restore
from domain.event import Event
from domain.events import CalendarDefined, DeadlineRecorded, EventData
from domain.handles import Handle
from domain.story import Story, folding
from domain.story.cite import Cite, Step
from projections.slots import NEXT
from tests.examples import share
from tests.projections.families import of_number
from tests.projections.rebuild.rebuilt import digests_of, rebuilding_of, unheard
from tests.projections.test_many_erasures import erase_somebody, few
from tests.projections.test_many_histories import NewWorld, a_log, chances, new_world, pieces
from tests.projections.test_parking import POISON, poisoned, unable_to_read
from tests.projections.world import World

__all__ = ["new_world"]

BAD = 6
ERASED = 0.2
ANN, BOB = Handle("account_no", "7731"), Handle("account_no", "8842")
MERGED = (
    "2026-01-01T10:00 identity.customers_merged merge_id=m survivor=account_no:7731"
    " absorbed=account_no:8842"
)
UNMERGED = "2026-01-01T13:00 identity.customers_unmerged merge_id=m"
WHO_IS_PARKED = "SELECT customer_id, position, view, error FROM {}.parked ORDER BY 1"
WHO_WAITS = "SELECT position, stream_id, error FROM {}.parked_entries ORDER BY 1"


def who_is_parked(world: World) -> list[tuple[UUID, int]]:
    """Return who is parked, and at which position."""
    return [(one.customer_id, one.position) for one in world.runner().progress.parked()]


def shown(world: World, whom: Handle) -> list[int]:
    """Return the positions of what is shown of a customer."""
    customer_id = str(world.keyring.stream_of(whom))
    found = "SELECT position FROM timeline WHERE customer_id = %s ORDER BY position"
    return [position for (position,) in world.rows(found, customer_id)]


def require_as_rebuilt(world: World) -> None:
    """Fail unless a rebuild comes to the same rows, and to the same who are parked."""
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
        for question in (WHO_IS_PARKED, WHO_WAITS):
            assert world.rows(question.format("views")) == world.rows(question.format("views_next"))
        assert digests_of(world) == digests_of(world, NEXT)
        rebuilding.abort()


@pytest.fixture(params=["cannot be read", "cannot be folded"])
def fault(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the fourth event fail in one way or the other."""
    if request.param == "cannot be read":
        monkeypatch.setattr(eventlog.read, "restore", unable_to_read("t4"))
        return
    steps = dict(folding.STEPS)
    steps[DeadlineRecorded] = (*steps[DeadlineRecorded], poisoned)
    monkeypatch.setattr(folding, "STEPS", steps)


@pytest.mark.parametrize("page_entries", [1, 4, 9])
def test_a_merge_that_is_undone_takes_the_failure_along(
    world: World, fault: None, page_entries: int
) -> None:
    """The survivor was parked for an entry of the other: once it is not theirs, all is shown."""
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T09:05 order.placed O-2 account_no:8842",
        MERGED,
        f'2026-01-01T11:00 deadline.recorded need_by=2026-02-01 order:O-2 reason="{POISON}"',
        "2026-01-01T12:00 contact.started c-1 account_no:7731",
    )
    runner = world.runner(page_entries=page_entries)
    runner.catch_up()
    ann, bob = world.keyring.stream_of(ANN), world.keyring.stream_of(BOB)
    assert who_is_parked(world) == [(ann, 4)]
    world.tell(UNMERGED)
    runner.catch_up()
    assert who_is_parked(world) == [(bob, 4)]
    assert (shown(world, ANN), shown(world, BOB)) == ([1, 3, 5, 6], [2, 3])
    require_as_rebuilt(world)


@pytest.mark.parametrize("page_entries", [1, 9])
def test_a_stream_that_comes_to_lead_to_somebody_is_not_parked_itself(
    world: World, monkeypatch: pytest.MonkeyPatch, page_entries: int
) -> None:
    """What stood for whoever it would turn out to be is no more once they are known."""
    monkeypatch.setattr(eventlog.read, "restore", unable_to_read("t1"))
    world.tell("2026-01-01T09:00 contact.started c-1 phone:+17175550142")
    runner = world.runner(page_entries=page_entries)
    runner.catch_up()
    stream = world.keyring.stream_of(Handle("phone", "+17175550142"))
    assert who_is_parked(world) == [(stream, 1)]
    require_as_rebuilt(world)
    world.tell(
        "2026-01-01T10:00 order.placed O-1 account_no:7731",
        "2026-01-01T11:00 order.placed O-2 account_no:7731 phone:+17175550142",
    )
    runner.catch_up()
    assert who_is_parked(world) == [(world.keyring.stream_of(ANN), 1)]
    assert shown(world, ANN) == []
    require_as_rebuilt(world)


def unable_to_read_any(ids: Collection[str]) -> Callable[..., Event]:
    """Return what reads events as ever, but for these."""

    def read(body: bytes, **kept: Any) -> Event:
        event = restore(body, **kept)
        if event.id in ids:
            raise ValueError
        return event

    return read


def unable_to_fold_any(ids: Collection[str]) -> Mapping[type[EventData], tuple[Step, ...]]:
    """Return the steps of the fold, of which one fails at each of these events."""

    def fail(story: Story, data: EventData, *, cite: Cite) -> None:
        if cite.id in ids:
            raise ValueError

    steps = folding.STEPS.items()
    return {kind: taken if kind is CalendarDefined else (*taken, fail) for kind, taken in steps}


@settings(a_log, max_examples=share(1 / 60))
@given(told=few, chance=chances)
def test_who_is_parked_and_what_is_shown_of_them_is_as_a_rebuild_has_it(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """Whatever cannot be read or folded, and whoever it comes to belong to, in any pages."""
    arriving = [raw for number, lines in enumerate(told) for raw in of_number(lines, number)]
    chance.shuffle(arriving)
    bad = [json.loads(raw)["id"] for raw in chance.sample(arriving, min(BAD, len(arriving)))]
    cut = chance.randrange(BAD)
    with new_world() as (world, views), pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventlog.read, "restore", unable_to_read_any(bad[:cut]))
        patch.setattr(folding, "STEPS", unable_to_fold_any(bad[cut:]))
        runner = world.runner(page_entries=chance.choice([1, 7, 50]))
        for number, batch in enumerate(pieces(arriving, chance)):
            world.append(batch)
            runner.catch_up()
            if chance.random() < ERASED:
                erase_somebody(world, views, chance, request=f"r-{number}")
        runner.catch_up()
        require_as_rebuilt(world)
