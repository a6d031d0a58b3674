"""A rebuild by several processes, while the log grows: they may die, and no reader notices."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Stop
from threading import Thread
from time import monotonic

import psutil
import pytest

from projections.errors import RebuildFailed
from projections.ownership import REBUILD_LOCK_ID
from projections.queries import Views
from projections.rebuild import slices
from projections.rebuild.building import Step
from projections.slots import NEXT
from tests.databases import until_nobody_holds
from tests.forked import FORKED
from tests.projections.rebuild import points
from tests.projections.rebuild.rebuilt import digests_of, rebuild, rebuilding_of, unheard
from tests.projections.test_runner import running
from tests.projections.world import World

CUSTOMERS = 40
TIMEOUT_S = 180.0


def told(customers: int = CUSTOMERS) -> str:
    """Return a few events of each of many customers."""
    return "\n".join(
        f"2026-01-0{day} contact.started c-{number}-{day} account_no:A{number} issue:I-{number}"
        for number in range(customers)
        for day in (1, 2, 3)
    )


def children(pid: int | None = None) -> list[psutil.Process]:
    """Return the processes that one began to fill slices."""
    found = psutil.Process(pid).children(recursive=True)
    return [child for child in found if "spawn_main" in " ".join(command_of(child))]


def command_of(process: psutil.Process) -> list[str]:
    """Return how a process was called; nothing of one that has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def until_there_are_children(pid: int | None) -> list[psutil.Process]:
    """Wait until a process began others."""
    deadline = monotonic() + TIMEOUT_S
    while monotonic() < deadline:
        found = children(pid)
        if len(found) > 1:
            return found
        Stop().wait(0.02)
    raise AssertionError("no process was begun")


def test_processes_fill_the_views_with_the_rows_of_live_folding(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who folds whom does not show, a process that is killed is named, and the rest goes on."""
    monkeypatch.setattr(slices, "SLICE_EVENTS", 4)
    world.show(told())
    killed: list[int] = []

    def kill_one(step: Step) -> None:
        for child in children()[:1] if not killed else ():
            killed.append(child.pid)
            child.kill()

    with rebuilding_of(world, workers=2) as rebuilding:
        with pytest.raises(RebuildFailed, match="it was killed"):
            rebuilding.build(kill_one)
        rebuilding.build(unheard)
    assert digests_of(world, NEXT) == digests_of(world)
    assert children() == []


def test_processes_end_with_the_one_that_began_them(world: World) -> None:
    """Killed without a word, it leaves nobody who writes; the next one goes on."""
    world.show(told())
    process = FORKED.Process(target=points.rebuild_in_processes, args=(world.url, world.keyring, 4))
    process.start()
    begun = until_there_are_children(process.pid)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join(TIMEOUT_S)
    _, left = psutil.wait_procs(begun, timeout=TIMEOUT_S)
    assert left == []
    until_nobody_holds(world.url, REBUILD_LOCK_ID)
    rebuild(world)
    live = digests_of(world)
    world.runner().recreate()
    world.runner().catch_up()
    assert digests_of(world) == live


@contextmanager
def reading(views: Views, seen: list[tuple[bool, bool, bool]]) -> Iterator[None]:
    """Ask several tables, several times, within one moment after the other, in a thread."""
    stop = Stop()

    def read() -> None:
        while not stop.is_set():
            with views._snapshot() as snapshot:
                for _ in range(5):
                    seen.append(state(snapshot.cursor, snapshot.position))

    thread = Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(TIMEOUT_S)


def state(cursor: object, position: int) -> tuple[bool, bool, bool]:
    """Return whether two tables are the old ones, and whether they stand where it is said."""
    cursor.execute("SELECT count(*) FROM timeline WHERE sentence = 'old'")  # type: ignore[attr-defined]
    (timeline,) = cursor.fetchone()  # type: ignore[attr-defined]
    cursor.execute("SELECT count(*) FROM story WHERE name = 'old'")  # type: ignore[attr-defined]
    (story,) = cursor.fetchone()  # type: ignore[attr-defined]
    cursor.execute("SELECT max(position) FROM timeline")  # type: ignore[attr-defined]
    (newest,) = cursor.fetchone()  # type: ignore[attr-defined]
    return timeline > 0, story > 0, newest == position


def test_while_the_log_grows_no_reader_sees_a_mixture(world: World, views: Views) -> None:
    """Each moment is of the old views or of the new, and stands where it says that it does."""
    world.show(told(5))
    world.rows("UPDATE timeline SET sentence = 'old' RETURNING 1")
    world.rows("UPDATE story SET name = 'old' RETURNING 1")
    seen: list[tuple[bool, bool, bool]] = []
    number = 0

    def grow(step: Step | None = None) -> None:
        nonlocal number
        number += 1
        world.tell(f"2026-02-01 contact.started g-{number} account_no:G{number}")

    with running(world.runner(page_entries=2)), reading(views, seen):
        with rebuilding_of(world) as rebuilding:
            rebuilding.build(grow)
            grow()
            rebuilding.swap(grow)
            grow()
            rebuilding.rollback(grow)
            rebuilding.rollback(grow)
        grow()
        assert world.runner().progress.wait_for(15 + number, timeout_s=TIMEOUT_S)
    assert set(seen) == {(True, True, True), (False, False, True)}
    live = digests_of(world)
    for _ in range(2):
        rebuild(world)
        assert digests_of(world) == live
