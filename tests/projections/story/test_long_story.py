"""S17 through the log and the views: 10,000 events in 17 years, now and as it was known."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from domain.handles import Handle
from projections.queries import Views
from tests.domain.scenarios.long_story import EVENTS, long_story
from tests.given import at
from tests.notation import cloud_event
from tests.pace import paced
from tests.projections.world import World

ACCOUNT = Handle("account_no", "17")
NOW = at("2025-12-31")
BRIEFS = 100
NOW_S_MAX = 0.050
THEN_S_MAX = 1.0
BATCH = 1_000


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the reading side of a world in which a very long story was told."""
    raw = [
        json.dumps(cloud_event(line, id=f"e{n}")).encode()
        for n, line in enumerate(long_story().splitlines())
    ]
    for first in range(0, EVENTS, BATCH):
        world.append(raw[first : first + BATCH])
    world.runner().catch_up()
    views = Views(world.url, world.keyring)
    yield views
    views.close()


def test_the_brief_of_now_takes_at_most_fifty_milliseconds(views: Views) -> None:
    """All 10,000 events are considered and none is hidden."""
    made, taken = paced(lambda: views.brief(ACCOUNT, as_of=NOW), BRIEFS)
    assert (made["events_considered"], made["events_hidden"]) == (EVENTS, 0)
    assert taken <= NOW_S_MAX


def test_the_brief_of_any_position_takes_at_most_a_second(views: Views) -> None:
    """Folded from the log, whoever it was about then, within a second of a processor."""
    for known_at in (EVENTS - 1, EVENTS // 2, 25):
        then, taken = paced(
            lambda known_at=known_at: views.brief(ACCOUNT, as_of=NOW, known_at=known_at), 3
        )
        assert then["events_considered"] == known_at
        assert taken <= THEN_S_MAX, known_at


def test_so_does_the_brief_of_a_moment_as_was_known_at_a_position(views: Views) -> None:
    """Whether all that was known then can be folded is found out as well."""
    moment = at("2024-06-01")
    then, taken = paced(lambda: views.brief(ACCOUNT, as_of=moment, known_at=EVENTS - 1), 3)
    assert EVENTS // 2 < then["events_considered"] < EVENTS - 1
    assert taken <= THEN_S_MAX
