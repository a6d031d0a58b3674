"""What is told of earlier positions and moments of whoever is parked, was, or is not any longer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from domain.brief import canonical_json
from domain.events import DeadlineRecorded, EventData, IdentityCustomersUnmerged
from domain.handles import Handle
from domain.story import Story, folding
from domain.story.cite import Cite, Step
from projections.promises.queries import PromiseQuery
from projections.queries import Views
from projections.timeline.pages import TimelinePage, TimelineQuery
from tests.given import at
from tests.projections.test_parked_again import ANN, BOB, MERGED, UNMERGED, failing
from tests.projections.test_parking import AFTER, BAD, GOOD, POISON, fault, parked
from tests.projections.world import World

__all__ = ["failing", "fault"]

NOW = at("2026-06-01")
GOOD_PROMISES = """
2026-01-01T10:00 promise.made P-1 account_no:7731 due_at=2026-01-04
2026-01-01T10:00 promise.made P-2 account_no:8842 due_at=2026-01-04
"""


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the reading side of a world."""
    views = Views(world.url, world.keyring)
    yield views
    views.close()


def told(views: Views, whom: Handle, known_at: int | None = None) -> tuple[bytes, TimelinePage]:
    """Return the brief and the timeline of a position."""
    brief = views.brief(whom, as_of=NOW, known_at=known_at)
    query = TimelineQuery(views.look_up(whom).customer_id, known_at=known_at, asked=whom)
    page = views.timeline(query)
    assert (len(page.rows), page.incomplete_since) == (
        brief["events_considered"],
        # what is parsed back from a document is compared with what PostgreSQL gave
        brief["incomplete_since"] and at(brief["incomplete_since"]),
    )
    return canonical_json(brief), page


def failing_after(events: int) -> Step:
    """Return a step that fails once a story has more events than that."""

    def fail(story: Story, data: EventData, *, cite: Cite) -> None:
        if story.events_considered > events:
            raise ValueError

    return fail


@pytest.mark.parametrize("whom", [ANN, BOB])
def test_what_was_known_is_told_as_it_was_whoever_is_parked_for_it_now(
    world: World, views: Views, failing: None, whom: Handle
) -> None:
    """Earlier answers say since when they are incomplete, and leave out what they left out."""
    lines = [
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T09:05 order.placed O-2 account_no:8842",
        "2026-01-01T09:10 contact.started c-0 account_no:8842",
        f'2026-01-01T11:00 deadline.recorded need_by=2026-02-01 order:O-2 reason="{POISON}"',
        MERGED,
        "2026-01-01T12:00 contact.started c-1 account_no:7731",
        UNMERGED,
        MERGED.replace("merge_id=m", "merge_id=k").replace("T10", "T14"),
    ]
    runner = world.runner()
    answers = []
    for line in lines:
        world.tell(line)
        runner.catch_up()
        answers.append(told(views, whom))
    assert sum(page.incomplete_since is not None for _, page in answers) >= 3
    assert [told(views, whom, position) for position in range(1, len(lines) + 1)] == answers


def test_what_was_retracted_since_was_missing_then(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """Brief and timeline of then are what they were; those of now have everything."""
    world.tell(GOOD, BAD, AFTER)
    runner = world.runner()
    runner.catch_up()
    then = told(views, ANN)
    world.tell("2026-01-04T09:00 event.retracted account_no:7731 corrects=#t3")
    runner.catch_up()
    assert told(views, ANN, 5) == then
    assert told(views, ANN)[1].incomplete_since is None


def test_promises_of_a_moment_are_told_of_everybody(
    world: World, views: Views, fault: pytest.MonkeyPatch
) -> None:
    """What was retracted later cannot be folded as of before; what came after it is missing."""
    world.tell(GOOD, GOOD_PROMISES, BAD)
    runner = world.runner()
    runner.catch_up()
    query = PromiseQuery(at("2026-01-03"))
    before = [row.promise.promise_id for row in views.promises(query).rows]
    world.tell("2026-01-04T09:00 event.retracted account_no:7731 corrects=#t5")
    runner.catch_up()
    assert parked(world) == []
    assert (
        [row.promise.promise_id for row in views.promises(query).rows] == before == ["P-1", "P-2"]
    )


def test_what_could_be_folded_then_is_told_though_it_fails_by_now(
    world: World, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a joined history an event fails that did not in the one of before."""
    steps: dict[Any, Any] = {**folding.STEPS, DeadlineRecorded: (failing_after(2),)}
    monkeypatch.setattr(folding, "STEPS", steps)
    world.tell(
        GOOD,
        "2026-01-01T09:06 contact.started c-2 account_no:8842",
        "2026-01-01T11:00 deadline.recorded need_by=2026-02-01 order:O-1",
    )
    runner = world.runner()
    runner.catch_up()
    then = told(views, ANN)
    world.tell(MERGED.replace("T10", "T12"))
    runner.catch_up()
    assert [one.position for one in parked(world)] == [4]
    assert told(views, ANN, 4) == then
    assert then[1].incomplete_since is None


def test_who_is_not_parked_is_not_incomplete(
    world: World, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement is of two customers, and the story of one of them alone fails at it."""
    steps: dict[Any, Any] = {**folding.STEPS, IdentityCustomersUnmerged: (failing_after(3),)}
    monkeypatch.setattr(folding, "STEPS", steps)
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T09:01 contact.started c-1 account_no:7731",
        "2026-01-01T09:02 contact.started c-2 account_no:7731",
        "2026-01-01T09:05 order.placed O-2 account_no:8842",
        MERGED,
        UNMERGED,
        "2026-01-02T09:02 contact.started c-3 account_no:8842",
    )
    runner = world.runner()
    runner.catch_up()
    assert [one.customer_id for one in parked(world)] == [world.keyring.stream_of(ANN)]
    then = told(views, BOB)
    assert then[1].incomplete_since is None
    assert views.brief(BOB, as_of=at("2026-01-01T23:00"))["incomplete_since"] is None
    world.tell("2026-01-03T09:02 contact.started c-4 account_no:8842")
    runner.catch_up()
    assert told(views, BOB, 7) == then
