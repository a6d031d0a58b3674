"""What the promises view promises: each row is the fold's, and SQL tells the same state as it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.brief.promises import STATES, promise_json
from domain.handles import Handle
from domain.story import load
from domain.story.promises import overdue_s, state_at
from projections.errors import CursorInvalid
from projections.promises.queries import PromiseQuery, PromiseRow
from projections.queries import Views
from tests.given import at
from tests.projections.histories import KINDS, PEOPLE, histories, of_customer
from tests.projections.world import World

CHANGES = (
    "promise.made P-N due_at=2026-01-02T00:MM",
    "promise.made P-N due_within=PT10M",
    "promise.made P-N due_at=2026-01-03T00:MM",
    "promise.made Q-N due_business_days=1 calendar_id=never",
    "promise.rescheduled P-N due_at=2026-01-02T00:MM",
    "promise.rescheduled P-N due_at=2026-01-03T00:MM",
    "promise.rescheduled Q-N due_at=2026-01-02T00:MM told_customer=false",
    "promise.kept P-N",
    "promise.kept Q-N",
    "promise.refused P-N",
    "promise.waived P-N",
    "promise.superseded P-N by_promise_id=Q-N",
    "promise.lapsed P-N due_at=2026-01-02T00:MM",
    "event.corrected corrects=#N-ABOUT "
    "data={promise_id: P-N, due_at: 2026-01-02T00:50:00Z, told_customer: true}",
    "event.corrected corrects=#N-ABOUT "
    "data={promise_id: P-N, what: another, due_at: 2026-01-02T00:10:00Z}",
    "event.retracted corrects=#N-ABOUT",
)
DAY = datetime(2026, 1, 2, tzinfo=UTC)
EDGES = [timedelta(), timedelta(microseconds=1), -timedelta(microseconds=1)]


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the reading side of a world."""
    views = Views(world.url, world.keyring)
    yield views
    views.close()


@st.composite
def changes(draw: st.DrawFn) -> list[str]:
    """Draw what may become of two promises of one customer, within an hour."""
    minutes = st.integers(0, 59)
    drawn = draw(st.lists(st.tuples(minutes, st.sampled_from(CHANGES), minutes), min_size=1))
    lines = []
    for index, (minute, kind, other) in enumerate(drawn[:12]):
        said = kind.replace("MM", f"{other:02}").replace("ABOUT", str(other % (index or 1)))
        lines.append(f"2026-01-02T00:{minute:02} {said} account_no:A-N #N-{index}")
    return lines


moments = st.builds(
    lambda days, minute, edge: DAY + timedelta(days=days, minutes=minute) + edge,
    st.integers(-1, 1),
    st.integers(0, 59),
    st.sampled_from(EDGES),
)


def all_of(
    views: Views, as_of: datetime, customer_id: UUID | None, *, limit: int
) -> list[PromiseRow]:
    """Return every promise at a moment, of a customer or of all, page by page."""
    query = PromiseQuery(as_of, STATES, customer_id, limit=limit)
    page = views.promises(query)
    rows = list(page.rows)
    while page.next:
        # Whatever moment is asked for, a page goes on from the one before it.
        query = PromiseQuery(as_of + timedelta(days=9), STATES, customer_id, page.next, limit)
        page = views.promises(query)
        assert page.as_of == as_of
        rows += page.rows
    return rows


def shown(rows: list[PromiseRow], as_of: datetime) -> list[dict[str, Any]]:
    """Return rows as a brief shows them."""
    return [promise_json(row.promise, row.state, as_of=as_of) for row in rows]


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sql_and_the_fold_tell_the_same_at_every_moment(
    world: World, views: Views, data: st.DataObject
) -> None:
    """State, order, due time and evidence are those of the brief of that moment, in any pages."""
    number = world.log.reader.head().position
    runner = world.paging(data.draw(st.integers(1, 9)))
    world.tell(*of_customer(data.draw(changes()), number))
    runner.catch_up()
    account = Handle("account_no", f"A-{number}")
    customer_id = views.look_up(account).customer_id
    assert customer_id is not None
    for as_of in data.draw(st.lists(moments, min_size=1, max_size=8)):
        rows = all_of(views, as_of, customer_id, limit=data.draw(st.integers(1, 3)))
        assert [row.state for row in rows] == [state_at(row.promise, as_of) for row in rows]
        assert shown(rows, as_of) == views.brief(account, as_of=as_of)["promises"]


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_live_rows_are_those_of_folding_anew(world: World, data: st.DataObject) -> None:
    """Whatever arrives in whatever order and pages, the rows are those of the whole history."""
    drawn = data.draw(st.one_of(histories(KINDS + PEOPLE), changes()))
    number = world.log.reader.head().position
    runner = world.paging(data.draw(st.integers(1, 9)))
    is_end = partial(data.draw, st.booleans())
    world.show_in_pieces(runner, of_customer(drawn, number), is_end=is_end)
    owners = world.customers_since(number)
    live = world.rows_of("promises", owners)
    runner.refold([UUID(customer_id) for customer_id in owners])
    assert world.rows_of("promises", owners) == live


def test_live_rows_are_those_of_a_replay(world: World) -> None:
    """Read again from the start of the log, in pages of another size, the table is the same."""
    runner = world.runner()
    for number in range(9):
        world.tell(
            f"2026-01-01 promise.made P-{number} account_no:{number} due_within=PT{number + 1}H",
            f"2026-01-01T0{number}:00 promise.rescheduled P-{number} due_at=2026-01-0{number + 1}",
            f"2026-01-01T0{9 - number}:00 promise.lapsed P-{number} due_at=2026-01-0{number + 1}",
            f"2026-01-01T05:00 promise.{('kept', 'refused', 'waived')[number % 3]} P-{number}",
        )
        runner.catch_up()
    live = world.tables()["promises"]
    runner.recreate()
    world.runner(page_entries=5).catch_up()
    assert world.tables()["promises"] == live
    assert len(live) == 9


def promise_row(world: World, columns: str, promise_id: str = "P-1") -> tuple[Any, ...]:
    """Return some columns of the only row of a promise."""
    (row,) = world.rows(f"SELECT {columns} FROM promises WHERE promise_id = %s", promise_id)
    return row


def listed(views: Views, as_of: str, *states: str) -> list[tuple[str, str]]:
    """Return the promises of a moment with their states."""
    query = PromiseQuery(at(as_of), states) if states else PromiseQuery(at(as_of))
    return [(row.promise.promise_id, row.state) for row in views.promises(query).rows]


def test_every_column_is_there_and_explained(world: World) -> None:
    """Whoever opens the table finds what each column means."""
    world.runner().catch_up()
    unexplained = world.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'promises'::regclass AND attnum > 0"
        " AND col_description(attrelid, attnum) IS NULL"
    )
    assert unexplained == []


def test_an_event_that_is_not_about_a_promise_writes_none(world: World) -> None:
    """The row of a promise stays the same version of itself while the customer's story goes on."""
    runner = world.runner()
    world.tell("2026-01-01T09:00 promise.made P-1 account_no:1 due_at=2026-01-05")
    world.tell("2026-01-01T09:00 promise.made P-2 account_no:1 due_at=2026-01-05")
    runner.catch_up()
    before = promise_row(world, "xmin"), promise_row(world, "xmin", "P-2")
    world.tell("2026-01-01T10:00 contact.started c1 account_no:1")
    world.tell("2026-01-01T10:05 promise.kept P-2")
    runner.catch_up()
    after = promise_row(world, "xmin"), promise_row(world, "xmin", "P-2")
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)


def test_a_promise_that_was_retracted_has_no_row(world: World, views: Views) -> None:
    """It was never made, so nothing is overdue."""
    runner = world.runner()
    world.tell("2026-01-01T09:00 promise.made P-1 account_no:1 due_at=2026-01-02 #made")
    runner.catch_up()
    assert listed(views, "2026-01-03") == [("P-1", "broken")]
    world.tell("2026-01-01T09:05 event.retracted account_no:1 corrects=#made")
    runner.catch_up()
    assert world.rows("SELECT FROM promises") == []


def test_a_moment_before_a_correction_is_told_without_it(world: World, views: Views) -> None:
    """As in the brief of that moment, among promises of others, in pages of any size."""
    for number in range(4):
        world.tell(
            f"2026-01-01 promise.made P-{number} account_no:{number} due_at=2026-01-0{3 + number}"
            f" #m{number}",
            f"2026-01-01 promise.made Q-{number} account_no:{number} due_at=2026-01-04",
        )
    world.tell(
        "2026-01-02 promise.rescheduled P-0 account_no:0 due_at=2026-01-09 #moved",
        "2026-01-02 promise.kept P-2 account_no:2 #kept",
        "2026-01-05 event.corrected account_no:0 corrects=#moved "
        "data={promise_id: P-0, due_at: 2026-01-04T12:00:00Z, told_customer: true}",
        "2026-01-05 event.retracted account_no:1 corrects=#m1",
        "2026-01-05 event.retracted account_no:2 corrects=#kept",
    )
    world.runner().catch_up()
    assert ("P-0", "open") in listed(views, "2026-01-04T23:00", *STATES)
    assert ("P-0", "broken") in listed(views, "2026-01-05", *STATES)
    assert len(listed(views, "2026-01-04T23:00", *STATES)) == 8
    assert len(listed(views, "2026-01-05", *STATES)) == 7
    for day in range(1, 7):
        moment = at(f"2026-01-0{day}T12:00")
        told = []
        for number in range(4):
            account = Handle("account_no", str(number))
            told += views.brief(account, as_of=moment)["promises"]
        for limit in (1, 3, 200):
            rows = all_of(views, moment, None, limit=limit)
            assert rows == sorted(
                rows, key=lambda row: (STATES.index(row.state), row.promise.due_at)
            )
            listed_then = shown(rows, moment)
            assert sorted(map(str, listed_then)) == sorted(map(str, told))


def test_promises_go_with_their_customer(world: World, views: Views) -> None:
    """Of customers that turn out to be one, and that are parted again, the rows follow."""
    runner = world.runner()
    world.tell(
        "2026-01-01T09:00 promise.made P-1 account_no:1 due_at=2026-01-05",
        "2026-01-01T09:00 promise.made P-2 account_no:2 due_at=2026-01-05",
    )
    runner.catch_up()
    apart = world.tables()["promises"]
    merge = "2026-01-02 identity.customers_merged merge_id=m survivor=account_no:1"
    world.tell(f"{merge} absorbed=account_no:2")
    runner.catch_up()
    assert world.rows("SELECT count(DISTINCT customer_id), count(*) FROM promises") == [(1, 2)]
    world.tell("2026-01-03 identity.customers_unmerged merge_id=m")
    runner.catch_up()
    assert world.tables()["promises"] == apart


def test_what_is_owed_is_listed_most_pressing_first(world: World, views: Views) -> None:
    """Broken, due soon, open; within that by due time; what is settled only when asked for."""
    world.tell(
        """
        2026-03-01 registration.completed account_no:1 facts={name: Ann}
        2026-03-01 promise.made open account_no:1 due_at=2026-05-01
        2026-03-01 promise.made soon account_no:2 due_at=2026-03-09T12:00
        2026-03-01 promise.made broken-2 account_no:1 due_at=2026-03-08T12:00
        2026-03-01 promise.made broken-1 account_no:2 due_at=2026-03-06
        2026-03-01 promise.made refused account_no:1 due_at=2026-03-06
        2026-03-01 promise.made never account_no:2 due_business_days=1 calendar_id=none
        2026-03-02 promise.refused refused
        2026-03-01 promise.made kept account_no:1 due_at=2026-03-06
        2026-03-02 promise.kept kept
        """
    )
    world.runner().catch_up()
    owed = [
        ("broken-1", "broken"),
        ("broken-2", "broken"),
        ("soon", "due_soon"),
        ("open", "open"),
        ("never", "open"),
    ]
    assert listed(views, "2026-03-08T12:00") == owed
    assert listed(views, "2026-03-08T12:00", "kept", "refused") == [
        ("refused", "refused"),
        ("kept", "kept"),
    ]
    page = views.promises(PromiseQuery(at("2026-03-08T12:00:01"), limit=2))
    assert [(row.name, overdue_s(row.promise, page.as_of)) for row in page.rows] == [
        (None, 2 * 86_400 + 43_201),
        ("Ann", 1),
    ]
    assert (page.position, page.as_of) == (10, at("2026-03-08T12:00:01"))


def test_pages_neither_skip_nor_repeat_while_promises_change(world: World, views: Views) -> None:
    """The moment of the first page stands for all, whatever becomes of the promises meanwhile."""
    for number in range(9):
        due_at = f"2026-03-0{1 + number % 3}"
        world.tell(f"2026-02-01 promise.made P-{number} account_no:{number % 2} due_at={due_at}")
    runner = world.runner()
    runner.catch_up()
    query = PromiseQuery(at("2026-03-02"), limit=2)
    page = views.promises(query)
    seen = list(page.rows)
    for number in range(9):
        world.tell(f"2026-03-02T00:01 promise.kept P-{number}")
        runner.catch_up()
        if page.next:
            page = views.promises(PromiseQuery(at("2026-04-01"), after=page.next, limit=2))
            seen += page.rows
    assert page.next is None
    assert sorted(row.promise.promise_id for row in seen) == [f"P-{n}" for n in range(9)]
    assert [row.state for row in seen] == ["broken"] * 6 + ["due_soon"] * 3


@pytest.mark.parametrize("token", ["x", "!!!", "bm9uZQ", "WyIyMDI2LTAxLTAxIl0"])
def test_a_cursor_that_was_not_given_out_is_refused(world: World, views: Views, token: str) -> None:
    """It is said to be no cursor, without repeating it."""
    world.runner().catch_up()
    with pytest.raises(CursorInvalid):
        views.promises(PromiseQuery(DAY, after=token))


def test_two_customers_may_have_promises_of_one_id(world: World, views: Views) -> None:
    """Each is listed with its own due time."""
    world.tell(
        "2026-01-01 promise.made P-1 account_no:1 due_at=2026-01-05",
        "2026-01-01 promise.made P-1 account_no:2 due_at=2026-01-06",
    )
    world.runner().catch_up()
    assert listed(views, "2026-01-05T12:00") == [("P-1", "broken"), ("P-1", "due_soon")]


def test_a_saved_story_keeps_all_that_the_rows_are_made_of(world: World) -> None:
    """A runner that starts anew writes the same rows from the story that it reads back."""
    world.tell(
        "2026-01-01 promise.made P-1 account_no:1 order:O-1 due_at=2026-01-05 made_by=Bob",
        "2026-01-02 promise.rescheduled P-1 due_at=2026-01-07",
        "2026-01-07 promise.lapsed P-1 due_at=2026-01-07",
    )
    world.runner().catch_up()
    world.tell("2026-01-08 promise.refused P-1")
    world.runner().catch_up()
    ((state,),) = world.rows("SELECT state FROM story")
    kept = load(bytes(state)).promises
    assert promise_row(world, "made_by, identifier, leads, lapsed_at") == (
        "Bob",
        "account_no:1",
        {"order_id": "O-1"},
        kept.lapsed_at(kept.by_id["P-1"]),
    )
    assert len(promise_row(world, "earlier")[0]) == 2


def test_a_promise_that_was_kept_without_anybody_knowing_is_written(world: World) -> None:
    """What was delivered before its order was named keeps the promise once the order is named."""
    runner = world.runner()
    world.tell(
        "2026-01-01 promise.made P-1 account_no:1 due_at=2026-01-05 "
        'fulfilled_when="delivery.completed order:O-1"',
        "2026-01-02 delivery.completed D-1 account_no:1",
    )
    runner.catch_up()
    assert promise_row(world, "fulfilled_at") == (None,)
    world.tell("2026-01-03 delivery.dispatched D-1 order:O-1 account_no:1")
    runner.catch_up()
    assert promise_row(world, "fulfilled_at") == (at("2026-01-02"),)
    runner.close()
