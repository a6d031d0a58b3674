"""What the continuity view promises: figures by their definitions, each shown item by item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.event import Event
from projections.continuity import figures
from projections.continuity.figures import Figures, FiguresPage, Period
from projections.continuity.items import FIGURES, Figure, Item, ItemsQuery
from projections.errors import CursorInvalid
from projections.queries import Views
from readers.asked import zones
from tests.domain.scenarios import (
    test_s01_nine_calls,
    test_s02_software_within_a_day,
    test_s06_benefits_after_payment,
    test_s08_lens,
    test_s09_cut_off,
    test_s15_hand_over,
)
from tests.examples import share
from tests.given import at
from tests.projections.continuity.model import FAR, Counted, Customer, figures_by_day
from tests.projections.world import World

KINDS = (
    "contact.started CONTACT direction=inbound account_no:A-N",
    "contact.started CONTACT direction=inbound account_no:A-N issue:ISSUE",
    "contact.started CONTACT direction=outbound account_no:A-N",
    "contact.answered CONTACT wait_s=30",
    "contact.answered CONTACT wait_s=100",
    "contact.transferred CONTACT",
    "contact.handoff_noted CONTACT",
    "contact.information_provided CONTACT issue:ISSUE facts={name: Ann}",
    "contact.information_requested CONTACT fields=[name, account_no, name]",
    "contact.information_requested CONTACT fields=[name] asked_by=customer",
    "contact.ended CONTACT resolution=resolved",
    "contact.ended CONTACT resolution=resolved issue:ISSUE",
    "contact.ended CONTACT",
    "issue.reported ISSUE account_no:A-N contact:CONTACT",
    "issue.resolved ISSUE",
    "issue.resolved ISSUE contact:CONTACT",
    "issue.reopened ISSUE",
    "event.retracted account_no:A-N corrects=#N-ABOUT",
    "event.corrected account_no:A-N corrects=#N-ABOUT"
    " data={contact_id: CONTACT, ended_by: agent, resolution: resolved}",
    "identity.identifier_linked a=account_no:A-N b=phone:+17175550142",
    "contact.started CONTACT direction=inbound phone:+17175550142 issue:ISSUE",
)
CONTACTS, ISSUES = ("c1-N", "c2-N", "c2-N", "c3-N"), ("I-N", "I-N", "J-N")
# Long enough that a few contacts see everything that may happen in one.
EVENTS_MIN, EVENTS_MAX = 16, 40
MEMORY = ("contacts", "mentions", "transfers", "questions")
ZONES = ("UTC", "America/New_York", "Asia/Kolkata")


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """Draw lines in the order of arrival; N stands for what keeps the things of examples apart."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=EVENTS_MIN, max_size=EVENTS_MAX))
    days = st.sampled_from(["01-02", "01-02", "01-03", "02-20"])
    times = [(draw(days), draw(st.integers(0, 23)), draw(st.integers(0, 59))) for _ in kinds]
    if draw(st.booleans()):
        times.sort()
    lines = []
    for index, (kind, (day, hour, minute)) in enumerate(zip(kinds, times, strict=True)):
        told = kind.replace("CONTACT", draw(st.sampled_from(CONTACTS)))
        told = told.replace("ISSUE", draw(st.sampled_from(ISSUES)))
        told = told.replace("ABOUT", str(draw(st.integers(0, len(kinds) - 1))))
        lines.append(f"2026-{day}T{hour:02}:{minute:02} {told} #N-{index}")
    return lines


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the reading side of a world."""
    views = Views(world.url, world.keyring)
    yield views
    views.close()


def items_of(views: Views, figure: Figure, period: Period, *, limit: int = 200) -> list[Item]:
    """Return all items of a figure, page by page."""
    page = views.continuity_items(ItemsQuery(figure, period, limit=limit))
    found = list(page.items)
    while page.next:
        page = views.continuity_items(ItemsQuery(figure, period, after=page.next, limit=limit))
        found += page.items
    return found


def customers_of(world: World) -> dict[UUID, list[Event]]:
    """Return the events of every customer."""
    owned: dict[UUID, list[int]] = {}
    for customer, position in world.rows("SELECT customer_id, position FROM timeline"):
        owned.setdefault(UUID(customer), []).append(position)
    return {c: world.log.reader.events_at(positions) for c, positions in owned.items()}


def memory(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of the view."""
    tables = world.tables()
    return {name: tables[f"continuity_{name}"] for name in MEMORY}


def only_total(views: Views, as_of: datetime = FAR) -> Figures:
    """Return the figures of all days."""
    return views.continuity(Period(as_of)).total


def modelled(world: World, as_of: datetime) -> list[Counted]:
    """Return everything that counts at a moment, by the definitions written a second time."""
    found = []
    for events in customers_of(world).values():
        found += Customer(events).counted(as_of)
    return found


@given(st.data())
@settings(max_examples=share(0.05), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_figures_are_what_the_definitions_count(
    world: World, views: Views, data: st.DataObject
) -> None:
    """However events arrive, each day and the total equal a count over the events themselves."""
    runner = world.paging(data.draw(st.integers(1, 9)))
    number = world.log.reader.head().position
    for line in data.draw(histories()):
        world.tell(line.replace("-N", f"-{number}").replace("#N", f"#{number}"))
        if data.draw(st.booleans()):
            runner.catch_up()
    head = runner.catch_up()
    zone = data.draw(st.sampled_from(ZONES))
    as_of = data.draw(
        st.sampled_from(
            [FAR, datetime(2026, 1, 2, 12, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC)]
        )
    )
    expected, total = figures_by_day(modelled(world, as_of), zone)
    page = views.continuity(Period(as_of, zone=zone))
    assert dict(page.days) == expected
    assert (page.total, page.next, page.position) == (total, None, head)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "MANY_MIN", 1)
        assert views.continuity(Period(as_of, zone=zone)) == page
    check_items(views, page, Period(as_of, zone=zone))
    check_briefs(world, views)


def check_items(views: Views, page: FiguresPage, period: Period) -> None:
    """Each figure has as many items, on each day, as it says."""
    for figure in FIGURES:
        items = items_of(views, figure, period)
        assert len(items) == getattr(page.total, figure)
        days = Counter(item.at.astimezone(ZoneInfo(period.zone)).date() for item in items)
        assert days == Counter({day: getattr(of_day, figure) for day, of_day in page.days})
        assert all(item.evidence for item in items)


def check_briefs(world: World, views: Views) -> None:
    """Added up over all customers, the briefs say the same as the totals."""
    metrics = [views.brief(customer, as_of=FAR)["metrics"] for customer in customers_of(world)]
    total = only_total(views)
    for name in ("repeat_contacts", "redundant_questions"):
        assert sum(of_customer[name] for of_customer in metrics) == getattr(total, name)


@given(st.data())
@settings(max_examples=share(0.03), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_live_folding_leaves_the_rows_of_a_rebuild(world: World, data: st.DataObject) -> None:
    """Whatever arrives in whatever order and pages, reading the log anew gives the same rows."""
    runner = world.paging(data.draw(st.integers(1, 9)))
    number = world.log.reader.head().position
    for line in data.draw(histories()):
        world.tell(line.replace("-N", f"-{number}").replace("#N", f"#{number}"))
        if data.draw(st.booleans()):
            runner.catch_up()
    runner.catch_up()
    live = memory(world)
    runner.refold(customers_of(world))
    assert memory(world) == live
    runner.recreate()
    runner.catch_up()
    assert memory(world) == live


def test_contacts_that_the_story_forgot_are_remembered(world: World, views: Views) -> None:
    """A customer of a hundred contacts has them all here, live and folded anew."""
    for number in range(100):
        day = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=20 * number)
        world.tell(
            f"{day:%Y-%m-%d}T09:00 contact.started c{number} account_no:1",
            f"{day:%Y-%m-%d}T09:10 contact.answered c{number} wait_s={number}",
            f"{day:%Y-%m-%d}T09:20 contact.ended c{number}",
        )
    runner = world.runner(page_entries=7)
    runner.catch_up()
    live = memory(world)
    assert len(live["contacts"]) == 100
    assert (only_total(views).contacts, only_total(views).wait_s_median) == (100, 49.5)
    runner.refold(customers_of(world))
    assert memory(world) == live


def test_s1_nine_calls_are_eight_repeats(world: World, views: Views) -> None:
    """Nobody resolved anything in nine calls, and the tenth has not ended."""
    story = test_s01_nine_calls.STORY
    world.append(story.raw)
    world.tell("2009-12-01T13:02 contact.information_requested c10 fields=[account_no]")
    world.runner(page_entries=7).catch_up()
    page = views.continuity(Period(FAR))
    total = page.total
    assert (total.contacts, total.repeat_contacts, total.first_contacts) == (9, 8, 1)
    assert (total.first_contact_resolutions, total.first_contact_resolution_rate) == (0, 0.0)
    assert (total.waits, total.wait_s_median, total.wait_s_p90) == (9, 60, 60)
    assert (total.redundant_questions, total.transfers_without_note) == (1, 0)
    calls = {day.day: (of_day.contacts, of_day.repeat_contacts) for day, of_day in page.days}
    assert calls == {1: (2, 2), 30: (2, 2), 29: (1, 1), 28: (2, 2), 27: (2, 1)}
    first, *_ = items_of(views, "repeat_contacts", Period(FAR))
    assert (first.contact_id, first.at) == ("c2", datetime(2009, 11, 27, 18, 5, tzinfo=UTC))
    assert [event.type.split(".")[2] for event in first.evidence] == [
        "started",
        "answered",
        "information_provided",
        "ended",
    ]
    assert all(event.position for event in first.evidence)


S9_CALL = (
    "2026-02-03T10:00:05 contact.started c9 phone:+17175550142",
    "2026-02-03T10:31:05 contact.answered c9 agent_id=a77 wait_s=1800",
    "2026-02-03T10:36:05 contact.ended c9 ended_by=agent resolution=unresolved",
)


def test_s6_and_s9_waits_are_those_of_inbound_contacts(world: World, views: Views) -> None:
    """A call that we made has its wait on record, and is no wait of a customer who called."""
    world.append(test_s06_benefits_after_payment.STORY.raw)
    world.runner().catch_up()
    assert world.rows("SELECT direction, wait_s FROM continuity_contacts") == [("outbound", 600)]
    assert only_total(views) == Figures(0, 0, 0, 0, 0, None, None, 1, 0, 0, 0, 0)
    world.tell(
        "2026-01-20T11:00 contact.started c2 account_no:6",
        "2026-01-20T11:06 contact.answered c2 wait_s=360",
        "2026-01-20T11:12 contact.answered c2 wait_s=240",
        "2026-01-20T11:15 contact.ended c2 resolution=resolved",
    )
    world.tell(*S9_CALL)
    world.runner().catch_up()
    total = only_total(views)
    assert (total.contacts, total.waits) == (2, 2)
    assert (total.wait_s_median, total.wait_s_p90) == (1200, 1680)
    assert [item.value for item in items_of(views, "waits", Period(FAR))] == [600, 1800]


def test_s15_a_transfer_counts_once_its_contact_ended_without_a_note(
    world: World, views: Views
) -> None:
    """While the contact goes on a note may still be written; with a note nothing counts."""
    world.tell(test_s15_hand_over.CALL, test_s15_hand_over.TRANSFER)
    runner = world.runner()
    runner.catch_up()
    assert only_total(views).transfers_without_note == 0
    world.tell("2026-03-01T10:20 contact.ended c1")
    runner.catch_up()
    assert only_total(views).transfers_without_note == 1
    (item,) = items_of(views, "transfers_without_note", Period(FAR))
    assert [(event.id, event.type) for event in item.evidence] == [
        ("t3", "toldonce.contact.transferred.v1")
    ]
    world.tell(test_s15_hand_over.NOTE)
    runner.catch_up()
    assert only_total(views).transfers_without_note == 0


SETTLED = """
2026-03-01T09:00 contact.started c1 account_no:7 issue:I-1
2026-03-01T09:20 contact.ended c1 resolution=resolved
"""


def test_a_first_contact_is_a_resolution_until_the_customer_calls_again(
    world: World, views: Views
) -> None:
    """As of the day between, it was one; the second call takes it away, and is a repeat."""
    world.tell(SETTLED)
    runner = world.runner()
    runner.catch_up()
    assert only_total(views).first_contact_resolution_rate == 1.0
    world.tell(
        "2026-03-05T09:00 contact.started c2 account_no:7 issue:I-1",
        "2026-03-05T09:20 contact.ended c2 resolution=resolved",
    )
    runner.catch_up()
    between = datetime(2026, 3, 3, tzinfo=UTC)
    assert only_total(views, between).first_contact_resolution_rate == 1.0
    total = only_total(views)
    assert (total.contacts, total.repeat_contacts, total.first_contacts) == (2, 1, 1)
    assert total.first_contact_resolution_rate == 0.0


def test_what_is_corrected_and_retracted_counts_as_it_now_reads(world: World, views: Views) -> None:
    """A resolution that was none, and an end that did not happen."""
    world.tell(SETTLED)
    runner = world.runner()
    runner.catch_up()
    world.tell(
        "2026-03-02 event.corrected account_no:7 corrects=#t2"
        " data={contact_id: c1, ended_by: agent, resolution: unresolved}"
    )
    runner.catch_up()
    assert only_total(views).first_contact_resolution_rate == 0.0
    world.tell("2026-03-03 event.retracted account_no:7 corrects=#t2")
    runner.catch_up()
    assert views.continuity(Period(FAR)).days == ()
    assert only_total(views).first_contact_resolution_rate is None


def test_a_question_counts_on_its_day_whatever_is_known_of_its_contact(
    world: World, views: Views
) -> None:
    """In a contact that never started, and long after a contact was over."""
    world.tell(
        SETTLED,
        "2026-03-02 contact.information_requested c8 fields=[account_no] account_no:7",
        "2026-05-02 contact.information_requested c1 fields=[account_no, colour]",
    )
    world.runner().catch_up()
    page = views.continuity(Period(FAR))
    asked = {day: of_day.redundant_questions for day, of_day in page.days}
    assert asked == {date(2026, 5, 2): 1, date(2026, 3, 2): 1, date(2026, 3, 1): 0}
    items = items_of(views, "redundant_questions", Period(FAR))
    assert [(item.contact_id, item.field) for item in items] == [
        ("c8", "account_no"),
        ("c1", "account_no"),
    ]


def test_a_day_is_one_of_the_zone_that_is_asked_for(world: World, views: Views) -> None:
    """A call that ends at one in the morning in Berlin ended the day before in London."""
    world.tell(
        "2026-07-01T22:50 contact.started c1 account_no:7",
        "2026-07-01T23:00 contact.ended c1",
    )
    world.runner().catch_up()
    days = {
        zone: [day.day for day, _ in views.continuity(Period(FAR, zone=zone)).days]
        for zone in ("UTC", "Europe/Berlin")
    }
    assert days == {"UTC": [1], "Europe/Berlin": [2]}
    second = date(2026, 7, 2)
    in_berlin = Period(FAR, since=second, until=second, zone="Europe/Berlin")
    assert views.continuity(in_berlin).total.contacts == 1
    assert views.continuity(Period(FAR, since=second)).total.contacts == 0


def test_every_zone_that_may_be_asked_for_is_known_to_the_database(world: World) -> None:
    """What is read as a zone never fails in a query."""
    known = {name for (name,) in world.rows("SELECT name FROM pg_timezone_names")}
    assert zones() - known == set()


def test_days_come_in_pages_and_the_total_is_of_all(world: World, views: Views) -> None:
    """Newest first; a page begins before the last day of the one before."""
    for number in range(1, 6):
        world.tell(
            f"2026-07-0{number}T09:00 contact.started c{number} account_no:7",
            f"2026-07-0{number}T09:10 contact.ended c{number}",
        )
    world.runner().catch_up()
    first = views.continuity(Period(FAR), limit=3)
    second = views.continuity(Period(FAR), before=first.next, limit=3)
    assert [day.day for day, _ in first.days] == [5, 4, 3]
    assert [day.day for day, _ in second.days] == [2, 1]
    assert (first.total.contacts, second.total.contacts, second.next) == (5, 5, None)
    assert [item.contact_id for item in items_of(views, "contacts", Period(FAR), limit=2)] == [
        f"c{number}" for number in range(1, 6)
    ]
    with pytest.raises(CursorInvalid):
        views.continuity_items(ItemsQuery("contacts", Period(FAR), after="nowhere"))


def test_dashboards_read_the_same_figures(world: World, views: Views) -> None:
    """The view of days in the database has the days of the query."""
    world.append(test_s01_nine_calls.STORY.raw)
    world.append(test_s09_cut_off.STORY.raw)
    world.runner().catch_up()
    page = views.continuity(Period(FAR))
    names = [name for name in Figures._fields if not name.startswith("promises")]
    columns = ", ".join(("day", *names))
    rows = world.rows(f"SELECT {columns} FROM continuity_daily ORDER BY day DESC")
    assert rows == [(day, *(getattr(of_day, name) for name in names)) for day, of_day in page.days]


def test_every_table_and_column_says_what_it_is(world: World) -> None:
    """Whoever builds a dashboard finds the definitions beside the data."""
    world.runner().catch_up()
    silent = world.rows(
        "SELECT relname, attname FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid"
        " WHERE relnamespace = 'views'::regnamespace AND relname LIKE 'continuity%%'"
        " AND relkind IN ('r', 'v') AND attnum > 0 AND relname NOT IN"
        # their columns are explained where they come from
        " ('continuity_ended', 'continuity_inbound', 'continuity_within')"
        " AND col_description(attrelid, attnum) IS NULL"
    )
    assert silent == []


PROMISED = """
2026-03-01 promise.made P-1 account_no:7 due_at=2026-03-05T12:00
2026-03-01 promise.made P-2 account_no:7 due_at=2026-03-05T12:00
2026-03-01 promise.made P-3 account_no:7 due_at=2026-03-05T12:00
2026-03-01 promise.made P-4 account_no:7 due_at=2026-03-05T12:00
2026-03-01 promise.made P-5 account_no:7 due_at=2026-03-05T12:00
2026-03-01 promise.made P-6 account_no:7 due_at=2026-03-05T12:00
2026-03-05T12:00 promise.kept P-1
2026-03-07 promise.kept P-2
2026-03-04 promise.waived P-4
2026-03-06 promise.refused P-5
2026-03-06 promise.rescheduled P-6 due_at=2026-03-08T12:00
2026-03-07 promise.kept P-6
"""


def test_promises_count_on_the_day_on_which_they_fell_due(world: World, views: Views) -> None:
    """Kept in time, kept late, broken as of a moment; refused and waived ones are none of these."""
    world.tell(PROMISED)
    world.runner().catch_up()
    listed = {
        as_of: [
            [item.promise_id for item in items_of(views, figure, Period(at(as_of)))]
            for figure in ("promises_kept", "promises_kept_late", "promises_broken")
        ]
        for as_of in ("2026-03-05T11:59", "2026-03-05T12:00", "2026-03-06T12:00", "2026-03-09")
    }
    assert listed == {
        "2026-03-05T11:59": [[], [], []],
        "2026-03-05T12:00": [["P-1"], [], ["P-2", "P-3", "P-5"]],
        "2026-03-06T12:00": [["P-1"], [], ["P-2", "P-3"]],
        "2026-03-09": [["P-1"], ["P-2", "P-6"], ["P-3"]],
    }
    page = views.continuity(Period(at("2026-03-09")))
    kept = {
        day.day: (f.promises_kept, f.promises_kept_late, f.promises_broken) for day, f in page.days
    }
    assert kept == {8: (0, 1, 0), 5: (1, 1, 1)}
    (broken,) = items_of(views, "promises_broken", Period(at("2026-03-09")))
    assert [(event.id, event.position) for event in broken.evidence] == [("t3", 3)]


def test_promises_of_a_moment_are_those_of_the_briefs(world: World, views: Views) -> None:
    """Of promises whose time is past, each is counted as the state that the brief shows."""
    world.append(test_s02_software_within_a_day.PUT_RIGHT.raw)
    world.append(test_s08_lens.PUT_RIGHT.raw)
    world.runner().catch_up()
    for as_of in map(
        at, ("2026-03-05T15:00", "2026-03-07", "2026-07-08", "2026-07-21", "2027-01-01")
    ):
        total = only_total(views, as_of)
        states = Counter(
            promise["state"]
            for customer in customers_of(world)
            for promise in views.brief(customer, as_of=as_of)["promises"]
            if promise["due_at"] and datetime.fromisoformat(promise["due_at"]) <= as_of
        )
        counted = (total.promises_kept, total.promises_kept_late, total.promises_broken)
        assert counted == (states["kept"], states["kept_late"], states["broken"])
