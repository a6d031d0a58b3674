"""What the story view promises: the row of a customer is the fold of the customer's events."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.story import Story, dump, fold, load
from projections.catalog import new_views
from projections.story.calendars import definitions_used, read_definitions
from projections.story.view import StoryView
from tests.projections.histories import histories, of_customer
from tests.projections.world import World

FAR = 1_000_000


def story_row(world: World, account: str) -> Story:
    """Return the story that is kept of an account."""
    ((state,),) = world.rows(
        "SELECT state FROM story WHERE customer_id = "
        "(SELECT customer_id FROM timeline WHERE data -> 'identifiers' @> %s::jsonb LIMIT 1)",
        f'[{{"value": "{account}"}}]',
    )
    return load(bytes(state))


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_live_folding_comes_to_the_fold_from_scratch(world: World, data: st.DataObject) -> None:
    """Whatever arrives in whatever order and pages, every row equals the fold of all its events."""
    runner = world.paging(data.draw(st.integers(1, 9)))
    number = world.log.reader.head().position
    lines = of_customer(data.draw(histories()), number)
    world.show_in_pieces(runner, lines, is_end=partial(data.draw, st.booleans()))
    check_stories(world, above=number)


def check_stories(world: World, *, above: int) -> None:
    """Compare the story of every customer that has an event above a position."""
    owned: dict[str, list[int]] = {}
    for customer, position in world.rows(
        "SELECT customer_id, position FROM timeline WHERE position > %s", above
    ):
        owned.setdefault(customer, []).append(position)
    kept = {
        c: (bytes(state), n, at)
        for c, state, n, at in world.rows(
            "SELECT customer_id, state, events_considered, position FROM story WHERE position > %s",
            above,
        )
    }
    assert kept.keys() == owned.keys()
    for customer, positions in owned.items():
        events = world.log.reader.events_at(positions)
        with world.database.transaction() as cursor:
            definitions = read_definitions(cursor, events, known_at=FAR)
        story = fold([*events, *definitions_used(events, definitions)])
        assert kept[customer] == (dump(story), len(events), max(positions))


def test_a_late_event_takes_its_place_in_the_past(world: World) -> None:
    """An answer that arrives after the end of its contact still counts its wait."""
    runner = world.runner()
    world.tell("2026-01-01T09:00 contact.started c1 account_no:7731")
    world.tell("2026-01-01T09:20 contact.ended c1")
    runner.catch_up()
    world.tell("2026-01-01T09:05 contact.answered c1 agent_id=a7 wait_s=300")
    runner.catch_up()
    contact = story_row(world, "7731").contacts.live["c1"]
    assert (contact.wait_s, contact.agents) == (300, ["a7"])
    assert contact.ended_at is not None


def test_a_correction_changes_what_was_folded(world: World) -> None:
    """The story is folded again as if the event had always read so."""
    runner = world.runner()
    world.tell(
        "2026-01-01T09:00 contact.started c1 account_no:7731",
        "2026-01-01T09:05 contact.answered c1 wait_s=300 #answer",
    )
    runner.catch_up()
    world.tell(
        "2026-01-02 event.corrected account_no:7731 corrects=#answer"
        " data={contact_id: c1, agent_id: a1, wait_s: 30}"
    )
    runner.catch_up()
    assert story_row(world, "7731").contacts.live["c1"].wait_s == 30


def test_a_correction_may_arrive_before_what_it_corrects(world: World) -> None:
    """The statement waits for its event, over restarts too."""
    world.tell(
        "2026-01-01T09:00 contact.started c1 account_no:7731",
        "2026-01-01T09:04 event.retracted account_no:7731 corrects=#answer",
    )
    world.runner().catch_up()
    assert world.rows("SELECT awaited FROM story") == [([["test", "answer"]],)]
    world.tell("2026-01-01T09:05 contact.answered c1 wait_s=300 #answer")
    world.runner().catch_up()
    story = story_row(world, "7731")
    assert (story.contacts.live["c1"].wait_s, story.events_considered) == (0, 3)
    assert world.rows("SELECT awaited FROM story") == [(None,)]


PROMISE = (
    "2026-04-02T15:00-04:00 promise.made P-1 account_no:13 due_business_days=2 calendar_id=cal"
)


def due(world: World) -> str:
    """Return when the promise of account 13 falls due."""
    return str(story_row(world, "13").promises.by_id["P-1"].due_at)


def test_a_promise_counts_by_a_calendar_that_belongs_to_nobody(world: World) -> None:
    """The definition is found wherever it stands in the log, and is no event of the customer."""
    world.tell("2026-01-01 calendar.defined cal closed_dates=[2026-04-03, 2026-04-06]", PROMISE)
    world.runner(page_entries=1).catch_up()
    assert due(world) == "2026-04-08 21:00:00+00:00"
    story = story_row(world, "13")
    assert story.events_considered == 1
    assert story.first_at is not None
    assert story.first_at.month == 4


def test_a_later_promise_counts_by_the_newest_definition(world: World) -> None:
    """A customer who is known already gets the definitions that came since the last promise."""
    runner = world.runner()
    world.tell(
        "2026-01-01T09:00 contact.started c1 account_no:13", "2026-01-01 calendar.defined cal"
    )
    runner.catch_up()
    world.tell(PROMISE)
    runner.catch_up()
    assert due(world) == "2026-04-06 21:00:00+00:00"
    check_stories(world, above=0)


def test_a_promise_waits_for_its_calendar(world: World) -> None:
    """The first definition to arrive wakes what waited; later ones serve later promises."""
    runner = world.runner()
    world.tell(PROMISE)
    runner.catch_up()
    assert due(world) == "None"
    assert len(world.rows("SELECT FROM story_waits")) == 1
    world.tell("2026-01-01 calendar.defined cal closed_dates=[2026-04-03]")
    runner.catch_up()
    assert due(world) == "2026-04-07 21:00:00+00:00"
    assert world.rows("SELECT FROM story_waits") == []
    world.tell("2026-01-01 calendar.defined cal")
    runner.catch_up()
    assert due(world) == "2026-04-07 21:00:00+00:00"


def test_stories_that_are_no_longer_remembered_are_read_back(world: World) -> None:
    """A runner that starts anew takes saved stories further."""
    world.tell("2026-01-01T09:00 contact.started c1 account_no:7731")
    world.runner().catch_up()
    world.tell("2026-01-01T09:20 contact.ended c1")
    world.runner().catch_up()
    check_stories(world, above=0)


def test_customers_that_are_gone_have_no_row(world: World) -> None:
    """When two provisional customers turn out to be one, only one story is left."""
    runner = world.runner()
    world.tell(
        "2026-01-01T09:00 contact.started c1 phone:+17175550142",
        "2026-01-01T10:00 contact.started c2 email:ann@x.example",
    )
    runner.catch_up()
    assert len(world.rows("SELECT FROM story")) == 2
    world.tell(
        "2026-01-01T11:00 order.placed O-1 account_no:7731 phone:+17175550142 email:ann@x.example"
    )
    runner.catch_up()
    assert world.rows("SELECT events_considered FROM story") == [(3,)]
    assert len({c for (c,) in world.rows("SELECT customer_id FROM timeline")}) == 1


def test_a_story_names_its_view_and_is_listed() -> None:
    """The view stands in the catalogue under its name."""
    assert StoryView.name in {view.name for view in new_views()}


def customer_ids(world: World) -> set[UUID]:
    """Return the customers that have a story."""
    return {UUID(customer) for (customer,) in world.rows("SELECT customer_id FROM story")}


def test_a_runner_that_has_just_begun_knows_the_calendars(world: World) -> None:
    """Whoever folds a customer anew counts the same working days as whoever read the page."""
    world.show(
        "2026-01-02T09:00 calendar.defined cal",
        "2026-01-02T10:00 promise.made P account_no:1 due_business_days=2 calendar_id=cal",
    )
    stories = world.rows("SELECT state FROM story")
    assert b"due_at" in bytes(stories[0][0])
    runner = world.runner()
    runner.refold([UUID(one) for (one,) in world.rows("SELECT customer_id::text FROM story")])
    assert [bytes(s) for (s,) in world.rows("SELECT state FROM story")] == [bytes(stories[0][0])]
