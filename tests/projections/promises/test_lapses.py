"""The clock on a real log: what is not done in time lapses once, and nothing else depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from cli.clock import Watch, decided_by
from decisions.clock import Clock, Lapse
from decisions.decisions import Decisions
from domain.handles import Handle
from domain.lapses import Due
from projections.promises.queries import PromiseQuery
from projections.queries import Views
from projections.timeline.pages import TimelineQuery
from tests.domain.scenarios import test_s10_car_service as s10
from tests.given import at, the
from tests.projections.world import World

LAPSED = "toldonce.promise.lapsed.v1"
SECOND = timedelta(seconds=1)
MADE = "2026-03-02T10:00 promise.made P-1 due_at=2026-03-05T10:00 account_no:1 order:O-1"
DUE = "2026-03-05T10:00"


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the reading side of a world."""
    with closing(Views(world.url, world.keyring)) as views:
        yield views


def clock_at(world: World, views: Views, moment: str, *, lapse: Lapse | None = None) -> Clock:
    """Return a clock that says it is this moment, over views at the head of the log."""
    runner = world.runner()
    watch = Watch(views, lambda: runner.catch_up())
    return Clock(
        watch.falling_due,
        lapse or decided_by(world.decisions),
        now=lambda: at(moment),
        is_current=watch.is_current,
    )


def lapsed_at(world: World, views: Views, moment: str) -> int:
    """Let a new clock strike at a moment, bring the views up, and return what it said."""
    said = clock_at(world, views, moment).strike().said
    world.runner().catch_up()
    return said


def lapses(world: World) -> list[tuple[Any, ...]]:
    """Return the lapses in the timelines: customer, promise, due time and when."""
    return world.rows(
        "SELECT customer_id::text, promise_id, data ->> 'due_at', occurred_at FROM timeline"
        " WHERE type = %s ORDER BY occurred_at, promise_id, customer_id",
        LAPSED,
    )


def entries(world: World) -> int:
    """Return how many lapses the log holds, whoever they belong to."""
    ((count,),) = world.rows("SELECT count(*) FROM log.entries WHERE type = %s", LAPSED)
    return int(count)


def customer(views: Views, handle: str) -> str:
    """Return the id of the customer whom an identifier names."""
    return str(views.look_up(Handle.parse(handle)).customer_id)


def state(views: Views, as_of: str, promise_id: str = "P-1") -> list[str]:
    """Return the states of the promises with this id at a moment."""
    page = views.promises(PromiseQuery(at(as_of), states=tuple(STATES)))
    return [row.state for row in page.rows if row.promise.promise_id == promise_id]


STATES = ("broken", "due_soon", "open", "kept", "kept_late", "refused", "superseded", "waived")


def test_s10_a_call_that_was_made_leaves_the_clock_nothing_to_say(
    world: World, views: Views
) -> None:
    """Called at 11:00: kept, then and for ever."""
    world.append(s10.CALLED.raw)
    assert lapsed_at(world, views, "2026-03-11T17:00:00") == 0
    assert lapsed_at(world, views, "2027-03-11T17:00:00") == 0
    assert state(views, "2026-03-11T17:00:00", "P-30") == ["kept"]
    assert entries(world) == 0


def test_s10_without_the_call_it_lapses_once_at_five_o_clock(world: World, views: Views) -> None:
    """At 16:59:59 nothing is said, at 17:00:00 the fact is, and the promise is broken."""
    world.append(s10.ADVISED.raw)
    assert lapsed_at(world, views, "2026-03-11T16:59:59") == 0
    before = views.brief(Handle("loyalty_card", "C-1"), as_of=at("2026-03-11T17:00:00"))
    assert [lapsed_at(world, views, "2026-03-11T17:00:00") for _ in range(3)] == [1, 0, 0]
    due = at("2026-03-11T17:00:00")
    card = customer(views, "loyalty_card:C-1")
    assert lapses(world) == [(card, "P-30", "2026-03-11T17:00:00Z", due)]
    after = views.brief(Handle("loyalty_card", "C-1"), as_of=due)
    assert the(after, "promises", promise_id="P-30")["state"] == "broken"
    counted = ("events_considered", "known_at")
    assert {k: v for k, v in after.items() if k not in counted} == {
        k: v for k, v in before.items() if k not in counted
    }


def test_the_lapse_stands_in_the_timeline_as_a_sentence(world: World, views: Views) -> None:
    """Whoever looks sees when it fell due."""
    world.tell(MADE)
    lapsed_at(world, views, DUE)
    who = views.look_up(Handle("account_no", "1")).customer_id
    assert who is not None
    row = views.timeline(TimelineQuery(who, newest_first=True)).rows[0]
    assert row.sentence == "Promise P-1 fell due on 5 March 2026, 10:00 UTC and was not kept"


@pytest.mark.parametrize("clocks", [2, 10])
def test_any_number_of_clocks_at_once_say_it_once(world: World, views: Views, clocks: int) -> None:
    """Each has connections of its own; together they say as many lapses as promises were broken."""
    world.tell(*(f"2026-03-01 promise.made P-{n} account_no:{n} due_at={DUE}" for n in range(12)))
    world.runner().catch_up()
    said: list[int] = []
    barrier = Barrier(clocks)

    def strike(clock: Clock) -> None:
        barrier.wait()
        said.append(clock.strike().said)

    with ExitStack() as closes:
        threads = []
        for _ in range(clocks):
            decisions = closes.enter_context(Decisions(world.url, world.keyring))
            clock = clock_at(world, views, DUE, lapse=decided_by(decisions))
            threads.append(Thread(target=strike, args=(clock,)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
    assert (len(said), sum(said), entries(world)) == (clocks, 12, 12)


@pytest.mark.parametrize("dies_before_it_is_kept", [True, False])
def test_a_clock_that_dies_in_between_leaves_it_said_once(
    world: World, views: Views, dies_before_it_is_kept: bool
) -> None:
    """Before or after the log kept the fact: the next clock sees to it that it is there once."""
    world.tell(MADE)

    def dying(due: Due, moment: datetime) -> bool:
        if not dies_before_it_is_kept:
            decided_by(world.decisions)(due, moment)
        raise OSError

    with pytest.raises(OSError):
        clock_at(world, views, DUE, lapse=dying).strike()
    assert lapsed_at(world, views, DUE) == int(dies_before_it_is_kept)
    assert (entries(world), lapsed_at(world, views, DUE)) == (1, 0)


def test_a_promise_that_is_moved_after_it_lapsed_lapses_again_at_the_new_time(
    world: World, views: Views
) -> None:
    """Each due time once, also when it is moved back to one that lapsed."""
    world.tell(MADE)
    assert lapsed_at(world, views, DUE) == 1
    world.tell("2026-03-05T11:00 promise.rescheduled P-1 due_at=2026-03-06T10:00")
    assert lapsed_at(world, views, "2026-03-06T09:59:59") == 0
    assert state(views, "2026-03-06T09:59:59") == ["due_soon"]
    assert lapsed_at(world, views, "2026-03-06T10:00") == 1
    world.tell(f"2026-03-06T11:00 promise.rescheduled P-1 due_at={DUE}")
    assert lapsed_at(world, views, "2026-03-07") == 0
    assert [due for _, _, due, _ in lapses(world)] == [f"2026-03-0{n}T10:00:00Z" for n in (5, 6)]


@pytest.mark.parametrize("settled", ["refused", "waived", "superseded", "kept"])
def test_what_is_settled_never_lapses(world: World, views: Views, settled: str) -> None:
    """Nobody waits for it any more."""
    by = " by_promise_id=P-2" if settled == "superseded" else ""
    world.tell(MADE, f"2026-03-04 promise.{settled} P-1{by}")
    assert lapsed_at(world, views, "2027-01-01") == 0


def test_an_untold_new_time_moves_no_lapse(world: World, views: Views) -> None:
    """A promise is what the customer was told."""
    world.tell(MADE, "2026-03-04 promise.rescheduled P-1 due_at=2026-04-01 told_customer=false")
    assert lapsed_at(world, views, DUE) == 1


def test_what_is_heard_late_was_kept_all_the_same(world: World, views: Views) -> None:
    """The lapse stays in the timeline and changes nothing: the promise was kept in time."""
    world.tell(MADE)
    assert lapsed_at(world, views, DUE) == 1
    world.tell("2026-03-05T09:00 promise.kept P-1")
    world.runner().catch_up()
    assert state(views, "2026-03-09") == ["kept"]
    assert len(lapses(world)) == 1
    assert lapsed_at(world, views, "2026-03-10") == 0


def test_a_promise_to_nobody_known_does_not_stop_the_clock(world: World, views: Views) -> None:
    """Only a customer is owed anything; once it is known whom, the promise lapses."""
    world.tell("2026-03-01 promise.made P-9 order:O-9 due_at=2026-03-02", MADE)
    assert lapsed_at(world, views, DUE) == 1
    world.tell("2026-03-06 order.placed O-9 account_no:9")
    assert lapsed_at(world, views, "2026-03-07") == 1
    assert [row[:2] for row in lapses(world)] == [
        (customer(views, "account_no:9"), "P-9"),
        (customer(views, "account_no:1"), "P-1"),
    ]


COLLIDING = {
    "identifiers": [
        "2026-03-01 promise.made P-1 account_no:1 due_at=2026-03-05",
        "2026-03-01 promise.made P-1 account_no:2 due_at=2026-03-05",
    ],
    "references": [
        "2026-02-01 delivery.dispatched D-1 order:O-1 account_no:1",
        "2026-02-01 delivery.dispatched D-2 order:O-2 account_no:2",
        "2026-03-01 promise.made P-1 delivery:D-1 due_at=2026-03-05",
        "2026-03-01 promise.made P-1 delivery:D-2 due_at=2026-03-05",
    ],
    "both": [
        "2026-02-01 delivery.dispatched D-1 order:O-1 account_no:1",
        "2026-03-01 promise.made P-1 account_no:2 due_at=2026-03-05",
        "2026-03-01 promise.made P-1 delivery:D-1 due_at=2026-03-05",
    ],
}


@pytest.mark.parametrize("told", COLLIDING.values(), ids=COLLIDING)
def test_promises_of_one_id_lapse_each_for_its_own_customer(
    world: World, views: Views, told: list[str]
) -> None:
    """Two systems call theirs P-1, and both fall due at the same time."""
    world.tell(*told)
    assert lapsed_at(world, views, DUE) == 2
    owners = {customer(views, f"account_no:{number}") for number in (1, 2)}
    assert {row[0] for row in lapses(world)} == owners
    assert lapsed_at(world, views, "2026-03-06") == 0


def test_a_shared_telephone_does_not_keep_a_lapse_from_its_customer(
    world: World, views: Views
) -> None:
    """It leads the way that the promise itself was led."""
    phone = "phone:+17175550142"
    world.tell(
        f"2026-02-01 order.placed O-1 account_no:1 {phone}",
        f"2026-02-02 order.placed O-2 account_no:2 {phone}",
        f"2026-03-01 promise.made P-1 {phone} order:O-2 due_at=2026-03-05",
    )
    assert lapsed_at(world, views, DUE) == 1
    assert [row[0] for row in lapses(world)] == [customer(views, "account_no:2")]


def test_a_lapse_goes_with_its_promise_when_customers_are_joined_and_parted(
    world: World, views: Views
) -> None:
    """Said while two were taken for one, it belongs afterwards to whom the promise was made."""
    merge = "2026-03-02 identity.customers_merged merge_id=m survivor=account_no:1"
    world.tell(
        "2026-03-01 order.placed O-1 account_no:1",
        "2026-03-01 promise.made P-1 account_no:2 due_at=2026-03-05",
        f"{merge} absorbed=account_no:2",
    )
    assert lapsed_at(world, views, DUE) == 1
    assert lapses(world)[0][0] == customer(views, "account_no:1")
    world.tell("2026-03-06 identity.customers_unmerged merge_id=m")
    assert lapsed_at(world, views, "2026-03-07") == 0
    assert lapses(world)[0][0] == customer(views, "account_no:2") != customer(views, "account_no:1")


def test_a_lapse_does_not_join_again_what_was_unlinked(world: World, views: Views) -> None:
    """Our clock says nothing about who somebody is."""
    world.tell(
        "2026-03-01 promise.made P-1 account_no:1 email:ann@x.example due_at=2026-03-05",
        "2026-03-02 identity.identifier_unlinked a=account_no:1 b=email:ann@x.example",
        "2026-03-03 contact.started c1 email:ann@x.example",
    )
    assert lapsed_at(world, views, DUE) == 1
    assert lapses(world)[0][0] == customer(views, "account_no:1")
    assert customer(views, "email:ann@x.example") != customer(views, "account_no:1")


def test_nothing_lapses_on_views_that_are_read_anew(world: World, views: Views) -> None:
    """A promise that was kept is not said to have lapsed because its keeping is not read yet."""
    world.tell(MADE, "2026-03-03 promise.kept P-1")
    runner = world.runner()
    head = runner.catch_up()
    watch = Watch(views, lambda: head)
    assert watch.is_current()
    runner.recreate()
    runner.catch_up(until=1)
    assert watch.falling_due(None, 9) == []
    behind = Watch(views, lambda: 1)
    assert behind.is_current()
    assert [due.promise_id for due in behind.falling_due(None, 9)] == ["P-1"]


CALENDARS = [
    ("America/New_York", "17:00", "2026-03-05T12:00-05:00", 1, "2026-03-06T17:00-05:00"),
    ("America/New_York", "17:00", "2026-03-06T12:00-05:00", 1, "2026-03-09T17:00-04:00"),
    ("America/New_York", "17:00", "2026-10-30T12:00-04:00", 2, "2026-11-03T17:00-05:00"),
    ("Europe/Berlin", "18:30", "2026-03-27T12:00+01:00", 1, "2026-03-30T18:30+02:00"),
    ("Europe/Berlin", "18:30", "2026-10-23T23:30+02:00", 1, "2026-10-26T18:30+01:00"),
    ("Asia/Kolkata", "17:15", "2026-03-05T20:00Z", 1, "2026-03-09T17:15+05:30"),
    ("Australia/Adelaide", "17:00", "2026-10-02T12:00+09:30", 1, "2026-10-05T17:00+10:30"),
]


@pytest.mark.parametrize(("zone", "closes", "made", "days", "due"), CALENDARS)
def test_working_days_end_at_closing_time_wherever_summer_time_stands(
    world: World, views: Views, zone: str, closes: str, made: str, days: int, due: str
) -> None:
    """A second before the local closing time nothing lapses, at it the promise does."""
    world.tell(
        f"2026-01-01 calendar.defined cal timezone={zone} closes={closes}",
        f"{made} promise.made P-1 account_no:1 due_business_days={days} calendar_id=cal",
    )
    before = (at(due) - SECOND).isoformat()
    assert (lapsed_at(world, views, before), state(views, before)) == (0, ["due_soon"])
    assert (lapsed_at(world, views, due), state(views, due)) == (1, ["broken"])


def test_a_promise_waits_for_its_calendar_and_lapses_once_it_is_known(
    world: World, views: Views
) -> None:
    """Until then nobody can say when; afterwards it was overdue all along."""
    world.tell(
        "2026-03-02T10:00-05:00 promise.made P-1 account_no:1 due_business_days=1 calendar_id=cal"
    )
    assert lapsed_at(world, views, "2026-06-01") == 0
    assert state(views, "2026-06-01") == ["open"]
    world.tell("2026-05-01 calendar.defined cal")
    assert lapsed_at(world, views, "2026-06-01") == 1
    assert lapses(world)[0][2:] == ("2026-03-03T22:00:00Z", at("2026-03-03T22:00"))


def test_a_calendar_that_is_defined_anew_moves_no_earlier_promise(
    world: World, views: Views
) -> None:
    """What was promised stays; only later promises count by the new definition."""
    made = "due_business_days=1 calendar_id=cal"
    world.tell(
        "2026-01-01 calendar.defined cal", f"2026-03-02T15:00 promise.made P-1 {made} account_no:1"
    )
    world.runner().catch_up()
    world.tell("2026-03-02T16:00 calendar.defined cal closed_dates=[2026-03-03]")
    world.tell(f"2026-03-02T17:00 promise.made P-2 {made} account_no:2")
    assert lapsed_at(world, views, "2026-03-03T22:00") == 1
    assert lapsed_at(world, views, "2026-03-04T21:59:59") == 0
    assert lapsed_at(world, views, "2026-03-04T22:00") == 1
    assert [row[1] for row in lapses(world)] == ["P-1", "P-2"]


def test_a_lapse_names_nothing_that_its_promise_did_not(world: World, views: Views) -> None:
    """One identifier and the references it was introduced with; nobody else's, no more of it."""
    world.tell(
        "2026-03-01 promise.made P-1 account_no:1 phone:+17175550142 order:O-1 due_at=2026-03-05",
        "2026-03-02 promise.rescheduled P-1 due_at=2026-03-05 contact:c1",
    )
    lapsed_at(world, views, DUE)
    ((data,),) = world.rows("SELECT data FROM timeline WHERE type = %s", LAPSED)
    assert json.loads(json.dumps(data)) == {
        "promise_id": "P-1",
        "due_at": "2026-03-05T00:00:00Z",
        "order_id": "O-1",
        "identifiers": [{"type": "account_no", "value": "1"}],
    }
