"""Consumers are killed at each of nine points, and nothing of it shows in the log."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.system.checking import NOTHING, found_in
from tests.system.consumers import Installed, until
from tests.system.lives import Life, struck_at
from tests.system.points import POINTS
from tests.system.publishing import published_meanwhile
from tests.system.topics import Topic

# `soak` multiplies: 900 kills.
IS_SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
HITS_A_POINT = 100 if IS_SOAK else 10
SLOTS = 2
PASSAGES_MAX = 3
DEADLINE_S = 6_000 if IS_SOAK else 900
# What was published while they were killed is ten times as much then.
SETTLED_S = 900 if IS_SOAK else 300
POLL_S = 0.02


@pytest.fixture
def installed(home: Path, database_url: str, topic: Topic) -> Installed:
    """Give an installation that reads the test's topic in tiny batches."""
    return Installed(home, database_url, topic, {"TOLDONCE_CONSUME_BATCH_EVENTS": "40"})


def test_kills_at_nine_points_lose_nothing_and_repeat_nothing(installed: Installed) -> None:
    """Ten kills at each point, two members of the group, publishing meanwhile; all counts are 0."""
    chance = random.Random(3)  # noqa: S311 - chance, not secrets
    schedule = [point for point in POINTS for _ in range(HITS_A_POINT)]
    chance.shuffle(schedule)
    with published_meanwhile(installed.topic):
        killed_in_turn(installed, schedule, chance)
    hits = struck_at(installed.home / "notes")
    print({point: hits[point] for point in POINTS})
    assert all(hits[point] >= HITS_A_POINT for point in POINTS), hits
    found = settled(installed)
    print(f"acknowledged {len(installed.topic.truth)}, kills {hits.total()}: {found}")
    assert found == NOTHING


def killed_in_turn(installed: Installed, schedule: list[str], chance: random.Random) -> None:
    """Keep both slots alive with consumers that are killed, until the schedule is through."""
    slots: list[Life | None] = [None] * SLOTS
    deadline = time.monotonic() + DEADLINE_S
    try:
        while schedule or any(slots):
            for slot, life in enumerate(slots):
                if life is not None and life.process.is_alive():
                    continue
                if life is not None:
                    assert life.process.exitcode == -signal.SIGKILL, life.said()
                slots[slot] = _next(installed, schedule, slot=slot, chance=chance)
            assert time.monotonic() < deadline, [life.said()[-2000:] for life in slots if life]
            time.sleep(POLL_S)
    finally:
        for life in slots:
            if life is not None:
                life.kill()


def _next(
    installed: Installed, schedule: list[str], *, slot: int, chance: random.Random
) -> Life | None:
    if not schedule:
        return None
    passages = chance.randint(1, PASSAGES_MAX)
    return Life(installed, schedule.pop(), passages=passages, name=f"slot-{slot}")


def settled(installed: Installed) -> object:
    """Let consumers that nobody strikes finish; return what is wrong with the log."""
    lives = [Life(installed, name=f"slot-{slot}") for slot in range(SLOTS)]
    try:
        ends = {at: end for at, end in installed.topic.ends().items() if end}
        until(lambda: installed.reached() == ends, lives[0].said, SETTLED_S)
    finally:
        for life in lives:
            life.kill()
    assert all(one["is_complete"] for one in installed.status().values())
    truth = installed.topic.truth
    return found_in(installed.database_url, installed.home, truth=truth)
