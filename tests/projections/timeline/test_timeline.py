"""What the timeline promises: every event of a customer in the world's order, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event import OrderKey
from domain.handles import Handle
from projections.errors import CursorInvalid
from projections.queries import Views
from projections.timeline.pages import LIMIT_MAX, TimelinePage, TimelineQuery
from projections.timeline.view import late_positions
from tests.projections.world import World

ACCOUNT = Handle("account_no", "7731")

TOLD = """
2026-01-01T09:00 contact.started c1 account_no:7731 #first
2026-01-01T09:20 contact.ended c1 #end
2026-01-01T09:10 issue.reported I-1 contact:c1 order:O-1 #late
2026-01-02T10:00 order.replacement_sent order:O-1 delivery:D-2 replaces_delivery_id=D-1 \
    attempt_no=2 account_no:7731 #replaced
2026-01-03T10:00 contact.handoff_noted c1 note_id=n1 #note
2026-01-04T10:00 contact.started c9 account_no:8842 #other
"""


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the reading side of a world in which a customer's events were told."""
    views = Views(world.url, world.keyring)
    world.tell(TOLD.replace("\\\n", " "))
    world.runner(page_entries=2).catch_up()
    yield views
    views.close()


def customer(views: Views) -> UUID:
    """Return the customer of the account that the events name."""
    found = views.look_up(ACCOUNT).customer_id
    assert found is not None
    return found


def page(views: Views, **wanted: Any) -> TimelinePage:
    """Return a page of the customer's timeline."""
    return views.timeline(TimelineQuery(customer(views), **wanted))


def ids(views: Views, **wanted: Any) -> list[str]:
    """Return the ids of the events on a page of the customer's timeline."""
    return [row.event_id for row in page(views, **wanted).rows]


def test_events_stand_in_the_order_in_which_they_happened(views: Views) -> None:
    """A late event stands in the past and says that it came late."""
    assert ids(views) == ["first", "late", "end", "replaced", "note"]
    assert [row.event_id for row in page(views).rows if row.is_late] == ["late"]
    newest_first = ["note", "replaced", "end", "late", "first"]
    assert ids(views, newest_first=True) == newest_first


def test_a_row_holds_what_dashboards_ask_for(views: Views) -> None:
    """Type, references, visibility, the sentence and the data stand in columns of their own."""
    first, _, _, replaced, note = page(views).rows
    assert first.occurred_at == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert first.recorded_at > first.occurred_at
    assert (first.type, first.channel) == ("toldonce.contact.started.v1", "voice")
    assert (first.direction, first.contact_id, first.source) == ("inbound", "c1", "test")
    assert first.data["identifiers"] == [{"type": "account_no", "value": "7731"}]
    assert (replaced.order_id, replaced.delivery_id, replaced.position) == ("O-1", "D-2", 4)
    assert (replaced.visibility, note.visibility) == ("customer", "internal")
    assert all(row.sentence for row in page(views).rows)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_follow_each_other_without_gap_or_repeat(
    views: Views, limit: int, newest_first: bool
) -> None:
    """Whatever the size of the pages, together they are the timeline."""
    seen, after = [], None
    while True:
        got = page(views, limit=limit, after=after, newest_first=newest_first)
        assert len(got.rows) <= limit
        seen += [row.event_id for row in got.rows]
        after = got.next
        if after is None:
            break
    assert seen == ids(views, newest_first=newest_first)


def test_what_arrives_between_two_pages_disturbs_neither(world: World, views: Views) -> None:
    """The next page begins after the last row that was shown, whatever was added before it."""
    first = page(views, limit=2)
    world.tell("2026-01-01T09:05 contact.answered c1 #between")
    world.runner().catch_up()
    assert ids(views, after=first.next) == ["end", "replaced", "note"]
    assert "between" in ids(views)
    assert "between" not in ids(views, known_at=first.position)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"types": ("contact.started",)}, ["first"]),
        ({"types": ("toldonce.contact.ended.v1", "issue.reported")}, ["late", "end"]),
        ({"types": ("contact.unheard_of",)}, []),
        ({"reference": Handle("contact", "c1")}, ["first", "late", "end", "note"]),
        ({"reference": Handle("delivery", "D-1")}, ["replaced"]),
        ({"reference": Handle("order", "O-1")}, ["late", "replaced"]),
        ({"reference": Handle("order", "c1")}, []),
        ({"since": datetime(2026, 1, 1, 9, 20, tzinfo=UTC)}, ["end", "replaced", "note"]),
        ({"until": datetime(2026, 1, 1, 9, 20, tzinfo=UTC)}, ["first", "late"]),
        ({"as_of": datetime(2026, 1, 1, 9, 20, tzinfo=UTC)}, ["first", "late", "end"]),
        ({"known_at": 2}, ["first", "end"]),
        ({"known_at": 2_000}, ["first", "late", "end", "replaced", "note"]),
    ],
)
def test_a_page_can_be_narrowed(views: Views, wanted: dict[str, Any], expected: list[str]) -> None:
    """By type, by reference, by time, by moment and by what was known."""
    assert ids(views, **wanted) == expected


def test_by_a_position_events_are_whose_they_were_then(world: World, views: Views) -> None:
    """Each has their own before a merge, and one of them all of it while it held."""
    ann, ben = Handle("email", "a@x.example"), Handle("email", "b@x.example")
    world.show(f"2026-02-01 order.placed O-7 {ann} #ann", f"2026-02-01 order.placed O-8 {ben} #ben")
    before = views.timeline(TimelineQuery(views.look_up(ben).customer_id))
    world.show(
        f"2026-02-02 identity.customers_merged merge_id=m survivor={ann} absorbed={ben} #merge",
        f"2026-02-03 order.placed O-9 {ben} #later",
    )
    merged = views.timeline(TimelineQuery(views.look_up(ann).customer_id)).position
    world.show("2026-02-04 identity.customers_unmerged merge_id=m")

    def known(asked: Handle, known_at: int) -> list[str]:
        customer_id = views.look_up(asked).customer_id
        page = views.timeline(TimelineQuery(customer_id, known_at=known_at))
        brief = views.brief(asked, as_of=datetime(2026, 3, 1, tzinfo=UTC), known_at=known_at)
        assert str(page.customer_id) == brief["customer_id"]
        assert len(page.rows) == brief["events_considered"]
        return [row.event_id for row in page.rows]

    assert known(ann, before.position) == ["ann"]
    assert known(ben, before.position) == ["ben"]
    assert known(ann, merged) == known(ben, merged) == ["ann", "ben", "merge", "later"]
    again = TimelineQuery(views.look_up(ben).customer_id, known_at=before.position)
    assert views.timeline(again) == before


def test_a_page_has_a_limit_that_nobody_can_raise(views: Views) -> None:
    """The largest page is LIMIT_MAX rows, the smallest one row."""
    assert len(page(views, limit=0).rows) == 1
    assert len(page(views, limit=LIMIT_MAX + 1).rows) == 5


@pytest.mark.parametrize("token", ["x", "W10", "bnVsbA", "é", "AAAA", "WzEsMiwzLDQsNV0", "=" * 9])
def test_a_token_that_we_did_not_give_out_is_refused(views: Views, token: str) -> None:
    """Whatever somebody sends as a token ends in our own words."""
    with pytest.raises(CursorInvalid):
        page(views, after=token)


def test_sequences_order_what_happened_at_once(world: World, views: Views) -> None:
    """Numbers compare as numbers, text comes after them, nothing before."""
    raw = [
        {
            "specversion": "1.0",
            "id": f"s{sequence}",
            "source": "scanner",
            "type": "toldonce.delivery.scanned.v1",
            "time": "2026-02-01T10:00:00Z",
            "data": {"delivery_id": "D-2", "status": "in_transit"},
            **({"sequence": sequence} if sequence else {}),
        }
        for sequence in ("10", "b", "9", "", "007")
    ]
    world.append([json.dumps(event).encode() for event in raw])
    world.runner().catch_up()
    since = datetime(2026, 2, 1, tzinfo=UTC)
    assert ids(views, since=since) == ["s", "s007", "s9", "s10", "sb"]
    assert ids(views, since=since, newest_first=True) == ["sb", "s10", "s9", "s007", "s"]
    after = page(views, since=since, limit=2).next
    assert ids(views, since=since, after=after) == ["s9", "s10", "sb"]


times = st.lists(st.integers(0, 5), max_size=9)


@given(times, times)
def test_late_is_whatever_came_after_something_later(before: list[int], new: list[int]) -> None:
    """Found from the newest key alone, it is what comparing with everything earlier finds."""
    keys: list[OrderKey] = [
        (time, "s", 0, "", position, "") for position, time in enumerate(before + new, 1)
    ]
    expected = {
        key[4] for at, key in enumerate(keys) if at >= len(before) and key < max(keys[: at + 1])
    }
    known, arrived = keys[: len(before)], keys[len(before) :]
    if arrived:
        assert late_positions(sorted(arrived), max(known, default=None)) == expected
