"""What dashboards read: documented, stable over rebuilds, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor

from domain.brief.promises import STATES
from domain.corrections import with_corrections
from domain.event import Event
from domain.events import (
    DeliveryAttempted,
    DeliveryCompleted,
    DeliveryDispatched,
    DeliveryInvestigationOpened,
    DeliveryScanned,
    EventData,
)
from projections.dashboards import NAME
from projections.promises.queries import PromiseQuery
from projections.queries import Views
from tests.projections.rebuild.rebuilt import rebuild, rebuilding_of
from tests.projections.world import World

VIEWS = (
    *("customers", "timeline", "promises", "continuity_daily", "contacts", "deliveries"),
    "projections",
)
DASHBOARD = json.loads((Path(__file__).parents[2] / "grafana" / "toldonce.json").read_text("utf-8"))
QUERIES = {
    panel["title"]: target["rawSql"] for panel in DASHBOARD["panels"] for target in panel["targets"]
}
COLUMNS = """
SELECT c.relname, a.attname, col_description(c.oid, a.attnum), obj_description(c.oid)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'dashboards'::regnamespace AND c.relkind = 'v'
"""
TOLD = """
2026-01-01T09:00 registration.completed account_no:7731 phone:+17175550142 facts={name: Ada Park}
2026-01-01T09:10 order.placed O-1 account_no:7731
2026-01-01T09:20 delivery.dispatched D-1 order:O-1
2026-01-01T12:00 delivery.scanned D-1 status=exception
2026-01-02T09:00 contact.started c1 account_no:7731 issue:I-1
2026-01-02T09:02 contact.answered c1 wait_s=120
2026-01-02T09:20 contact.ended c1
2026-01-02T10:00 delivery.completed D-1
"""
NOW = datetime.now(UTC).replace(microsecond=0)
PROMISES = {
    "P-broken": ("due_at=2026-01-02", ""),
    "P-soon": (f"due_at={NOW + timedelta(hours=3):%Y-%m-%dT%H:%M}", ""),
    "P-open": (f"due_at={NOW + timedelta(days=30):%Y-%m-%d}", ""),
    "P-kept": ("due_at=2026-01-20", "kept"),
    "P-late": ("due_at=2026-01-02", "kept"),
    "P-refused": ("due_at=2026-01-20", "refused"),
    "P-waived": ("due_at=2026-01-20", "waived"),
}


@pytest.fixture
def told(world: World) -> World:
    """Give a customer of whom every view shows something."""
    world.show(TOLD)
    for promise_id, (due, became) in PROMISES.items():
        world.show(f"2026-01-01T10:00 promise.made {promise_id} account_no:7731 {due}")
        if became:
            world.show(f"2026-01-10T10:00 promise.{became} {promise_id} account_no:7731")
    return world


@contextmanager
def reading(world: World) -> Iterator[Cursor]:
    """Give a cursor with the rights of dashboards."""
    with closing(psycopg2.connect(world.url)) as connection, connection.cursor() as cursor:
        cursor.execute("SET ROLE toldonce_dashboards")
        yield cursor


def shown(world: World, view: str) -> list[dict[str, Any]]:
    """Return the rows of a view, by column."""
    with reading(world) as cursor:
        cursor.execute(f"SELECT * FROM dashboards.{view}")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_every_column_says_what_it_is(told: World) -> None:
    """So that nobody has to guess from names, nor read this program."""
    found = told.rows(COLUMNS)
    assert {view for view, *_ in found} == set(VIEWS)
    assert [(view, column) for view, column, *said in found if not all(said)] == []


def test_the_role_reads_the_views_and_nothing_else(told: World) -> None:
    """Neither the tables below, nor the log, and it writes nothing."""
    for view in VIEWS:
        assert shown(told, view), view
    forbidden = (
        "SELECT FROM views.story",
        "SELECT FROM log.entries",
        "SELECT FROM live.refolds",
        "DELETE FROM dashboards.timeline",
        "CREATE TABLE dashboards.mine (id int)",
    )
    for statement in forbidden:
        with reading(told) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


@pytest.mark.parametrize("title", QUERIES)
def test_every_query_of_the_dashboard_can_be_asked(told: World, title: str) -> None:
    """With the rights that the dashboard has, over any span of time."""
    query = re.sub(
        r"\$__timeFilter\(([^()]+)\)", r"\1 BETWEEN '2020-01-01' AND '2200-01-01'", QUERIES[title]
    )
    assert "$" not in query
    with reading(told) as cursor:
        cursor.execute(query)
        assert cursor.fetchall() or "LIMIT 50" in query


def test_a_promise_has_the_state_that_readers_are_told(told: World) -> None:
    """Of every state that a promise can have now."""
    views = Views(told.url, told.keyring)
    page = views.promises(PromiseQuery(datetime.now(UTC), states=STATES))
    views.close()
    expected = {row.promise.promise_id: row.state for row in page.rows}
    found = {row["promise_id"]: row["state"] for row in shown(told, "promises")}
    assert found == expected
    assert len(set(found.values())) == len(PROMISES)


def test_a_row_shows_what_was_told(told: World) -> None:
    """Of customers, contacts, deliveries and projections, once each."""
    (customer,) = shown(told, "customers")
    assert (customer["name"], customer["incomplete_since"]) == ("Ada Park", None)
    assert customer["identifiers"] == ["account_no:7731", "phone:+17175550142"]
    assert len(shown(told, "timeline")) == customer["events"]
    (contact,) = shown(told, "contacts")
    assert (contact["contact_id"], contact["wait_s"]) == ("c1", 120)
    (delivery,) = shown(told, "deliveries")
    assert (delivery["order_id"], delivery["last_scan"]) == ("O-1", "exception")
    assert delivery["delivered_at"] == datetime(2026, 1, 2, 10, tzinfo=UTC)
    assert {row["lag"] for row in shown(told, "projections")} == {0}


PARCELS = """
2026-01-01T09:00 order.placed O-1 account_no:7731
2026-01-01T10:00 delivery.dispatched D-1 order:O-1 #sent
2026-01-01T11:00 delivery.dispatched D-2 order:O-1
2026-01-02T09:00 delivery.attempted D-1 #missed
2026-01-02T10:00 delivery.scanned D-1 status=in_transit
2026-01-02T11:00 delivery.scanned D-1 status=exception #scan
2026-01-03T10:00 delivery.completed D-1 #done
2026-01-03T11:00 delivery.investigation_opened D-2 #search
2026-01-04T10:00 event.retracted account_no:7731 corrects=#missed
2026-01-04T11:00 event.retracted account_no:7731 corrects=#done #undone
2026-01-04T12:00 event.corrected account_no:7731 corrects=#scan \
data={delivery_id: D-1, status: out_for_delivery}
2026-01-04T13:00 event.corrected account_no:7731 corrects=#search data={delivery_id: D-1}
2026-01-05T10:00 event.retracted account_no:7731 corrects=#undone
2026-01-05T11:00 event.corrected account_no:7731 corrects=#later \
data={delivery_id: D-2, reason: nobody there}
2026-01-06T10:00 delivery.attempted D-9 reason=closed account_no:7731 #later
"""


def deliveries_of(events: Iterable[Event]) -> dict[str, tuple[object, ...]]:
    """Return what a replay counts of deliveries, taking each event for what it now reads."""
    found: dict[str, list[Event]] = {}
    for event, has_effect in with_corrections(events):
        if has_effect and event.data.delivery_id is not None:
            found.setdefault(event.data.delivery_id, []).append(event)
    return {delivery_id: _counted(about) for delivery_id, about in found.items()}


def _counted(about: list[Event]) -> tuple[object, ...]:
    def when(shape: type[EventData]) -> list[datetime]:
        return [event.time for event in about if isinstance(event.data, shape)]

    scans = [event.data.status for event in about if isinstance(event.data, DeliveryScanned)]
    return (
        min(when(DeliveryDispatched), default=None),
        min(when(DeliveryCompleted), default=None),
        len(when(DeliveryAttempted)),
        min(when(DeliveryInvestigationOpened), default=None),
        scans[-1] if scans else None,
        about[-1].time,
    )


@pytest.mark.parametrize("page_entries", [1, 4, 100])
def test_deliveries_are_those_of_a_replay_that_knows_corrections(
    world: World, page_entries: int
) -> None:
    """Corrected, retracted, given back, corrected before it came: as the fold takes it."""
    told = world.tell(PARCELS.replace("\\\n", ""))
    world.runner(page_entries=page_entries).catch_up()
    found = {row.pop("delivery_id"): row for row in shown(world, "deliveries")}
    counted = ("dispatched_at", "delivered_at", "failed_attempts", "investigated_at")
    columns = (*counted, "last_scan", "last_at")
    events = world.log.reader.events_at([one.position for one in told])
    rows = {name: tuple(row[column] for column in columns) for name, row in found.items()}
    assert rows == deliveries_of(events)
    assert found["D-1"]["delivered_at"] == datetime(2026, 1, 3, 10, tzinfo=UTC)
    assert (found["D-1"]["failed_attempts"], found["D-1"]["last_scan"]) == (0, "out_for_delivery")
    assert (found["D-2"]["investigated_at"], found["D-2"]["failed_attempts"]) == (None, 1)
    assert "D-9" not in found


def test_the_views_outlive_a_rebuild(told: World) -> None:
    """They show the same afterwards, and what comes later, though the tables are others."""
    before = {view: sorted(map(repr, shown(told, view))) for view in VIEWS}
    rebuild(told)
    assert {view: sorted(map(repr, shown(told, view))) for view in VIEWS} == before
    with rebuilding_of(told) as rebuilding:
        rebuilding.confirm()
    told.show("2026-03-01T10:00 contact.started c9 account_no:7731")
    assert "c9" in {row["contact_id"] for row in shown(told, "contacts")}


def test_views_that_are_missing_are_made_by_the_next_projector(told: World) -> None:
    """Whoever emptied the tables in another way need not know of them."""
    with told.database.transaction() as cursor:
        cursor.execute("DROP VIEW dashboards.customers")
        cursor.execute("DELETE FROM view_versions WHERE name = %s", (NAME,))
    told.runner().refold([])
    assert shown(told, "customers")
