"""What a rebuild promises: the same rows, nobody notices, and there is a way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from domain.events import DeadlineRecorded
from domain.handles import Handle
from domain.story import folding
from projections.errors import (
    NothingKept,
    OwnershipLost,
    ReadersBusy,
    RebuildNotReady,
    RebuildUnderWay,
    ViewsOutdated,
)
from projections.queries import Views
from projections.rebuild import places
from projections.rebuild.building import Step
from projections.rebuild.difference import Difference, Example
from projections.slots import BEFORE, NEXT
from tests.projections.identity.test_identity_erasure import erase
from tests.projections.rebuild.rebuilt import digests_of, rebuild, rebuilding_of, unheard
from tests.projections.test_runner import running
from tests.projections.world import World

TOLD = """
2026-01-01T09:00 order.placed O-1 account_no:77310042 phone:+17175550142
2026-01-01T09:05 promise.made P-1 order:O-1 due_within=PT24H
2026-01-01T09:06 promise.made P-2 order:O-1 due_business_days=2 calendar_id=work
2026-01-02T10:00 contact.started c1 phone:+17175550142
2026-01-02T10:05 issue.reported I-1 contact:c1 order:O-1
2026-01-02T10:10 contact.ended c1
2026-01-02T11:00 calendar.defined work
2026-01-01T12:00 delivery.dispatched D-1 order:O-1
2026-01-03T08:00 order.placed O-2 account_no:8842
2026-01-03T09:00 delivery.completed D-1
2026-01-03T10:00 delivery.scanned D-9
2026-01-03T11:00 promise.made P-3 order:O-2 due_business_days=1 calendar_id=other
"""
EVENTS = 12
ANN, BOB = Handle("account_no", "77310042"), Handle("account_no", "8842")


class Once:
    """Does something the first time that a step is told of."""

    def __init__(self, name: str, act: Callable[[], Any]) -> None:
        self._name = name
        self._act: Callable[[], Any] | None = act

    def __call__(self, step: Step) -> None:
        """Take a report."""
        if step.name == self._name and self._act is not None:
            act, self._act = self._act, None
            act()


def compared(world: World) -> Difference:
    """Return what a swap would change."""
    with rebuilding_of(world) as rebuilding:
        return rebuilding.difference(world.runner().catch_up, unheard)


def test_the_live_views_and_two_rebuilds_have_equal_digests(world: World) -> None:
    """Live folding, a rebuild and another one come to the same, view by view."""
    world.show(TOLD)
    live, tables = digests_of(world), world.tables()
    rebuild(world)
    assert (digests_of(world), digests_of(world, BEFORE)) == (live, live)
    assert world.tables() == tables
    rebuild(world)
    assert digests_of(world) == live


def test_a_digest_notices_any_change(world: World) -> None:
    """One letter in one row gives its view another digest, and no other view."""
    world.show(TOLD)
    before = {one.view: one for one in digests_of(world)}
    world.rows("UPDATE timeline SET sentence = sentence || '.' WHERE position = 1 RETURNING 1")
    after = {one.view: one for one in digests_of(world)}
    assert [view for view in before if before[view] != after[view]] == ["timeline"]


def test_indexes_and_rights_are_those_of_views_that_were_read_in_place(
    world: World, views: Views
) -> None:
    """What was put off is there, and readers may look."""
    world.show(TOLD)
    query = (
        "SELECT replace(indexdef, 'views_next', 'views') FROM pg_indexes"
        " WHERE schemaname = 'views' ORDER BY indexname"
    )
    before = world.rows(query)
    rebuild(world)
    assert world.rows(query) == before
    assert views.find("account_no:77310042").position == EVENTS


def test_a_first_build_needs_no_views_before(world: World) -> None:
    """On a log that was never read there is nothing to keep, and nothing to go back to."""
    world.tell(TOLD)
    rebuild(world)
    assert world.runner().progress.position() == EVENTS
    with rebuilding_of(world) as rebuilding, pytest.raises(NothingKept):
        rebuilding.rollback(unheard)
    tables = world.tables()
    world.runner().recreate()
    world.runner().catch_up()
    assert world.tables() == tables


def test_views_of_another_version_are_rebuilt_and_kept(world: World) -> None:
    """They cannot be compared or taken back by this version, and are no hindrance to it."""
    world.show(TOLD)
    tables = world.tables()
    world.rows("UPDATE view_versions SET sha256 = '' WHERE name = 'story' RETURNING name")
    with pytest.raises(ViewsOutdated):
        world.runner().catch_up()
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
        found = rebuilding.difference(world.runner().catch_up, unheard)
        rebuilding.swap(unheard)
        with pytest.raises(ViewsOutdated):
            rebuilding.rollback(unheard)
    assert (found.is_same, "story" in str(found.outdated)) == (False, True)
    assert world.runner().catch_up() == EVENTS
    assert world.tables() == tables


def test_what_is_built_by_another_version_is_begun_anew(world: World) -> None:
    """Half a rebuild of other tables is of no use."""
    world.show(TOLD)
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
        world.rows("UPDATE views_next.view_versions SET sha256 = '' RETURNING name")
        world.rows("UPDATE views_next.timeline SET sentence = '' RETURNING 1")
        rebuilding.build(unheard)
        assert digests_of(world, NEXT) == digests_of(world)
        world.rows("UPDATE views_next.rebuild_state SET version = '' RETURNING run")
        world.rows("UPDATE views_next.timeline SET sentence = '' RETURNING 1")
        rebuilding.build(unheard)
        assert digests_of(world, NEXT) == digests_of(world)
        world.rows("UPDATE views_next.rebuild_state SET version = '' RETURNING run")
        rebuilding.abort()
    assert world.rows("SELECT to_regnamespace('views_next')::text") == [(None,)]


def test_what_would_change_is_told_by_customer_and_column_and_not_by_value(world: World) -> None:
    """Rows that go, come and change are counted; nobody's words are repeated."""
    world.show(TOLD)
    ann, bob = (str(world.keyring.stream_of(whom)) for whom in (ANN, BOB))
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
    world.rows("UPDATE timeline SET sentence = 'x' WHERE position = 1 RETURNING 1")
    world.rows("DELETE FROM story WHERE customer_id = %s RETURNING 1", bob)
    found = compared(world)
    changed = {one.table: one for one in found.tables if not one.is_same}
    assert (found.position, changed.keys()) == (EVENTS, {"timeline", "story"})
    assert changed["timeline"].examples == (Example("timeline", ann, 0, 0, 1, ("sentence",)),)
    assert changed["story"].examples == (Example("story", bob, 0, 1, 0, ()),)
    assert (changed["story"].rows_live, changed["story"].rows_next) == (1, 2)


def test_going_back_and_forth_is_the_same_exchange(world: World) -> None:
    """A rollback undoes a swap, another one undoes the rollback; both read what came meanwhile."""
    world.show(TOLD)
    world.rows("UPDATE timeline SET sentence = 'old' RETURNING 1")
    rebuild(world)
    new = "SELECT count(*) FROM timeline WHERE sentence <> 'old'"
    assert world.rows(new) == [(10,)]
    world.show("2026-01-04 contact.started c9 account_no:77310042")
    with rebuilding_of(world) as rebuilding:
        assert rebuilding.rollback(unheard) == EVENTS + 1
        assert world.rows(new) == [(1,)]
        assert world.runner().catch_up() == EVENTS + 1
        assert rebuilding.rollback(unheard) == EVENTS + 1
        assert world.rows(new) == [(11,)]
        rebuilding.confirm()
        with pytest.raises(NothingKept):
            rebuilding.confirm()


def test_what_was_begun_can_be_given_up(world: World) -> None:
    """The live views are as they were, and there is nothing to swap."""
    world.show(TOLD)
    tables = world.tables()
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
        rebuilding.abort()
        for refused in (rebuilding.abort, lambda: rebuilding.swap(unheard)):
            with pytest.raises(RebuildNotReady):
                refused()
    assert world.tables() == tables
    assert world.rows("SELECT to_regnamespace('views_next')::text") == [(None,)]


def test_one_rebuild_runs_at_a_time(world: World) -> None:
    """Another process is told so, whatever it wants."""
    world.show(TOLD)

    def meanwhile() -> None:
        with rebuilding_of(world) as other:
            for refused in (other.build, other.swap, other.rollback):
                with pytest.raises(RebuildUnderWay):
                    refused(unheard)

    with rebuilding_of(world) as rebuilding:
        rebuilding.build(Once("groups", meanwhile))


def test_views_that_are_not_whole_are_not_swapped(world: World) -> None:
    """What stopped half-way has to go on first."""
    world.show(TOLD)

    def stop() -> None:
        raise KeyboardInterrupt

    with rebuilding_of(world) as rebuilding:
        with pytest.raises(KeyboardInterrupt):
            rebuilding.build(Once("groups", stop))
        with pytest.raises(RebuildNotReady, match="has to go on"):
            rebuilding.swap(unheard)
        rebuilding.build(unheard)
        rebuilding.swap(unheard)


def test_who_is_erased_meanwhile_is_in_no_views(world: World) -> None:
    """An erasure while customers are folded, and one before the swap, leave nothing behind."""
    world.show(TOLD, "2026-01-05 order.placed O-8 account_no:88888888")

    def forget_ann() -> None:
        erase(world, "account_no:77310042", "phone:+17175550142", "order:O-1", "contact:c1")

    with rebuilding_of(world) as rebuilding:
        rebuilding.build(Once("groups", forget_ann))
        rebuilding.swap(unheard)
    found = world.tables()
    assert [name for name, rows in found.items() if "77310042" in repr(rows)] == []
    assert world.rows("SELECT to_regnamespace('views_before')::text") == [(None,)], "Ann was in it"
    world.runner().recreate()
    world.runner().catch_up()
    assert world.tables() == found


def test_who_is_erased_while_others_build_is_not_left_in_what_is_built(world: World) -> None:
    """The live views came to the erasure and dropped nothing, for somebody built; who built did."""
    world.show(TOLD)

    def forget_ann() -> None:
        erase(world, "account_no:77310042", "phone:+17175550142", "order:O-1", "contact:c1")
        world.runner().catch_up()

    with rebuilding_of(world) as rebuilding:
        rebuilding.build(Once("indexes", forget_ann))
    left = "SELECT value FROM views_next.identity_nodes WHERE value = '77310042'"
    assert world.rows(left) == []
    assert digests_of(world, NEXT) == digests_of(world)


def test_an_erasure_leaves_no_copy_of_the_views(world: World) -> None:
    """What is kept to go back to, and what nobody is building on, goes with the person."""
    world.show(TOLD)
    rebuild(world)
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
    erase(world, "account_no:77310042", "phone:+17175550142", "order:O-1", "contact:c1")
    world.runner().catch_up()
    left = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'views%%'"
    assert world.rows(left) == [("views",)]


def test_a_customer_who_cannot_be_folded_is_parked_as_live(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same customer, at the same entry, shown up to it; everybody else is whole."""

    def faulty(story: Any, data: DeadlineRecorded, *, cite: Any) -> None:
        raise ValueError(data.reason)

    steps = dict(folding.STEPS)
    steps[DeadlineRecorded] = (*steps[DeadlineRecorded], faulty)
    monkeypatch.setattr(folding, "STEPS", steps)
    world.tell(TOLD, "2026-01-04 deadline.recorded need_by=2026-02-01 order:O-1 reason=words")
    world.show("2026-01-05 contact.started c9 account_no:77310042")
    live = digests_of(world)
    (parked,) = world.runner().progress.parked()
    rebuild(world)
    assert digests_of(world) == live
    assert world.runner().progress.parked() == [parked]


def test_a_projector_of_the_views_before_writes_nothing_into_the_new(world: World) -> None:
    """It stands at the same position, and is told all the same that others took the place."""
    world.show(TOLD)
    runner = world.runners[0]
    rebuild(world)
    world.tell("2026-01-04 contact.started c9 account_no:77310042")
    with pytest.raises(OwnershipLost):
        runner._projector.turn()
    assert world.rows("SELECT max(position) FROM timeline") == [(EVENTS,)]
    assert runner.catch_up() == EVENTS + 1


def test_a_runner_that_follows_the_log_goes_on_in_the_new_views(world: World) -> None:
    """Rebuilt, swapped and taken back beneath it, the views keep up with the log."""
    world.show(TOLD)
    with running(world.runner()):
        for number in range(3):
            if number < 2:
                rebuild(world)
            else:
                with rebuilding_of(world) as rebuilding:
                    rebuilding.rollback(unheard)
            world.tell(f"2026-01-04T09:0{number} contact.started n{number} account_no:77310042")
            assert world.runner().progress.wait_for(EVENTS + 1 + number, timeout_s=120)
    found = digests_of(world)
    world.runner().recreate()
    world.runner().catch_up()
    assert digests_of(world) == found


def test_readers_that_take_long_are_not_cut_off(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a question is being answered the views do not change places; it is said so."""
    monkeypatch.setattr(places, "TRIES_MAX", 2)
    monkeypatch.setattr(places, "PAUSE_S", 0.01)
    world.show(TOLD)
    views = Views(world.url, world.keyring)
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
        with views._snapshot(), pytest.raises(ReadersBusy):
            rebuilding.swap(unheard)
        assert rebuilding.swap(unheard) == EVENTS
    views.close()


def test_what_others_define_on_the_views_is_made_anew_in_the_swap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A SQL view of somebody's shows the new tables from the moment that they are live."""
    made: list[str] = []

    def bind(cursor: Any) -> None:
        cursor.execute("SELECT count(*) FROM timeline WHERE sentence = 'old'")
        made.append(f"{cursor.fetchone()[0]} old rows")

    monkeypatch.setattr(places, "BOUND", (bind,))
    world.show(TOLD)
    world.rows("UPDATE timeline SET sentence = 'old' RETURNING 1")
    rebuild(world)
    assert made == ["0 old rows"]
