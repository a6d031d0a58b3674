"""What could not be read belongs to whoever its stream leads to, and is read when it can be."""

from __future__ import annotations

from threading import Event as Stop
from threading import Thread
from typing import Any

import pytest

import eventlog.read
from domain.decode import restore
from domain.event import Event
from domain.handles import Handle
from projections.queries import Views
from tests.projections.test_parking import (
    AFTER,
    ANN,
    BAD,
    BOB,
    GOOD,
    considered,
    fault,
    parked,
    views,
)
from tests.projections.world import World

__all__ = ["fault", "views"]

MERGED = (
    "2026-01-02T12:00 identity.customers_merged merge_id=m-1 survivor=account_no:{}"
    " absorbed=account_no:{}"
)
PATIENCE_S = 120
CALLER = Handle("phone", "+17175550142")


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give a version that cannot read the third and the sixth event; `undo()` gives a later one."""

    def unable(body: bytes, **kept: Any) -> Event:
        event = restore(body, **kept)
        if event.id in ("t3", "t6"):
            raise ValueError("a later version's")
        return event

    monkeypatch.setattr(eventlog.read, "restore", unable)
    return monkeypatch


def released_is_rebuilt(world: World) -> None:
    """Look whether reading the log from its start gives the rows that there are."""
    released = world.tables()
    runner = world.runner()
    runner.recreate()
    runner.catch_up()
    assert world.tables() == released


def test_a_release_by_another_process_is_noticed_by_whoever_goes_on(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """What was remembered of the parked is not what stands in the tables any more."""
    world.tell(GOOD, BAD)
    one, other = world.runner(), world.runner()
    one.catch_up()
    world.tell(AFTER)
    one.catch_up()
    fault.undo()
    assert other.release(world.keyring.stream_of(ANN))
    world.tell("2026-01-04T09:00 contact.started c-3 account_no:7731")
    one.catch_up()
    assert considered(views, ANN) == (4, None)
    released_is_rebuilt(world)


def test_a_projector_that_runs_gives_way_to_a_release_and_goes_on(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """Nobody has to be stopped for it; who ran before knows what was released."""
    world.tell(GOOD, BAD, AFTER)
    stop = Stop()
    thread = Thread(target=world.runner().run_forever, args=(stop,))
    thread.start()
    try:
        operator = world.runner()
        assert operator.progress.wait_for(5, timeout_s=PATIENCE_S)
        fault.undo()
        assert operator.release(world.keyring.stream_of(ANN))
        world.tell("2026-01-04T09:00 contact.started c-3 account_no:7731")
        assert operator.progress.wait_for(6, timeout_s=PATIENCE_S)
    finally:
        stop.set()
        thread.join()
    assert considered(views, ANN) == (4, None)


def test_whoever_an_unread_entry_comes_to_belong_to_is_incomplete(
    world: World, views: Views, older: pytest.MonkeyPatch
) -> None:
    """Merged and parted again, it is missing from whoever it would be shown to."""
    world.tell(GOOD, "2026-01-02 order.cancelled O-2")
    runner = world.runner()
    runner.catch_up()
    since = considered(views, BOB)[1]
    world.tell(MERGED.format(7731, 8842))
    runner.catch_up()
    (one,) = parked(world)
    assert one.customer_id == world.keyring.stream_of(ANN)
    assert considered(views, ANN) == (2, since)
    world.tell("2026-01-03T12:00 identity.customers_unmerged merge_id=m-1")
    runner.catch_up()
    assert considered(views, BOB)[1] == since
    older.undo()
    for one in parked(world):
        assert runner.release(one.customer_id)
    assert considered(views, BOB) == (4, None)
    released_is_rebuilt(world)


def test_what_was_nobodys_when_it_could_not_be_read_parks_whom_it_comes_to_lead_to(
    world: World, views: Views, older: pytest.MonkeyPatch
) -> None:
    """A telephone of which nothing else was known turns out to be Ann's, later and again."""
    world.tell(GOOD, f"2026-01-02 contact.started c-0 {CALLER}")
    runner = world.runner()
    runner.catch_up()
    world.tell(
        f"2026-01-03 contact.started c-1 {CALLER} account_no:7731",
        "2026-01-04 order.placed O-5 account_no:8842",
        "2026-01-05 order.cancelled O-5",
    )
    runner.catch_up()
    since = {one.customer_id: one.error for one in parked(world)}
    assert since[world.keyring.stream_of(ANN)] == "ValueError"
    world.tell(MERGED.format(7731, 8842))
    runner.catch_up()
    world.tell("2026-01-06 identity.customers_unmerged merge_id=m-1")
    runner.catch_up()
    since = {one.customer_id: one.error for one in parked(world)}
    assert since[world.keyring.stream_of(BOB)] == "ValueError"
    older.undo()
    for one in parked(world):
        assert runner.release(one.customer_id)
    released_is_rebuilt(world)


def test_a_release_that_reads_a_merge_leaves_nothing_of_whoever_was_absorbed(
    world: World, older: pytest.MonkeyPatch
) -> None:
    """Their rows go, and who follows them is told to look again."""
    world.tell(GOOD, MERGED.format(7731, 8842), AFTER)
    runner = world.runner()
    runner.catch_up()
    older.undo()
    (one,) = parked(world)
    assert runner.release(one.customer_id)
    bob = str(world.keyring.stream_of(BOB))
    assert world.rows("SELECT position FROM live.refolds WHERE customer_id = %s", bob) == [(5,)]
    released_is_rebuilt(world)


def test_a_release_that_joins_others_parks_those_who_cannot_be_folded(
    world: World, views: Views, older: pytest.MonkeyPatch, fault: pytest.MonkeyPatch
) -> None:
    """Nobody is parked for what is not theirs: the merge that was read is in force."""
    eve = Handle("member_id", "5")
    said = f"merge_id=m-1 survivor={eve} absorbed={ANN}"
    world.tell(GOOD, f"2026-01-02T08:00 identity.customers_merged {said}", BAD)
    world.tell(f"2026-01-03 order.placed O-5 {eve}")
    runner = world.runner()
    runner.catch_up()
    older.setattr(eventlog.read, "restore", restore)
    (one,) = parked(world)
    assert one.customer_id == world.keyring.stream_of(ANN)
    assert runner.release(one.customer_id)
    found = [(one.customer_id, one.position, one.error) for one in parked(world)]
    assert found == [(world.keyring.stream_of(eve), 4, "Mishap")]
    assert considered(views, ANN)[0] == considered(views, eve)[0] == 2


def test_a_calendar_that_is_read_late_wakes_what_waited_for_it(
    world: World, older: pytest.MonkeyPatch
) -> None:
    """It is nobody's, and counts all the same."""
    made = "promise.made P-1 account_no:7731 due_business_days=1 calendar_id=cal"
    world.tell(GOOD, "2026-01-02T12:00 calendar.defined cal", f"2026-01-02T13:00 {made}")
    world.tell("2026-01-02T14:00 calendar.defined cal closed_dates=[2026-01-05]")
    runner = world.runner()
    runner.catch_up(until=4)
    older.undo()
    (one,) = parked(world)
    assert runner.release(one.customer_id)
    assert world.rows("SELECT due_at IS NOT NULL FROM promises") == [(True,)]
    runner.catch_up()
    released_is_rebuilt(world)
