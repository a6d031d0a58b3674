"""Groups of the log: nothing of one says anything about who is in another, whatever is stated."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from domain.decode import Accepted, decode
from projections.rebuild import filling, slices
from projections.rebuild.groups import Groups
from projections.slots import NEXT
from tests.golden.kept import golden_keyring, load
from tests.notation import cloud_event
from tests.projections.rebuild.rebuilt import digests_of, rebuilding_of, unheard
from tests.projections.world import NOW, World

A, B = "email:a@x.example", "email:b@x.example"
SELECT_SLICES = "SELECT positions FROM views_next.rebuild_slices ORDER BY slice"


@pytest.fixture
def golden(database_url: str) -> Iterator[World]:
    """Give the log with every type of event, and one of a type that is not known yet."""
    load(database_url)
    world = World(database_url, golden_keyring())
    raw = json.dumps(cloud_event("2026-01-01 contact.started c-1", id="later")).encode()
    accepted = decode(raw, now=NOW)
    assert isinstance(accepted, Accepted)
    event = accepted.event._replace(type="toldonce.contact.foreseen.v1")
    body = accepted.body.replace(b"contact.started", b"contact.foreseen")
    world.log.append(world.log.draft([Accepted(event, body)]))
    yield world
    world.close()


def cut(world: World) -> list[set[int]]:
    """Return the groups into which the log is cut, where each is a slice of its own."""
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
        found = [set(positions) for (positions,) in world.rows(SELECT_SLICES)]
        rebuilding.abort()
    return found


@pytest.mark.parametrize("group_entries_max", [1, 20_000])
@pytest.mark.parametrize("slice_events", [1, 10_000])
def test_a_rebuild_comes_to_the_live_rows_however_it_is_cut(
    golden: World, monkeypatch: pytest.MonkeyPatch, slice_events: int, group_entries_max: int
) -> None:
    """Calendars, corrections, merges, erasures, and what parks a customer: all as live.

    So it is where long groups are resolved page by page, before their customers are folded.
    """
    monkeypatch.setattr(slices, "SLICE_EVENTS", slice_events)
    monkeypatch.setattr(filling, "GROUP_ENTRIES_MAX", group_entries_max)
    monkeypatch.setattr(filling, "PAGE_ENTRIES", 20)
    golden.runner().catch_up()
    assert golden.rows("SELECT error FROM parked") == [("TypeUnknown",)]
    with rebuilding_of(golden) as rebuilding:
        rebuilding.build(unheard)
    assert digests_of(golden, NEXT) == digests_of(golden)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([f"contact.started c1 {A}", f"contact.started c2 {B}"], [{1}, {2}]),
        ([f"contact.started c1 {A}", f"order.placed O-1 {B}", "contact.ended c1"], [{1, 3}, {2}]),
        ([f"contact.started c1 {A}", f"issue.reported I {B} contact:c1"], [{1, 2}]),
        ([f"contact.started c1 {A}", "event.retracted corrects=#t1"], [{1, 2}]),
        (["event.retracted corrects=#t2", f"contact.started c1 {A}"], [{1, 2}]),
        (["event.retracted corrects=#t9", "event.retracted corrects=#t9 reason=r"], [{1, 2}]),
        (
            [
                "contact.ended c1",
                "event.corrected corrects=#t1"
                " data={contact_id: c2, ended_by: agent, resolution: resolved}",
                f"order.placed O-1 {B}",
                f"contact.started c2 {A}",
            ],
            [{1, 2, 4}, {3}],
        ),
        (
            [
                f"identity.customers_merged merge_id=m survivor={A} absorbed={B}",
                "contact.started c1 phone:+17175550142",
                "identity.customers_unmerged merge_id=m",
            ],
            [{1, 3}, {2}],
        ),
        (
            [
                "calendar.defined work",
                "promise.made P-1 account_no:1 due_business_days=1 calendar_id=work",
            ],
            [{1}, {2}],
        ),
    ],
)
def test_what_anything_names_is_of_one_group(
    world: World, monkeypatch: pytest.MonkeyPatch, lines: list[str], wanted: list[set[int]]
) -> None:
    """Also what a correction makes of it, or the merge that is undone; calendars join nobody."""
    monkeypatch.setattr(slices, "SLICE_EVENTS", 1)
    world.tell(*(f"2026-01-01T09:{at:02} {line}" for at, line in enumerate(lines)))
    assert sorted(cut(world), key=min) == wanted


def test_groups_of_a_chain_are_one_in_whatever_order_they_are_joined() -> None:
    """The first entry of all stands for everybody."""
    groups = Groups(9)
    for together in ((9, 8), (5, 4), (8, 5), (7, 6), (4, 2)):
        groups.join(together)
    assert [*groups.firsts()] == [0, 1, 2, 3, 2, 2, 6, 6, 2, 2]


def test_small_groups_share_a_slice_and_none_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is as long as groups fit; one that is longer by itself has its own."""
    monkeypatch.setattr(slices, "SLICE_EVENTS", 3)
    groups = Groups(9)
    for together in ((3, 1), (7, 5, 4, 6)):
        groups.join(together)
    found = [[*positions] for positions in slices._filled(groups.firsts())]
    assert found == [[1, 2, 3], [4, 5, 6, 7], [8, 9]]
