"""Whoever is parked is tried again when something of theirs changes hands or is taken back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings

import eventlog.read
from domain.events import CalendarDefined, DeadlineRecorded, EventData
from domain.handles import Handle
from domain.story import Story, folding
from domain.story.cite import Cite, Step
from projections import parking
from projections.page import Page
from projections.parking import BURST_MAX, LOG, Parked, Parking
from projections.promises.queries import STATES, PromiseQuery
from projections.queries import Views
from projections.rebuild import slices
from projections.slots import NEXT
from projections.story.view import StoryView
from projections.timeline.pages import TimelineQuery
from tests.examples import share
from tests.given import at
from tests.projections.families import END, of_number, whom
from tests.projections.rebuild.rebuilt import digests_of, rebuilding_of, unheard
from tests.projections.rebuild.test_rebuild_groups import unreadable
from tests.projections.test_many_erasures import erase_somebody, few
from tests.projections.test_many_histories import (
    NewWorld,
    a_log,
    chances,
    moment,
    new_world,
    pieces,
)
from tests.projections.test_parking import POISON, poisoned, unable_to_read
from tests.projections.test_reading_model import HISTORIES
from tests.projections.world import World

Json = dict[str, Any]

__all__ = ["new_world"]

BAD = 6
ERASED = 0.2
ANN, BOB = Handle("account_no", "7731"), Handle("account_no", "8842")
NOW = at("2026-06-01")
MERGED = (
    "2026-01-01T10:00 identity.customers_merged merge_id=m survivor=account_no:7731"
    " absorbed=account_no:8842"
)
UNMERGED = "2026-01-01T13:00 identity.customers_unmerged merge_id=m"
WHO_IS_PARKED = "SELECT customer_id, position, view, error FROM {}.parked ORDER BY 1"
WHO_WAITS = "SELECT position, stream_id, error FROM {}.parked_entries ORDER BY 1"


def who_is_parked(world: World) -> list[tuple[UUID, int]]:
    """Return who is parked, and at which position."""
    return [(one.customer_id, one.position) for one in world.runner().progress.parked()]


def shown(world: World, whom: Handle) -> list[int]:
    """Return the positions of what is shown of a customer."""
    customer_id = str(world.keyring.stream_of(whom))
    found = "SELECT position FROM timeline WHERE customer_id = %s ORDER BY position"
    return [position for (position,) in world.rows(found, customer_id)]


def require_as_rebuilt(world: World) -> None:
    """Fail unless a rebuild comes to the same rows, and to the same who are parked."""
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
        for question in (WHO_IS_PARKED, WHO_WAITS):
            assert world.rows(question.format("views")) == world.rows(question.format("views_next"))
        assert digests_of(world) == digests_of(world, NEXT)
        rebuilding.abort()


@pytest.fixture(params=["cannot be read", "cannot be folded"])
def failing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the fourth event fail in one way or the other."""
    if request.param == "cannot be read":
        monkeypatch.setattr(eventlog.read, "restore", unable_to_read("t4"))
        return
    steps = dict(folding.STEPS)
    steps[DeadlineRecorded] = (*steps[DeadlineRecorded], poisoned)
    monkeypatch.setattr(folding, "STEPS", steps)


@pytest.mark.parametrize("page_entries", [1, 4, 9])
def test_a_merge_that_is_undone_takes_the_failure_along(
    world: World, failing: None, page_entries: int
) -> None:
    """The survivor was parked for an entry of the other: once it is not theirs, all is shown."""
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T09:05 order.placed O-2 account_no:8842",
        MERGED,
        f'2026-01-01T11:00 deadline.recorded need_by=2026-02-01 order:O-2 reason="{POISON}"',
        "2026-01-01T12:00 contact.started c-1 account_no:7731",
    )
    runner = world.runner(page_entries=page_entries)
    runner.catch_up()
    ann, bob = world.keyring.stream_of(ANN), world.keyring.stream_of(BOB)
    assert who_is_parked(world) == [(ann, 4)]
    world.tell(UNMERGED)
    runner.catch_up()
    assert who_is_parked(world) == [(bob, 4)]
    assert (shown(world, ANN), shown(world, BOB)) == ([1, 3, 5, 6], [2, 3])
    require_as_rebuilt(world)


@pytest.mark.parametrize("page_entries", [1, 9])
def test_a_stream_that_comes_to_lead_to_somebody_is_not_parked_itself(
    world: World, monkeypatch: pytest.MonkeyPatch, page_entries: int
) -> None:
    """What stood for whoever it would turn out to be is no more once they are known."""
    monkeypatch.setattr(eventlog.read, "restore", unable_to_read("t1"))
    world.tell("2026-01-01T09:00 contact.started c-1 phone:+17175550142")
    runner = world.runner(page_entries=page_entries)
    runner.catch_up()
    stream = world.keyring.stream_of(Handle("phone", "+17175550142"))
    assert who_is_parked(world) == [(stream, 1)]
    require_as_rebuilt(world)
    world.tell(
        "2026-01-01T10:00 order.placed O-1 account_no:7731",
        "2026-01-01T11:00 order.placed O-2 account_no:7731 phone:+17175550142",
    )
    runner.catch_up()
    assert who_is_parked(world) == [(world.keyring.stream_of(ANN), 1)]
    assert shown(world, ANN) == []
    require_as_rebuilt(world)


def test_who_is_folded_anew_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a view cannot take may depend on what else the history holds."""

    def fail_after_three(story: Story, data: EventData, *, cite: Cite) -> None:
        if story.events_considered > 2:
            raise ValueError

    steps = {**folding.STEPS, DeadlineRecorded: (fail_after_three,)}
    monkeypatch.setattr(folding, "STEPS", steps)
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T09:05 order.placed O-2 account_no:8842",
        MERGED,
        "2026-01-01T11:00 deadline.recorded need_by=2026-02-01 order:O-1",
    )
    runner = world.runner()
    runner.catch_up()
    assert who_is_parked(world) == [(world.keyring.stream_of(ANN), 4)]
    world.tell(UNMERGED)
    runner.catch_up()
    assert who_is_parked(world) == []
    require_as_rebuilt(world)


@pytest.mark.parametrize("first", ["cannot be read", "cannot be folded"])
def test_a_release_that_comes_further_parks_where_it_stopped(world: World, first: str) -> None:
    """Of two failures the first is mended: what is shown ends at the second, for its reason."""
    world.tell(
        "2026-01-01T09:00 order.placed O-2 account_no:8842",
        "2026-01-01T10:00 deadline.recorded need_by=2026-02-01 order:O-2",
        "2026-01-01T11:00 contact.started c-1 account_no:8842",
        "2026-01-01T12:00 contact.started c-2 account_no:8842",
    )
    runner, bob = world.runner(), world.keyring.stream_of(BOB)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventlog.read, "restore", unreadable("t2", "t4"))
        if first == "cannot be folded":
            patch.setattr(eventlog.read, "restore", unreadable("t4"))
            patch.setattr(folding, "STEPS", unable_to_fold_any({"t2"}))
        runner.catch_up()
        assert who_is_parked(world) == [(bob, 2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventlog.read, "restore", unreadable("t4"))
        assert runner.release(bob) is False
        (one,) = runner.progress.parked()
        assert (one.position, one.view, one.error, one.attempts) == (4, LOG, "ValueError", 2)
        assert shown(world, BOB) == [1, 2, 3]
        require_as_rebuilt(world)
    assert runner.release(bob) is True
    require_as_rebuilt(world)


@pytest.mark.parametrize("number", range(3))
def test_a_release_parks_nobody_for_what_is_not_theirs(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """What was found out in an attempt that failed is not written with the next one."""
    account, phone = f"account_no:77{number}", f"phone:+1717555014{number}"
    bad = "deadline.recorded need_by=2026-02-01"
    monkeypatch.setattr(folding, "STEPS", unable_to_fold_any({"t3", "t4"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventlog.read, "restore", unable_to_read("t2"))
        world.tell(
            f"2026-01-01T09:00 order.placed O-1 {account} {phone}",
            f"2026-01-01T10:00 identity.identifier_unlinked a={phone} b={account}",
            f"2026-01-01T11:00 {bad} {phone}",
            f"2026-01-01T12:00 {bad} {account}",
        )
        world.runner().catch_up()
    (parked,) = world.runner().progress.parked()
    world.runner().release(parked.customer_id)
    require_as_rebuilt(world)


def test_failures_that_change_hands_are_no_new_ones(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many merges undone at once, each with an old failure, do not pause the projection."""
    monkeypatch.setattr(parking, "BURST_ENTRIES", 30)
    pairs = range(BURST_MAX + 2)
    monkeypatch.setattr(folding, "STEPS", unable_to_fold_any({f"bad-{one}" for one in pairs}))
    runner = world.runner(page_entries=10)
    for one in pairs:
        world.tell(
            f"2026-01-01T09:00 order.placed A-{one} account_no:1{one}",
            f"2026-01-01T09:00 order.placed B-{one} account_no:2{one}",
            f"2026-01-01T10:00 identity.customers_merged merge_id=m{one}"
            f" survivor=account_no:1{one} absorbed=account_no:2{one}",
            f"2026-01-01T11:00 deadline.recorded need_by=2026-02-01 order:B-{one} #bad-{one}",
        )
        runner.catch_up()
    undone = "2026-01-03T10:00 identity.customers_unmerged merge_id=m"
    world.tell(*(f"{undone}{one}" for one in pairs))
    runner.catch_up()
    accounts = [Handle("account_no", f"2{one}") for one in pairs]
    assert sorted(who_is_parked(world)) == sorted(
        (world.keyring.stream_of(account), 4 * one + 4) for one, account in enumerate(accounts)
    )
    require_as_rebuilt(world)


def test_a_release_while_another_moves_on_parks_nobody_for_what_is_another_s(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed in an attempt may be somebody else's by what others read meanwhile."""
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T09:05 order.placed O-2 account_no:8842",
        MERGED,
        "2026-01-01T11:00 deadline.recorded need_by=2026-02-01 order:O-2",
    )
    monkeypatch.setattr(folding, "STEPS", unable_to_fold_any({"t4"}))
    one, other = world.runner(), world.runner()
    one.catch_up()
    ann, bob = world.keyring.stream_of(ANN), world.keyring.stream_of(BOB)
    assert who_is_parked(world) == [(ann, 4)]
    add, undone = Parking.add, list[int]()

    def moving(self: Parking, parked: Parked) -> None:
        add(self, parked)
        if self is one._projector._parking and not undone:
            undone.append(4)
            world.tell(UNMERGED)
            other._projector.prepare()
            other._projector.turn()

    monkeypatch.setattr(Parking, "add", moving)
    one.release(ann)
    assert who_is_parked(world) == [(bob, 4)]
    require_as_rebuilt(world)


def test_a_fault_that_came_with_a_version_is_shown_up_to_it(
    world: World, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an older version could take, and this one cannot, is shown no longer."""
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T10:00 deadline.recorded need_by=2026-02-01 order:O-1",
        "2026-01-01T11:00 contact.started c-1 account_no:7731",
    )
    world.runner().catch_up()
    assert shown(world, ANN) == [1, 2, 3]
    monkeypatch.setattr(folding, "STEPS", unable_to_fold_any({"t2"}))
    world.tell("2025-12-31T09:00 contact.started c-0 account_no:7731")
    world.runner().catch_up()
    assert who_is_parked(world) == [(world.keyring.stream_of(ANN), 2)]
    assert shown(world, ANN) == [1]
    require_as_rebuilt(world)


def test_many_failures_of_a_page_are_found_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page in which many are parked who were parked before is done twice, not once for each."""
    monkeypatch.setattr(parking, "BURST_ENTRIES", 10)
    many = range(30)
    monkeypatch.setattr(folding, "STEPS", unable_to_fold_any({f"bad-{one}" for one in many}))
    runner = world.runner()
    for one in many:
        world.tell(
            f"2026-01-01T11:00 deadline.recorded need_by=2026-02-01 account_no:{one} #bad-{one}",
            f"2026-01-01T11:00 contact.started c-{one} account_no:{one} #good-{one}",
        )
        runner.catch_up()
    retracted = "2026-01-04T09:00 event.retracted account_no:{0} corrects=#good-{0}"
    world.tell(*(retracted.format(one) for one in many))
    pages: list[Page] = []
    apply = StoryView.apply
    monkeypatch.setattr(
        StoryView,
        "apply",
        lambda self, page, cursor: (pages.append(page), apply(self, page, cursor)),
    )
    runner.catch_up()
    assert len(pages) == 2
    assert [one.attempts for one in runner.progress.parked()] == [2] * len(many)


def unable_to_fold_any(ids: Collection[str]) -> Mapping[type[EventData], tuple[Step, ...]]:
    """Return the steps of the fold, of which one fails at each of these events."""

    def fail(story: Story, data: EventData, *, cite: Cite) -> None:
        if cite.id in ids:
            raise ValueError

    steps = folding.STEPS.items()
    return {kind: taken if kind is CalendarDefined else (*taken, fail) for kind, taken in steps}


def answer(views: Views, whom: Handle, as_of: datetime, known_at: int) -> Json:
    """Return a brief; what the timeline of that position says; no promise of then is in the way."""
    brief = views.brief(whom, as_of=as_of, known_at=known_at)
    query = TimelineQuery(views.look_up(whom).customer_id, known_at=known_at, asked=whom)
    page = views.timeline(query)
    assert str(page.customer_id) == str(brief["customer_id"])
    whole = views.brief(whom, as_of=END, known_at=known_at)
    assert len(page.rows) == whole["events_considered"]
    assert (page.incomplete_since is None) == (whole["incomplete_since"] is None)
    views.promises(PromiseQuery(as_of, STATES))
    return brief


@settings(a_log, max_examples=share(1 / 60))
@given(told=few, chance=chances)
def test_who_is_parked_and_what_is_shown_of_them_is_as_a_rebuild_has_it(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """Whatever cannot be read or folded, and whoever it comes to belong to, in any pages.

    A brief of an earlier position is what it was when the views stood there; what was incomplete
    then can be complete, where what failed was taken back since.
    """
    arriving = [raw for number, lines in enumerate(told) for raw in of_number(lines, number)]
    chance.shuffle(arriving)
    bad = chance.sample([*map(name_of, arriving), *corrected_in(arriving)], BAD)
    cut, erased = chance.randrange(BAD), chance.choice([0.0, ERASED])
    answers: dict[tuple[Handle, datetime, int], Json] = {}
    with new_world() as (world, views), pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventlog.read, "restore", unreadable(*bad[:cut]))
        patch.setattr(folding, "STEPS", unable_to_fold_any(bad[cut:]))
        patch.setattr(slices, "SLICE_EVENTS", chance.choice([1, 20, 10_000]))
        patch.setattr(slices, "GROUP_ENTRIES_MAX", chance.choice([1, 20_000]))
        patch.setattr(slices, "PAGE_ENTRIES", chance.choice([3, 10_000]))
        runner = world.runner(page_entries=chance.choice([1, 7, 50]))
        for number, batch in enumerate(pieces(arriving, chance)):
            world.append(batch)
            position = runner.catch_up()
            asked = chance.choice(whom(chance.randrange(HISTORIES))), moment(chance), position
            answers[asked] = answer(views, *asked)
            if chance.random() < erased:
                erase_somebody(world, views, chance, request=f"r-{number}")
        runner.catch_up()
        for asked, said in answers.items():
            if not erased and answer(views, *asked) != said:
                assert said["incomplete_since"] is not None, asked
                assert answer(views, *asked)["events_considered"] > said["events_considered"], asked
        require_as_rebuilt(world)


def name_of(raw: bytes) -> str:
    """Return the id of an event."""
    return str(json.loads(raw)["id"])


def corrected_in(arriving: list[bytes]) -> list[str]:
    """Return the ids of events that others correct or retract."""
    told = [json.loads(raw)["data"] for raw in arriving]
    return [data["corrects"]["id"] for data in told if "corrects" in data]
