"""One customer whose events cannot be folded stops there; everybody else goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event as Stop
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import eventlog.read
from domain.decode import restore
from domain.event import Event
from domain.events import DeadlineRecorded
from domain.handles import Handle
from domain.story import folding
from eventlog.keyring import Keyring
from projections import projector
from projections.errors import ProjectionPaused
from projections.parking import BURST_MAX, LOG, Parked
from projections.promises.queries import PromiseQuery
from projections.queries import Views
from projections.timeline.pages import TimelineQuery
from tests.databases import Databases
from tests.examples import share
from tests.given import at
from tests.projections.histories import histories, of_customer
from tests.projections.world import World

POISON = "the words that no step can take"
GOOD = """
2026-01-01T09:00 order.placed O-1 account_no:7731
2026-01-01T09:05 order.placed O-2 account_no:8842
"""
BAD = f'2026-01-02T09:00 deadline.recorded need_by=2026-02-01 order:O-1 reason="{POISON}"'
AFTER = """
2026-01-03T09:00 contact.started c-1 account_no:7731
2026-01-03T09:05 contact.started c-2 account_no:8842
"""
ANN, BOB = Handle("account_no", "7731"), Handle("account_no", "8842")
NOW = at("2026-01-05")
KEYRING = Keyring(kek=b"k" * 32, pepper=b"p" * 32)


class Mishap(Exception):
    """What a faulty step raises; its words repeat what a customer said."""


def poisoned(story: Any, data: DeadlineRecorded, *, cite: Any) -> None:
    """Stand for a step with a fault that a certain event brings out."""
    if data.reason == POISON:
        raise Mishap(data.reason)


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give the fold a faulty step; `undo()` mends it."""
    steps = dict(folding.STEPS)
    steps[DeadlineRecorded] = (*steps[DeadlineRecorded], poisoned)
    monkeypatch.setattr(folding, "STEPS", steps)
    return monkeypatch


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the reading side of a world."""
    views = Views(world.url, world.keyring)
    yield views
    views.close()


def parked(world: World) -> list[Parked]:
    """Return who is parked."""
    return world.runner().progress.parked()


def considered(views: Views, whom: Handle, **known: Any) -> tuple[int, str | None]:
    """Return how many events a brief rests on, and since when it is incomplete."""
    brief = views.brief(whom, as_of=NOW, **known)
    return brief["events_considered"], brief["incomplete_since"]


def unable_to_read(id_: str) -> Callable[..., Event]:
    """Return what reads events as ever, but for one."""

    def read(body: bytes, **kept: Any) -> Event:
        event = restore(body, **kept)
        if event.id == id_:
            raise Mishap(POISON)
        return event

    return read


def test_one_customer_stops_and_everybody_else_goes_on(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """Ann is shown up to the event that failed and says so; Bob has all of his."""
    world.tell(GOOD, BAD, AFTER)
    assert world.runner(page_entries=2).catch_up() == 5
    (ann,) = parked(world)
    assert (ann.position, ann.view, ann.error, ann.attempts) == (3, "story", "Mishap", 1)
    assert ann.customer_id == world.keyring.stream_of(ANN)
    assert considered(views, ANN) == (1, ann.incomplete_since.isoformat().replace("+00:00", "Z"))
    assert considered(views, BOB) == (2, None)
    rows = views.timeline(TimelineQuery(ann.customer_id))
    assert ([row.position for row in rows.rows], rows.incomplete_since) == (
        [1],
        ann.incomplete_since,
    )
    last = views.recorded(ann.customer_id)
    assert last and (last.row.position, last.incomplete_since) == (1, ann.incomplete_since)
    assert considered(views, ANN, known_at=2) == (1, None), "nothing was missing then"
    assert considered(views, ANN, known_at=4)[0] == 1


def test_a_mended_fold_takes_everything_once_the_customer_is_released(
    world: World, fault: pytest.MonkeyPatch
) -> None:
    """After the release every table is what it would be if nothing had ever failed."""
    world.tell(GOOD, BAD, AFTER)
    runner = world.runner(page_entries=2)
    runner.catch_up()
    ann = world.keyring.stream_of(ANN)
    assert runner.release(ann) is False, "nothing was mended yet"
    assert [one.attempts for one in parked(world)] == [2]
    fault.undo()
    assert runner.release(ann) is True
    assert parked(world) == []
    released = world.tables()
    runner.recreate()
    runner.catch_up()
    assert world.tables() == released


def test_what_comes_later_and_what_comes_late_waits_for_the_release(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """New and late events of a parked customer are kept for the release."""
    world.tell(GOOD, BAD)
    runner = world.runner()
    runner.catch_up()
    world.tell(
        "2025-12-31T09:00 contact.started c-0 account_no:7731",
        "2026-01-04T10:00 contact.started c-3 account_no:7731",
    )
    assert runner.catch_up() == 5
    assert considered(views, ANN)[0] == 1
    fault.undo()
    assert runner.release(world.keyring.stream_of(ANN)) is True
    assert considered(views, ANN) == (4, None)


def test_what_is_retracted_parks_nobody_any_longer(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """A publisher takes the poison back: its customer is shown in full, without a release."""
    world.tell(GOOD, BAD)
    runner = world.runner()
    runner.catch_up()
    world.tell("2026-01-04T09:00 event.retracted account_no:7731 corrects=#t3", AFTER)
    runner.catch_up()
    assert parked(world) == []
    assert considered(views, ANN) == (4, None)


def test_what_comes_while_a_page_is_tried_again_is_of_the_next_page(
    world: World, fault: pytest.MonkeyPatch
) -> None:
    """Nobody is written as parked for what the rest of the page says is another's."""
    merged = (
        "identity.customers_merged merge_id=m survivor=account_no:8842 absorbed=account_no:7731"
    )
    world.tell(GOOD, f"2026-01-01T12:00 {merged}")
    runner = world.runner()
    runner.catch_up()
    world.tell(BAD)
    poisoned_first = folding.STEPS[DeadlineRecorded][-1]

    def unmerging(story: Any, data: DeadlineRecorded, *, cite: Any) -> None:
        if not told:
            told.append("2026-01-03 identity.customers_unmerged merge_id=m")
            world.tell(*told)
        poisoned_first(story, data, cite=cite)

    told: list[str] = []
    fault.setitem(folding.STEPS, DeadlineRecorded, (unmerging,))  # type: ignore[arg-type]
    projector = runner._projector
    projector.turn()
    assert projector.position == 4
    assert [one.customer_id for one in parked(world)] == [world.keyring.stream_of(BOB)]
    projector.turn()
    assert [one.customer_id for one in parked(world)] == [world.keyring.stream_of(ANN)]


def test_many_at_once_pause_the_projection_and_a_mended_one_goes_on(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """More failures than publishers make are a bug of ours: nobody moves, and nothing is lost."""
    told = [
        f'2026-01-02 deadline.recorded need_by=2026-02-01 account_no:{n} reason="{POISON}"'
        for n in range(BURST_MAX + 5)
    ]
    world.tell(GOOD, *told)
    runner = world.runner()
    with pytest.raises(ProjectionPaused, match="Mishap") as paused:
        runner.catch_up()
    assert POISON not in str(paused.value)
    assert runner.catch_up(until=2) == 2, "what comes before it is still taken"
    with pytest.raises(ProjectionPaused):
        world.runner().catch_up()
    assert considered(views, ANN)[0] == 1
    fault.undo()
    assert world.runner().catch_up() == len(told) + 2
    assert parked(world) == []


def test_a_paused_runner_goes_on_standing_by(world: World, fault: pytest.MonkeyPatch) -> None:
    """Whoever serves keeps answering from where the views are; the process does not end."""
    told = [
        f'2026-01-02 deadline.recorded need_by=2026-02-01 account_no:{n} reason="{POISON}"'
        for n in range(BURST_MAX + 1)
    ]
    fault.setattr("projections.runner.PAUSE_S", 0.01)
    world.tell(*told)
    stop = Stop()
    thread = Thread(target=world.runner().run_forever, args=(stop,))
    thread.start()
    try:
        assert not world.runner().progress.wait_for(1, timeout_s=0.5)
        assert thread.is_alive()
        fault.undo()
        assert world.runner().progress.wait_for(len(told), timeout_s=120)
    finally:
        stop.set()
        thread.join()


def test_an_entry_that_cannot_be_read_parks_whom_its_stream_leads_to(
    world: World, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that this version cannot restore stops its customer alone, until it can be read."""
    with monkeypatch.context() as older:
        older.setattr(eventlog.read, "restore", unable_to_read("t3"))
        world.tell(GOOD, "2026-01-02 order.cancelled O-1", AFTER)
        runner = world.runner(page_entries=2)
        assert runner.catch_up() == 5
        (ann,) = parked(world)
        assert (ann.position, ann.view, ann.error) == (3, LOG, "Mishap")
        assert ann.customer_id == world.keyring.stream_of(ANN)
        assert considered(views, ANN)[0] == 1
        assert considered(views, BOB) == (2, None)
        assert runner.release(ann.customer_id) is False
    assert runner.release(ann.customer_id) is True
    released = world.tables()
    assert considered(views, ANN) == (3, None)
    runner.recreate()
    runner.catch_up()
    assert world.tables() == released


@pytest.mark.parametrize("page_entries", [1, 2, 9])
def test_whoever_comes_to_own_what_cannot_be_read_is_shown_up_to_it(
    world: World, views: Views, monkeypatch: pytest.MonkeyPatch, page_entries: int
) -> None:
    """What was shown of them after it is not shown any longer."""
    monkeypatch.setattr(eventlog.read, "restore", unable_to_read("t2"))
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T10:00 contact.started c-1 phone:+17175550142",
        "2026-01-01T11:00 order.cancelled O-1",
        "2026-01-01T12:00 identity.identifier_linked a=phone:+17175550142 b=account_no:7731",
    )
    world.runner(page_entries=page_entries).catch_up()
    ann = world.keyring.stream_of(ANN)
    assert [one.position for one in parked(world) if one.customer_id == ann] == [2]
    assert considered(views, ANN)[0] == 1
    assert world.rows("SELECT position FROM timeline WHERE customer_id = %s", str(ann)) == [(1,)]


@pytest.mark.parametrize("who_is_wide", ["themselves", "others"])
def test_so_they_are_where_the_page_is_too_wide(
    world: World, monkeypatch: pytest.MonkeyPatch, who_is_wide: str
) -> None:
    """Pages are cut where somebody has a long history: nobody is parked before their time."""
    monkeypatch.setattr(eventlog.read, "restore", unable_to_read("t2"))
    monkeypatch.setattr(projector, "HISTORY_EVENTS_MAX", 2 if who_is_wide == "themselves" else 10)
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T10:00 contact.started c-1 phone:+17175550142",
        "2026-01-01T11:00 order.cancelled O-1",
        *(f"2026-01-01T12:{at:02} order.placed R-{at} account_no:9" for at in range(18)),
    )
    runner = world.runner(page_entries=64)
    runner.catch_up()
    world.tell(
        *(f"2026-01-01T13:{at:02} order.placed P-{at} account_no:8842" for at in range(18)),
        "2026-01-01T14:00 identity.identifier_linked a=phone:+17175550142 b=account_no:7731",
        "2026-01-01T15:00 identity.customers_merged merge_id=m survivor=account_no:8842"
        " absorbed=account_no:9",
    )
    runner.catch_up()
    ann = str(world.keyring.stream_of(ANN))
    assert [one.position for one in parked(world) if str(one.customer_id) == ann] == [2]
    assert world.rows("SELECT position FROM timeline WHERE customer_id = %s", ann) == [(1,)]


def test_what_cannot_be_read_is_remembered_while_it_is_nobody_s(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A telephone that two share, and that is one's at last: they are parked for it then."""
    monkeypatch.setattr(eventlog.read, "restore", unable_to_read("t2"))
    phone = "phone:+17175550142"
    world.tell(
        f"2026-01-01T09:01 contact.started c-1 {phone}", f"2026-01-01T09:02 order.placed O {phone}"
    )
    runner = world.runner()
    runner.catch_up()
    world.tell(
        f"2026-01-01T09:04 order.placed O-2 account_no:7731 {phone}",
        f"2026-01-01T09:05 order.placed O-3 account_no:8842 {phone}",
    )
    runner.catch_up()
    stream = world.keyring.stream_of(Handle("phone", "+17175550142"))
    assert [(one.customer_id, one.position) for one in parked(world)] == [(stream, 2)]
    world.tell(
        f"2026-01-01T09:07 identity.match_rejected a={phone} b=account_no:8842 reason=wrong",
        "2026-01-01T09:08 contact.started c-9 account_no:7731",
    )
    runner.catch_up()
    ann = world.keyring.stream_of(ANN)
    assert [(one.customer_id, one.position) for one in parked(world)] == [(ann, 2)]
    assert world.rows("SELECT position FROM timeline WHERE customer_id = %s", str(ann)) == [(1,)]


def test_a_parked_customer_that_is_parted_keeps_nothing_of_the_other(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """Merged, parked and separated again: each is shown up to the failure, and only their own."""
    world.tell(GOOD)
    world.tell(
        "2026-01-01T12:00 identity.customers_merged merge_id=m-1 survivor=account_no:7731"
        " absorbed=account_no:8842",
        BAD,
    )
    runner = world.runner()
    runner.catch_up()
    assert [one.position for one in parked(world)] == [4]
    world.tell("2026-01-02T12:00 identity.customers_unmerged merge_id=m-1")
    runner.catch_up()
    ann, bob = world.keyring.stream_of(ANN), world.keyring.stream_of(BOB)
    mine = world.rows("SELECT position FROM timeline WHERE customer_id = %s", str(ann))
    theirs = world.rows("SELECT position FROM timeline WHERE customer_id = %s", str(bob))
    assert (sorted(mine), sorted(theirs)) == ([(1,), (3,)], [(2,), (3,), (5,)])
    assert [one.customer_id for one in parked(world)] == [ann]
    assert considered(views, BOB)[1] is None


def test_the_clock_says_nothing_of_what_is_incomplete(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """A promise that may have been kept in what was not read does not lapse until it is."""
    world.tell(
        GOOD,
        "2026-01-01T10:00 promise.made P-1 account_no:7731 due_at=2026-01-04",
        "2026-01-01T10:00 promise.made P-2 account_no:8842 due_at=2026-01-04",
        BAD,
        "2026-01-03 promise.kept P-1",
    )
    runner = world.runner()
    head = runner.catch_up()
    assert [due.promise_id for due in views.falling_due(None, 9, known_at=head)] == ["P-2"]
    page = views.promises(PromiseQuery(NOW))
    shown = [(row.promise.promise_id, row.incomplete_since is None) for row in page.rows]
    assert shown == [("P-1", False), ("P-2", True)]
    fault.undo()
    customer_id = views.look_up(ANN).customer_id
    assert customer_id is not None
    assert runner.release(customer_id)
    rows = views.promises(PromiseQuery(NOW)).rows
    assert [row.promise.promise_id for row in rows] == ["P-2"]


@pytest.fixture(scope="module")
def always_faulty() -> Iterator[None]:
    """Keep the fault in the fold for all examples of a property."""
    with pytest.MonkeyPatch.context() as patch:
        steps = dict(folding.STEPS)
        steps[DeadlineRecorded] = (*steps[DeadlineRecorded], poisoned)
        patch.setattr(folding, "STEPS", steps)
        yield


@settings(max_examples=share(0.08), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=histories(),
    second=histories(),
    bad_at=st.integers(0, 13),
    page=st.integers(1, 9),
)
def test_in_any_pages_the_poisoned_are_shown_up_to_the_poison_and_the_rest_in_full(
    migrated_databases: Databases,
    always_faulty: None,
    first: list[str],
    second: list[str],
    bad_at: int,
    page: int,
) -> None:
    """Small pages and one large page agree on every table, down to the saved bytes."""
    bad = f'2026-01-02T00:20 deadline.recorded need_by=2026-02-01 account_no:A-1 reason="{POISON}"'
    told = of_customer(first, 1)
    told.insert(bad_at, bad)
    with migrated_databases.migrated() as url, closing(World(url, KEYRING)) as world:
        world.tell(*told, *of_customer(second, 2))
        world.runner(page_entries=page).catch_up()
        paged = world.tables()
        whole = world.runner()
        whole.recreate()
        whole.catch_up()
        assert [row[0] for row in world.rows("SELECT customer_id FROM parked")] == [
            str(KEYRING.stream_of(Handle("account_no", "A-1")))
        ]
        for table, rows in world.tables().items():
            assert table == "parked" or paged[table] == rows, table
