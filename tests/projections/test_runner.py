"""What the runner promises: each page whole or not at all, by one owner at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event as Stop
from threading import Thread
from time import monotonic
from uuid import UUID

import pytest

from domain.handles import Handle
from eventlog.errors import LogUnavailable
from projections.catalog import new_views
from projections.errors import OwnershipLost, ProjectionsStalled, ViewFailed, ViewsOutdated
from projections.ownership import OWNER_LOCK_ID
from projections.progress import POLL_S
from projections.projector import Projector
from projections.runner import STALL_S, STANDBY_S, Runner
from tests.projections.world import FailingView, World

TOLD = """
2026-01-01T09:00 order.placed O-1 account_no:7731 phone:+17175550142
2026-01-01T09:05 promise.made P-1 order:O-1 due_within=PT24H
2026-01-02T10:00 contact.started c1 phone:+17175550142
2026-01-02T10:05 issue.reported I-1 contact:c1 order:O-1
2026-01-02T10:10 contact.ended c1
2026-01-01T12:00 delivery.dispatched D-1 order:O-1
2026-01-03T08:00 order.placed O-2 account_no:8842
2026-01-03T09:00 delivery.completed D-1
2026-01-03T10:00 delivery.scanned D-9
"""
EVENTS = 9
WAIT_S = 120


@contextmanager
def running(runner: Runner) -> Iterator[Stop]:
    """Let a runner follow the log in a thread for the time of a block."""
    stop = Stop()

    def follow() -> None:
        # A process that loses its database says so and ends; here its thread does.
        with suppress(LogUnavailable):
            runner.run_forever(stop)

    thread = Thread(target=follow)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(timeout=WAIT_S)
        assert not thread.is_alive()


class Noting(Stop):
    """Notes how long is waited for it, waits for nothing, and is set once all was read."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Note a wait."""
        self.waited.append(timeout)
        if timeout == POLL_S:
            self.set()
        return self.is_set()


def test_an_empty_log_gives_empty_tables(world: World) -> None:
    """Catching up with nothing makes the tables and stands at 0."""
    assert world.runner().catch_up() == 0
    assert world.tables()["timeline"] == []


@pytest.mark.parametrize("page_entries", [1, 2, 3, 4, 8, 9])
def test_any_page_size_gives_the_same_tables(world: World, page_entries: int) -> None:
    """How the log is cut into pages shows nowhere."""
    world.tell(TOLD)
    world.runner().catch_up()
    expected = world.tables()
    world.runner().recreate()
    assert world.runner(page_entries=page_entries).catch_up() == EVENTS
    assert world.tables() == expected


def test_pages_near_the_head_begin_apart_and_full_ones_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of pages of four, four and one entry only the last is waited after, the rest of its time."""
    monkeypatch.setattr("projections.runner.APART_S", 60.0)
    world.tell(TOLD)
    stop = Noting()
    world.runner(page_entries=4).run_forever(stop)
    apart_s, *others = stop.waited
    assert apart_s is not None and 0 < apart_s < 60
    assert others == [POLL_S, STANDBY_S]


def test_the_views_stop_exactly_where_they_were_asked_to(world: World) -> None:
    """Catching up until a position stands at that position."""
    world.tell(TOLD)
    assert world.runner().catch_up(until=4) == 4
    assert len(world.rows("SELECT FROM timeline")) == 4
    assert world.runner().catch_up(until=1_000) == EVENTS


def test_what_the_log_knows_already_changes_nothing(world: World) -> None:
    """A redelivered event is no entry, so no view hears of it."""
    world.tell(TOLD)
    runner = world.runner()
    runner.catch_up()
    expected = world.tables()
    world.told = 0
    assert {kept.outcome for kept in world.tell(TOLD)} == {"duplicate"}
    assert runner.catch_up() == EVENTS
    assert world.tables() == expected


def test_a_page_that_fails_leaves_nothing_behind(world: World) -> None:
    """Rows, positions and what is remembered are as before the page; a later runner goes on."""
    world.tell(TOLD)
    failing = world.runner(views=[*new_views(), FailingView(position=5)], page_entries=2)
    with pytest.raises(ViewFailed, match="failing.*position 6: ValueError") as raised:
        failing.catch_up()
    assert "Ann Lee" not in str(raised.value)
    assert {status.position for status in failing.progress.status()} == {4}
    assert [p for (p,) in world.rows("SELECT position FROM failing ORDER BY 1")] == [1, 2, 3, 4]
    assert len(world.rows("SELECT FROM timeline")) == 4
    repaired = world.runner(views=[*new_views(), FailingView(position=0)], page_entries=2)
    assert repaired.catch_up() == EVENTS
    assert len(world.rows("SELECT FROM failing")) == EVENTS


def test_the_same_runner_goes_on_after_a_failure(world: World) -> None:
    """What a failed page left in memory is dropped, so trying again gives the right tables."""
    world.tell(TOLD)
    world.runner().catch_up()
    expected = world.tables()
    failing = FailingView(position=5)
    runner = world.runner(views=[*new_views(), failing], page_entries=3)
    runner.recreate()
    with pytest.raises(ViewFailed):
        runner.catch_up()
    failing.position = 0
    assert runner.catch_up() == EVENTS
    tables = world.tables()
    assert {name: tables[name] for name in expected} == expected


def test_runners_at_once_never_apply_a_page_twice(world: World) -> None:
    """Four commands at once bring the views up together; each position is written once."""
    world.tell(TOLD)
    runners = [
        world.runner(views=[*new_views(), FailingView(position=0)], page_entries=1)
        for _ in range(4)
    ]
    reached: list[int] = []
    threads = [Thread(target=lambda r=r: reached.append(r.catch_up())) for r in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=WAIT_S)
    assert reached == [EVENTS] * 4
    assert len(world.rows("SELECT FROM failing")) == EVENTS


def test_without_ownership_compare_and_set_still_refuses(world: World) -> None:
    """A projector that others overtook writes nothing, says so, and finds its place again."""
    world.tell(TOLD)
    ours, theirs = world.runner(page_entries=2), world.runner(page_entries=3)
    for runner in (ours, theirs):
        projector_of(runner).prepare()
    projector_of(theirs).turn()
    with pytest.raises(OwnershipLost, match="from position 0"):
        projector_of(ours).turn()
    assert len(world.rows("SELECT FROM timeline")) == 3
    assert ours.catch_up() == EVENTS


def test_an_owner_that_dies_is_replaced(world: World) -> None:
    """When the owner's connection ends, another takes over; the old one writes nothing more."""
    world.tell(TOLD)
    owner, other = world.runner(), world.runner()
    assert owner._ownership.take()
    with pytest.raises(ProjectionsStalled):
        other.catch_up(stall_s=0.1)
    kill_owner(world)
    assert other.catch_up() == EVENTS
    with pytest.raises(LogUnavailable):
        projector_of(owner).prepare()
    assert owner.catch_up() == EVENTS


def test_an_owner_that_hangs_is_waited_for_only_so_long(world: World) -> None:
    """A command gives up when the owner makes no progress, and says where the views stand."""
    world.tell(TOLD)
    hanging, waiting = world.runner(), world.runner()
    hanging.catch_up(until=2)
    assert hanging._ownership.take()
    begun = monotonic()
    with pytest.raises(ProjectionsStalled, match="position 2 of 9"):
        waiting.catch_up(stall_s=0.2)
    assert monotonic() - begun < STALL_S, "as long as it was told to, not as long as ever"


def test_commands_wait_for_the_runner_that_follows_the_log(world: World) -> None:
    """While one process follows the log, the others find it brought up for them."""
    with running(world.runner()):
        for number in range(3):
            world.tell(f"2026-01-01T09:0{number} order.placed O-{number} account_no:A{number}")
            assert world.runner().catch_up() == number + 1
        assert world.runner().progress.wait_for(3, timeout_s=WAIT_S)
        assert not world.runner().progress.wait_for(4, timeout_s=0.05)


def test_a_runner_that_stands_by_takes_over(world: World) -> None:
    """Of two that follow the log one works; when it dies, the other brings the views on."""
    with running(world.runner()), running(world.runner()):
        world.tell(TOLD)
        assert world.runner().progress.wait_for(EVENTS, timeout_s=WAIT_S)
        kill_owner(world)
        world.tell("2026-01-04T09:00 order.placed O-3 account_no:7731")
        assert world.runner().progress.wait_for(EVENTS + 1, timeout_s=WAIT_S)


def test_the_status_names_every_view_and_its_lag(world: World) -> None:
    """Before and after, each view says where it stands and how far the head is."""
    world.tell(TOLD)
    runner = world.runner()
    before = runner.progress.status()
    assert {(s.name, s.position, s.lag, s.is_ready) for s in before} == {
        (name, 0, EVENTS, False)
        for name in (
            *("identity", "parking", "timeline", "story", "promises", "continuity"),
            "corrected",
        )
    }
    runner.catch_up(until=4)
    assert {(s.position, s.head, s.lag, s.is_ready) for s in runner.progress.status()} == {
        (4, EVENTS, EVENTS - 4, True)
    }


def test_changed_views_are_outdated_until_they_are_recreated(world: World) -> None:
    """Another .sql is another version: nothing is read or written until the views start anew."""
    world.tell(TOLD)
    world.runner().catch_up()
    expected = world.tables()
    world.rows("UPDATE view_versions SET sha256 = '' WHERE name = 'story' RETURNING name")
    with pytest.raises(ViewsOutdated, match="story"):
        world.runner().catch_up()
    runner = world.runner()
    runner.recreate()
    assert runner.catch_up() == EVENTS
    assert world.tables() == expected


def test_a_view_that_is_new_makes_the_views_outdated(world: World) -> None:
    """A view that has read nothing cannot stand beside views that have."""
    world.tell(TOLD)
    world.runner().catch_up()
    with pytest.raises(ViewsOutdated, match="failing"):
        world.runner(views=[*new_views(), FailingView(position=0)]).catch_up()


def test_refolding_repairs_what_was_damaged(world: World) -> None:
    """A customer folded again from the log has the rows that live folding gave."""
    world.tell(TOLD)
    runner = world.runner()
    runner.catch_up()
    expected = world.tables()
    world.rows("UPDATE timeline SET sentence = 'wrong' RETURNING 1")
    world.rows("UPDATE story SET state = '{}', events_considered = 0 RETURNING 1")
    assert world.tables() != expected
    customers = [UUID(customer) for (customer,) in world.rows("SELECT customer_id FROM story")]
    runner.refold(customers)
    assert world.tables() == expected


def projector_of(runner: Runner) -> Projector:
    """Return what moves the views, without the ownership around it."""
    return runner._projector


def kill_owner(world: World) -> None:
    """End the connection that holds the ownership, as a dying process would."""
    killed = world.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        " AND objid = %s AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())",
        OWNER_LOCK_ID,
    )
    assert killed == [(True,)]


def test_a_page_that_needs_too_much_history_is_cut(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late events of many customers are taken a few at a time, with the same outcome."""
    told = [f"2026-01-02T10:0{at} contact.held c{at} hold_s=1 account_no:A{at}" for at in range(9)]
    late = [f"2026-01-01 contact.started c{at} account_no:A{at}" for at in range(9)]
    world.tell(*told)
    world.runner().catch_up()
    world.tell(*late)
    world.runner().catch_up()
    expected = world.tables()
    runner = world.runner()
    runner.recreate()
    runner.catch_up(until=9)
    monkeypatch.setattr("projections.projector.HISTORY_EVENTS_MAX", 3)
    assert runner.catch_up() == 18
    assert world.tables() == expected


def test_entries_of_an_erased_person_are_read_and_show_nothing(world: World) -> None:
    """Without the key there is no event: folding anew leaves no row, and the views go on."""
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T09:05 order.placed O-2 account_no:8842",
        "2026-01-01T09:10 order.cancelled O-1 account_no:7731",
    )
    world.runner().catch_up()
    erased, kept = (
        world.keyring.stream_of(Handle("account_no", number)) for number in ("7731", "8842")
    )
    world.rows(
        "UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now() WHERE stream_id = %s"
        " RETURNING 1",
        str(erased),
    )
    runner = world.runner()
    runner.refold([erased, kept])
    only_kept = [(str(kept),)]
    assert world.rows("SELECT customer_id FROM timeline") == only_kept
    assert world.rows("SELECT customer_id FROM story") == only_kept
    runner.recreate()
    assert world.runner().catch_up() == 3
    assert world.rows("SELECT customer_id FROM timeline") == only_kept
