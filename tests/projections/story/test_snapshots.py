"""What saved stories promise: with the entries since, they are the story, whoever reads it when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.handles import Handle
from projections.queries import Views
from projections.story import remembered, snapshots
from tests.examples import share
from tests.projections.histories import histories, of_customer
from tests.projections.world import World

FAR = datetime(2100, 1, 1, tzinfo=UTC)
SELECT_SAVED = "SELECT state_events FROM story"


@pytest.fixture
def views(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Views]:
    """Give views in which a story of more than three events is long, and rests once it is saved.

    Those of other customers fall asleep at once, and only a few of them are remembered so.
    """
    monkeypatch.setattr(snapshots, "SHORT_EVENTS_MAX", 3)
    monkeypatch.setattr(snapshots, "EIGHTH_BITS", 2)
    monkeypatch.setattr(snapshots, "RESTING_BYTES_MIN", 0)
    monkeypatch.setattr(remembered, "AWAKE_BYTES_MAX", 0)
    monkeypatch.setattr(remembered, "AWAKE_BYTES_OVER", 3_000)
    monkeypatch.setattr(remembered, "ASLEEP_BYTES_MAX", 3_000)
    views = Views(world.url, world.keyring)
    yield views
    views.close()


@given(st.data())
@settings(max_examples=share(0.03), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_saved_depends_on_the_events_alone(
    world: World, views: Views, data: st.DataObject
) -> None:
    """Saved in whatever pages, by runners that remember or not: rows are those of a refold."""
    runner = world.runner(page_entries=data.draw(st.integers(1, 9)))
    number = world.log.reader.head().position
    for line in of_customer(data.draw(histories()), number):
        world.tell(line)
        if data.draw(st.booleans()):
            runner.catch_up()
        if data.draw(st.booleans()):
            runner.close()
            runner = world.runner(page_entries=data.draw(st.integers(1, 9)))
    head = runner.catch_up()
    customers = world.customers_since(number)
    rows = world.rows_of("story", customers)
    runner.refold([UUID(customer) for customer in customers])
    assert world.rows_of("story", customers) == rows
    account = Handle("account_no", f"A-{number}")
    now = views.brief(account, as_of=FAR)
    # Nobody's is one entry more, and what was known before it is folded from the log.
    world.tell("2026-01-03T00:00 order.placed O-nobodys")
    runner.catch_up()
    runner.close()
    assert views.brief(account, as_of=FAR, known_at=head) == now


def test_a_long_story_is_saved_now_and_then(world: World, views: Views) -> None:
    """Between, its row stands still and readers take the entries since from the log."""
    saved = []
    for number in range(8):
        world.show(f"2026-01-01T00:{number:02} contact.started c{number} account_no:1")
        saved += world.rows(SELECT_SAVED)
        assert brief_of(views)["events_considered"] == number + 1
    assert [considered for (considered,) in saved] == [1, 2, 3, 4, 4, 6, 6, 8]


def test_no_document_is_kept_compressed(world: World) -> None:
    """Neither a new one nor one that takes the place of another: each is read as it lies there."""
    for hour in ("00", "01"):
        told = "issue.reported i{0} category=line contact_id=c{0} account_no:1"
        world.show(*[f"2026-01-01T{hour}:{n} {told.format(n)}" for n in range(10, 40)])
    ((length, compression),) = world.rows(
        "SELECT length(state), pg_column_compression(state) FROM story"
    )
    assert length > 4_000, "what is shorter is not compressed anyway"
    assert compression is None


def test_a_name_is_saved_when_it_is_told(world: World, views: Views) -> None:
    """Customers are found by their newest name, however long their story is."""
    world.show(*[f"2026-01-01T00:0{n} contact.started c{n} account_no:1" for n in range(8)])
    world.show("2026-01-01T01:00 contact.information_provided c7 facts={name: Ann}")
    assert world.rows("SELECT name, state_events, events_considered FROM story") == [("Ann", 8, 9)]


def test_a_moment_before_the_newest_entry_is_told_as_it_was(world: World, views: Views) -> None:
    """A story that goes on after the moment that is asked for is folded from the log."""
    world.show(*[f"2026-01-01T00:0{n} contact.started c{n} account_no:1" for n in range(4)])
    world.show("2026-01-03T00:00 contact.started c9 account_no:1")
    assert world.rows(SELECT_SAVED) == [(4,)]
    assert brief_of(views, datetime(2026, 1, 2, tzinfo=UTC))["events_considered"] == 4


def brief_of(views: Views, as_of: datetime = FAR) -> dict[str, object]:
    """Return the brief of the one customer."""
    return views.brief(Handle("account_no", "1"), as_of=as_of)


def test_however_long_a_story_grows_few_of_its_events_are_folded_and_few_saves_made() -> None:
    """A reader folds at most a hundred or a sixty-fourth; doubling takes at most 256 saves."""
    saves = 0
    for number in range(1, 1 << 18):
        saved = snapshots.saved_events(number, is_exact=False)
        assert number - saved < max(snapshots.APART_EVENTS_MAX, number / 64)
        saves += saved == number
        if number.bit_count() == 1:
            assert saves <= 2 * snapshots.APART_EVENTS_MAX
            saves = 0
