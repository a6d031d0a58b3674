"""A rebuild is killed wherever it can be: what is read is the old views or the new ones, whole."""

from __future__ import annotations

import signal

from projections.ownership import OWNER_LOCK_ID, REBUILD_LOCK_ID
from tests.databases import until_nobody_holds
from tests.forked import FORKED
from tests.projections.rebuild import points
from tests.projections.rebuild.points import AGAIN, POINTS, Run
from tests.projections.rebuild.rebuilt import digests_of
from tests.projections.world import World

END_TIMEOUT_S = 180.0

TOLD = """
2026-01-01T09:00 order.placed O-1 account_no:7731 phone:+17175550142
2026-01-01T09:05 promise.made P-1 order:O-1 due_within=PT24H
2026-01-02T10:00 contact.started c1 phone:+17175550142
2026-01-02T10:05 issue.reported I-1 contact:c1 order:O-1
2026-01-02T10:10 contact.ended c1
2026-01-03T08:00 order.placed O-2 account_no:8842 email:b@x.example
2026-01-03T09:00 contact.started c2 email:b@x.example phone:+17175550199
"""
MARKED = "as the old views have it"


def killed(run: Run, world: World, point: str) -> int | None:
    """Run something in a process that is killed at a point; return how it ended."""
    process = FORKED.Process(target=run, args=(world.url, world.keyring, point), daemon=True)
    process.start()
    process.join(END_TIMEOUT_S)
    for lock_id in (OWNER_LOCK_ID, REBUILD_LOCK_ID):
        until_nobody_holds(world.url, lock_id)
    return process.exitcode


def mark(world: World) -> None:
    """Have the live views say what a rebuild would not, in two tables."""
    world.rows("UPDATE timeline SET sentence = %s RETURNING 1", MARKED)
    world.rows("UPDATE story SET name = %s RETURNING 1", MARKED)


def marks(world: World) -> tuple[int, int, int]:
    """Return how many rows the live views have and how many are marked, in two tables."""
    (found,) = world.rows(
        "SELECT (SELECT count(*) FROM timeline),"
        " (SELECT count(*) FROM timeline WHERE sentence = %s),"
        " (SELECT count(*) FROM story WHERE name = %s)",
        *(MARKED, MARKED),
    )
    return found


def test_killed_at_every_step_a_rebuild_goes_on_and_is_never_seen_in_part(world: World) -> None:
    """At each point in turn: readers have the old views, whole, until they have the new, whole.

    Every process goes on where the one before was killed, while the log grows and the live views
    follow it.
    """
    world.show(TOLD)
    mark(world)
    stories = marks(world)[2]
    old = 7
    for number, point in enumerate(POINTS):
        assert killed(points.rebuild, world, point) == -signal.SIGKILL, point
        rows, marked, stories_marked = marks(world)
        is_swapped = point == "places changed"
        assert (rows, marked) == (7 + number, 0 if is_swapped else old), point
        assert stories_marked == (0 if is_swapped else stories), point
        world.show(f"2026-01-04T09:{number:02} contact.started d{number} account_no:new-{number}")
    rebuilt = digests_of(world)
    for point in AGAIN:
        assert killed(points.go_back, world, point) == -signal.SIGKILL, point
        rows, marked, _ = marks(world)
        assert (rows, marked) == (7 + len(POINTS), old if point == "gone back" else 0), point
    runner = world.runner()
    runner.recreate()
    runner.catch_up()
    assert digests_of(world) == rebuilt
