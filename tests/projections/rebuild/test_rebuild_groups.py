"""Groups of the log: nothing of one says anything about who is in another, whatever is stated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from uuid import UUID

import pytest

import eventlog.read
from domain.decode import Accepted, decode, restore
from domain.event import Event
from projections import parking
from projections.errors import GroupsOverlap, ViewFailed
from projections.rebuild import building, slices
from projections.rebuild.building import Step
from projections.rebuild.filling import Filling
from projections.rebuild.groups import Groups
from projections.slots import NEXT
from projections.story import calendars
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


def unreadable(*ids: str) -> Callable[..., Event]:
    """Return what reads events as ever but for some, which a later version wrote."""

    def read(body: bytes, **kept: Any) -> Event:
        event = restore(body, **kept)
        if event.id in ids:
            raise ValueError
        return event

    return read


def require_same(world: World, *, page_entries: int = 1) -> None:
    """Fail unless a rebuild comes to what reading page by page comes to, and to whom it parks."""
    world.runner(page_entries=page_entries).catch_up()
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
    parked = "SELECT customer_id, position, view, error FROM {}.parked ORDER BY 1"
    assert world.rows(parked.format("views_next")) == world.rows(parked.format("views"))
    shown = "SELECT customer_id, position FROM {}.timeline ORDER BY 1, 2"
    assert world.rows(shown.format("views_next")) == world.rows(shown.format("views"))
    assert digests_of(world, NEXT) == digests_of(world)


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
    monkeypatch.setattr(slices, "GROUP_ENTRIES_MAX", group_entries_max)
    monkeypatch.setattr(slices, "PAGE_ENTRIES", 20)
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


@pytest.mark.parametrize("group_entries_max", [1, 20_000])
def test_who_comes_to_own_what_cannot_be_read_is_parked_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch, group_entries_max: int
) -> None:
    """Also where that comes out pages later, of one long group: whoever is gone is not parked."""
    monkeypatch.setattr(eventlog.read, "restore", unreadable("t3"))
    monkeypatch.setattr(slices, "GROUP_ENTRIES_MAX", group_entries_max)
    monkeypatch.setattr(slices, "PAGE_ENTRIES", 3)
    world.tell(
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-01T09:05 order.placed O-2 account_no:8842",
        "2026-01-02T09:00 order.cancelled O-2",
        "2026-01-02T12:00 identity.customers_merged merge_id=m survivor=account_no:7731"
        " absorbed=account_no:8842",
        "2026-01-03T09:00 contact.started c-1 account_no:7731",
    )
    require_same(world, page_entries=3)


def test_what_cannot_be_read_is_counted_where_it_stands(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far apart it pauses nobody, though all of it comes in one slice."""
    monkeypatch.setattr(parking, "BURST_ENTRIES", 12)
    monkeypatch.setattr(parking, "BURST_MAX", 2)
    ids = [f"t{number}" for number in (5, 15, 25, 35)]
    monkeypatch.setattr(eventlog.read, "restore", unreadable(*ids))
    hours = [f"2026-01-{1 + number // 24:02}T{number % 24:02}:00" for number in range(40)]
    world.tell(*(f"{at} contact.started c-{n} account_no:{n}" for n, at in enumerate(hours)))
    require_same(world, page_entries=5)


def test_what_names_nothing_is_of_the_group_of_whoever_names_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event is filed under itself where it names nothing, and others may wait for it."""
    monkeypatch.setattr(slices, "SLICE_EVENTS", 1)
    monkeypatch.setattr(eventlog.read, "restore", unreadable("t2"))
    world.tell(
        "2026-01-01T09:00 promise.made P-1 account_no:7731 due_within=PT2H"
        ' fulfilled_when="calendar.defined event:t2@test"',
        "2026-01-01T09:01 calendar.defined cal",
        "2026-01-01T09:05 contact.started c-1 account_no:7731",
    )
    require_same(world)


def test_where_entries_are_read_to_name_more_than_was_observed_the_log_is_one_group(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is after an upgrade that reads one more reference, or writes telephones otherwise."""
    monkeypatch.setattr(slices, "SLICE_EVENTS", 1)

    def read(body: bytes, **kept: Any) -> Event:
        event = restore(body, **kept)
        named = {**event.data.model_dump(exclude_unset=True), "order_id": "O-9"}
        return event._replace(data=type(event.data).model_validate(named))

    monkeypatch.setattr(eventlog.read, "restore", read)
    world.tell(
        "2026-01-01T09:00 contact.started c-1 account_no:7731",
        "2026-01-01T09:01 contact.started c-2 account_no:8842",
        "2026-01-01T09:02 order.cancelled O-9",
    )
    steps: list[str] = []
    world.runner(page_entries=1).catch_up()
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(lambda step: steps.append(step.name))
    assert digests_of(world, NEXT) == digests_of(world)
    assert steps.count("groups") == 4, "it was cut twice"


def test_what_another_slice_wrote_is_noticed_by_whoever_goes_on_with_a_long_group(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads back what stands in the tables: that is not of its group, and refused."""
    monkeypatch.setattr(slices, "SLICE_EVENTS", 1)
    monkeypatch.setattr(slices, "GROUP_ENTRIES_MAX", 2)
    monkeypatch.setattr(slices, "PAGE_ENTRIES", 2)
    phone = {"type": "phone", "value": "+17175550142"}

    def read(body: bytes, **kept: Any) -> Event:
        event = restore(body, **kept)
        if event.id not in ("t1", "t5"):
            return event
        members = event.data.model_dump(exclude_unset=True)
        members["identifiers"] = [*members.get("identifiers", ()), phone]
        return event._replace(data=type(event.data).model_validate(members))

    monkeypatch.setattr(eventlog.read, "restore", read)
    accounts = ["", *["account_no:1"] * 4]
    world.tell(*(f"2026-01-01T09:0{n} contact.started c-{n} {a}" for n, a in enumerate(accounts)))
    with rebuilding_of(world) as rebuilding:
        with pytest.raises(KeyboardInterrupt):
            rebuilding.build(Interrupting("customers", passage=3))
        (run,) = world.rows("SELECT run::text FROM views_next.rebuild_state")[0]
        with closing(Filling(world.url, world.keyring, run=UUID(run))) as other:
            with world.database.transaction() as cursor:
                cursor.execute("SELECT FROM views_next.rebuild_slices WHERE is_long FOR UPDATE")
                assert other.turn(), "the short one"
            with pytest.raises(GroupsOverlap):
                other.turn()
    require_same(world)


def test_a_long_group_is_filled_by_all_processes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one slice at first; who is in it are many."""
    monkeypatch.setattr(slices, "GROUP_ENTRIES_MAX", 10)
    monkeypatch.setattr(slices, "SLICE_EVENTS", 3)
    monkeypatch.setattr(building, "BESIDE_ENTRIES_MIN", 1)
    told = "2026-01-01T09:{0:02} contact.started c-{0} account_no:{0} phone:+17175550142"
    world.tell(*(told.format(number) for number in range(30)))
    world.runner().catch_up()
    with rebuilding_of(world, workers=2) as rebuilding:
        begun = rebuilding._building._helpers._begun
        counts: set[int] = set()
        rebuilding.build(lambda step: counts.add(len(begun)))
    assert counts >= {1}
    assert digests_of(world, NEXT) == digests_of(world)


def test_another_process_goes_on_with_a_long_group(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads back what the one before it wrote, page by page."""
    monkeypatch.setattr(slices, "GROUP_ENTRIES_MAX", 4)
    monkeypatch.setattr(slices, "PAGE_ENTRIES", 2)
    told = "2026-01-01T09:{0:02} contact.started c-{0} account_no:{1} phone:+17175550142"
    world.tell(*(told.format(number, number % 3) for number in range(9)))
    world.runner().catch_up()
    with rebuilding_of(world) as rebuilding, pytest.raises(KeyboardInterrupt):
        rebuilding.build(Interrupting("customers", passage=4))
    assert world.rows("SELECT reached FROM views_next.rebuild_slices") == [(4,)]
    require_same(world)


def test_a_view_that_fails_on_a_calendar_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on any other event; the error's own words are not repeated."""

    def fail(event: Event) -> bytes:
        raise ValueError("Ann Lee, 12 Elm Street")

    monkeypatch.setattr(calendars, "encode", fail)
    world.tell("2026-01-01 calendar.defined work")
    with rebuilding_of(world) as rebuilding, pytest.raises(ViewFailed, match="story"):
        rebuilding.build(unheard)


class Interrupting:
    """Ends a rebuild the nth time that a step is told of."""

    def __init__(self, name: str, *, passage: int) -> None:
        self._name, self._left = name, passage

    def __call__(self, step: Step) -> None:
        """Take a report."""
        self._left -= step.name == self._name
        if not self._left:
            raise KeyboardInterrupt
