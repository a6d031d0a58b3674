"""What is remembered of stories: as much as fits, most of it asleep, and what slept as it was."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.story import dump
from projections.story import remembered
from projections.story.remembered import Asleep, Remembered
from projections.story.snapshots import Kept
from tests.given import Given, given

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


@pytest.fixture
def stories(monkeypatch: pytest.MonkeyPatch) -> Remembered:
    """Give a memory in which one story can be awake and one more asleep."""
    monkeypatch.setattr(remembered, "AWAKE_BYTES_MAX", remembered.STORY_BYTES)
    monkeypatch.setattr(remembered, "AWAKE_BYTES_OVER", 0)
    monkeypatch.setattr(remembered, "ASLEEP_BYTES_MAX", 2 * remembered.ASLEEP_BYTES)
    return Remembered()


def told(name: str) -> Given:
    """Return what was told of an order."""
    return given(f"2026-01-01 order.placed {name} account_no:1")


def kept(name: str) -> Kept:
    """Return the story of an order, as if it had been saved."""
    return Kept(told(name).story("2026-01-02"), frozenset({("crm", name)}), position=7)


def test_a_story_that_slept_is_the_story_that_it_was(stories: Remembered) -> None:
    """Its parts, what it waits for and where it ends are there when it is woken."""
    stories.put(ONE, kept("O-1"))
    stories.put(TWO, kept("O-2"))
    asleep = stories.end_of(ONE)
    assert isinstance(asleep, Asleep)
    assert asleep.last_key == kept("O-1").last_key
    woken = stories.get(ONE)
    assert woken is not None
    assert dump(woken.story) == dump(kept("O-1").story)
    assert (woken.awaited, woken.position) == ({("crm", "O-1")}, 7)
    assert woken.last_key == asleep.last_key


def test_nobody_is_forgotten_before_it_is_trimmed(stories: Remembered) -> None:
    """While a page is worked on all of its stories are there; then the newest are kept."""
    for number, customer_id in enumerate((ONE, TWO, THREE)):
        stories.put(customer_id, kept(f"O-{number}"))
    assert all(customer_id in stories for customer_id in (ONE, TWO, THREE))
    stories.trim()
    assert [customer_id in stories for customer_id in (ONE, TWO, THREE)] == [False, True, True]


def test_a_long_story_is_not_put_to_sleep_for_short_ones(
    stories: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is awake until other long ones take its place, and may have been a short one before."""
    stories.put(ONE, kept("O-1"))
    long = kept("O-1")
    long.size = remembered.LONG_BYTES_MIN
    stories.put(ONE, long)
    for customer_id in (TWO, THREE):
        stories.put(customer_id, kept("O-2"))
    stories.trim()
    assert stories.get(ONE) is long
    assert isinstance(stories.end_of(TWO), Asleep)
    stories.forget([ONE])
    assert ONE not in stories


def test_a_story_that_is_awake_again_sleeps_no_more(stories: Remembered) -> None:
    """What it was before it was taken further is not found any more, nor once it is forgotten."""
    stories.put(ONE, kept("O-1"))
    stories.put(TWO, kept("O-2"))
    stories.put(ONE, kept("O-3"))
    again = stories.get(ONE)
    assert again is not None
    assert dump(again.story) == dump(kept("O-3").story)
    stories.forget([ONE])
    assert stories.get(ONE) is None
    stories.clear()
    assert stories.end_of(TWO) is None
