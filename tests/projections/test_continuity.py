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
from projections.continuity_figures import Figures, FiguresPage, Period
from projections.continuity_items import FIGURES, Figure, Item, ItemsQuery
from projections.errors import CursorInvalid
from projections.queries import Views
from readers.asked import zones
from tests.domain.scenarios import (
    test_s01_nine_calls,
    test_s06_benefits_after_payment,
    test_s09_cut_off,
    test_s15_hand_over,
)
from tests.projections.continuity_model import FAR, Counted, Customer, figures_by_day
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
CONTACTS, ISSUES = ("c1-N", "c2-N", "c3-N"), ("I-N", "J-N")
EVENTS_MAX = 24
MEMORY = ("contacts", "mentions", "transfers", "questions")
ZONES = ("UTC", "America/New_York", "Asia/Kolkata")


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """Draw lines in the order of arrival; N stands for what keeps the things of examples apart."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=EVENTS_MAX))
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
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_figures_are_what_the_definitions_count(
    world: World, views: Views, data: st.DataObject
) -> None:
    """However events arrive, each day and the total equal a count over the events themselves."""
    runner = world.runner(page_entries=data.draw(st.integers(1, 9)))
    number = world.log.reader.head().position
    for line in data.draw(histories()):
        world.tell(line.replace("-N", f"-{number}").replace("#N", f"#{number}"))
        if data.draw(st.booleans()):
            runner.catch_up()
    head = runner.catch_up()
    runner.close()
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
