"""The first catch-up of a long log goes the rebuild's way, and nobody can tell by the outcome."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from threading import Event as Stop
from typing import Any

import pytest

from domain.events import DeadlineRecorded
from domain.story import folding
from eventlog.database import Database
from projections import parking, runner
from projections.errors import NothingKept, ProjectionPaused, ProjectionsStalled
from projections.ownership import REBUILD_LOCK_ID, Ownership
from projections.progress import Patience
from projections.rebuild import first
from projections.rebuild.building import Step
from projections.timeline.view import TimelineView
from tests.projections.identity.test_identity_erasure import erase
from tests.projections.rebuild import points
from tests.projections.rebuild.rebuilt import digests_of, rebuilding_of, unheard
from tests.projections.rebuild.test_rebuild import EVENTS, TOLD, Once
from tests.projections.rebuild.test_rebuild_kills import killed
from tests.projections.test_runner import running
from tests.projections.world import World

PATIENCE_S = 60
IS_BUILT_BESIDE = "SELECT to_regnamespace('views_next') IS NOT NULL"


class SetLater(Stop):
    """Is set from the third time on that it is asked: a step is told of as it begins and ends."""

    _asked = 0

    def is_set(self) -> bool:
        """Return False twice."""
        self._asked += 1
        return self._asked > 2


@pytest.fixture
def told(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world whose log counts as long and was never read."""
    monkeypatch.setattr(runner, "ENTRIES_MIN", EVENTS)
    world.tell(TOLD)
    return world


def require_as_ordinarily(world: World) -> None:
    """Fail unless the views are those that reading page by page gives."""
    found, tables = digests_of(world), world.tables()
    by_pages = world.runner()
    by_pages.recreate()
    by_pages.catch_up(until=by_pages.progress.status()[0].head)
    assert (digests_of(world), world.tables()) == (found, tables)


def steps_of(catch_up: Callable[..., int]) -> list[str]:
    """Catch up; return the names of the steps that were told of."""
    told: dict[str, None] = {}
    catch_up(report=lambda step: told.setdefault(step.name))
    return [*told]


def test_empty_views_of_a_long_log_are_built_beside_and_are_as_ever(told: World) -> None:
    """Each step is told, nothing is kept of the empty ones, and the log is followed from there."""
    built = told.runner()
    assert steps_of(built.catch_up) == ["groups", "customers", "indexes"]
    with rebuilding_of(told) as rebuilding, pytest.raises(NothingKept):
        rebuilding.rollback(unheard)
    told.tell("2026-01-04 contact.started c9 account_no:77310042")
    assert built.catch_up() == EVENTS + 1
    require_as_ordinarily(told)


def test_who_follows_the_log_begins_with_it_too(told: World) -> None:
    """The projector of a server finds empty views, fills them and goes on."""
    with running(told.runner()):
        assert told.runner().progress.wait_for(EVENTS, timeout_s=120)
        told.tell("2026-01-04 contact.started c9 account_no:77310042")
        assert told.runner().progress.wait_for(EVENTS + 1, timeout_s=120)
    assert told.runner().progress.steps(), "they were filled by way of a rebuild"
    require_as_ordinarily(told)


def test_views_are_read_page_by_page_where_that_is_asked_for(told: World) -> None:
    """That is up to a position, and from there on; views that were emptied are built again."""
    reading = told.runner()
    assert reading.catch_up(until=4) == 4
    assert steps_of(reading.catch_up) == ["catching up"]
    reading.recreate()
    assert steps_of(reading.catch_up)[0] == "groups"


def test_other_views_than_all_are_read_page_by_page(told: World) -> None:
    """A rebuild knows only the views that there are."""
    assert steps_of(told.runner(views=[TimelineView()]).catch_up) == ["catching up"]


def test_others_who_wait_see_that_it_goes_on(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The position stays at 0 to the end, but steps are counted, however long one of them takes."""
    monkeypatch.setattr(first, "NOTED_EVERY_S", 0.01)
    other = told.runner().progress
    deadline = time.monotonic() + PATIENCE_S
    slow: list[str] = []

    def counted(step: Step) -> None:
        before = other.steps()
        while other.steps() < before + 2:
            assert time.monotonic() < deadline
        assert other.position() == 0
        slow.append(step.name)

    told.runner().catch_up(report=counted)
    assert {"customers", "indexes"} <= set(slow)


def test_patience_ends_when_neither_position_nor_steps_move() -> None:
    """Steps are as good as a position; without either it is said that nothing moves."""
    patience = Patience(9, stall_s=0.05)
    for steps in range(5):
        patience.wait(0, steps=steps)
    with pytest.raises(ProjectionsStalled, match="position 0 of 9"):
        for _ in range(5):
            patience.wait(0, steps=5)


def test_while_somebody_rebuilds_by_hand_views_are_read_page_by_page(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while in which it could have been one that was killed; theirs is theirs to swap."""
    monkeypatch.setattr(first, "UNDER_WAY_S", 0.3)

    def meanwhile() -> None:
        assert steps_of(told.runner().catch_up) == ["waiting", "catching up"]

    with rebuilding_of(told) as rebuilding:
        rebuilding.build(Once("groups", meanwhile))
        rebuilding.swap(unheard)
    require_as_ordinarily(told)


def test_what_a_killed_process_was_at_is_waited_for(told: World) -> None:
    """PostgreSQL lets go of its lock later than of the ownership: then it is gone on with."""
    held = Ownership(Database(told.url), lock_id=REBUILD_LOCK_ID)
    assert held.take()
    names: list[str] = []

    def note(step: Step) -> None:
        names.append(step.name)
        held.give_back()

    told.runner().catch_up(report=note)
    assert names[:2] == ["waiting", "groups"]
    require_as_ordinarily(told)


def test_where_too_many_customers_fail_the_views_come_as_far_as_they_can(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was built is dropped, and the pause is that of reading page by page."""
    monkeypatch.setattr(parking, "BURST_MAX", -1)

    def fail(story: Any, data: DeadlineRecorded, *, cite: Any) -> None:
        raise ValueError

    monkeypatch.setattr(folding, "STEPS", {**folding.STEPS, DeadlineRecorded: (fail,)})
    told.tell("2026-01-04 deadline.recorded need_by=2026-02-01 order:O-1 reason=words")
    paused = told.runner(page_entries=EVENTS)
    with pytest.raises(ProjectionPaused):
        paused.catch_up()
    assert paused.progress.position() == EVENTS
    assert told.rows(IS_BUILT_BESIDE) == [(False,)]


def test_who_is_told_to_stop_leaves_what_the_next_one_goes_on_with(told: World) -> None:
    """A server ends after a step; what it built is not begun anew."""
    told.runner().run_forever(SetLater())
    assert told.runner().progress.position() == 0
    assert steps_of(told.runner().catch_up) == ["customers", "indexes"]
    require_as_ordinarily(told)


def test_killed_in_the_middle_it_is_gone_on_with(told: World) -> None:
    """The views are empty until another one has filled them."""
    point = "a slice noted, before COMMIT"
    assert killed(points.first_catch_up, told, point) == -signal.SIGKILL
    assert told.rows("SELECT FROM timeline") == []
    assert steps_of(told.runner().catch_up) == ["customers", "indexes"]
    require_as_ordinarily(told)


def test_who_is_erased_meanwhile_is_in_no_views_and_no_copy(told: World) -> None:
    """An erasure between two steps leaves nothing of the person behind."""

    def forget_ann() -> None:
        erase(told, "account_no:77310042", "phone:+17175550142", "order:O-1", "contact:c1")

    told.runner().catch_up(report=Once("customers", forget_ann))
    assert [name for name, rows in told.tables().items() if "77310042" in repr(rows)] == []
    left = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'views%%'"
    assert told.rows(left) == [("views",)]
    require_as_ordinarily(told)
