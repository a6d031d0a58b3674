"""What is asked most is one exchange with the database, and the same answer as part by part."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import psycopg2
import pytest

from domain.brief import canonical_json
from domain.handles import Handle
from eventlog.errors import LogUnavailable
from eventlog.pool import Pool
from projections.queries import Views
from projections.timeline.pages import TimelineQuery
from tests.projections.world import World

TOLD = """
2026-01-01T09:00 registration.completed account_no:1 phone:+17175550142 email:a@x.example
2026-01-01T09:05 promise.made P-1 account_no:1 due_within=PT24H
2026-01-02T10:00 contact.started c1 phone:+17175550142
2026-01-02T10:05 issue.reported I-1 contact:c1
2026-01-02T10:10 contact.ended c1
2026-01-03T09:00 registration.completed account_no:2 email:b@x.example
2026-01-03T09:05 registration.completed account_no:3 email:b@x.example
2026-01-04T09:00 identity.customers_merged merge_id=m1 survivor=account_no:1 absorbed=account_no:3
"""
ANN = Handle("account_no", "1")
ASKED = [*map(Handle.parse, ("account_no:1", "phone:+17175550142", "contact:c1"))]
ASKED += [*map(Handle.parse, ("account_no:3", "email:b@x.example", "order:O-404"))]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def told(world: World) -> int:
    """Tell of some people and bring the views to it; return the position."""
    world.show(TOLD)
    return len(TOLD.strip().splitlines())


def part_by_part(views: Views, whom: Handle, *, at: int) -> bytes:
    """Return a brief at a position, which is asked for in the long way."""
    return canonical_json(views.brief(whom, as_of=NOW, known_at=at))


def refuse(pool: Pool) -> None:
    """Stand for a transaction that was not to be begun."""
    raise AssertionError


def test_a_question_of_now_is_one_exchange(
    world: World, views: Views, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it is known that the views are of our version, no other transaction is begun."""
    customer = views.look_up(ANN).customer_id
    assert customer is not None
    monkeypatch.setattr(Pool, "transaction", refuse)
    assert views.brief(ANN, as_of=NOW)["known_at"] == told
    assert views.brief(customer, as_of=NOW)["who"]["match"]["level"] == "known"
    assert views.brief(Handle("order", "O-404"), as_of=NOW)["known_at"] == told
    found, page = views.timeline_now(TimelineQuery(customer, newest_first=True))
    assert (found, page.position) == (customer, told)
    assert views.progress.position() == told


@pytest.mark.parametrize("whom", ASKED, ids=str)
def test_a_brief_is_the_same_bytes_either_way(views: Views, told: int, whom: Handle) -> None:
    """Known, merged, shared or nobody: what is asked at once has no answers of its own."""
    at_once = canonical_json(views.brief(whom, as_of=NOW))
    assert at_once == part_by_part(views, whom, at=told)


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_a_page_is_the_same_either_way(views: Views, told: int, limit: int) -> None:
    """Rows, where the next page begins, position; an id from before a merge leads on."""
    absorbed = views.look_up(Handle("account_no", "3")).customer_id
    ann = views.look_up(ANN).customer_id
    assert ann is not None and absorbed == ann
    query = TimelineQuery(ann, newest_first=True, limit=limit)
    assert views.timeline_now(query) == (ann, views.timeline(query))
    nobody = TimelineQuery(UUID(int=1), newest_first=True, limit=limit)
    assert views.timeline_now(nobody) == (None, views.timeline(nobody))


def test_what_was_planned_holds_for_tables_made_anew(world: World, views: Views, told: int) -> None:
    """Other tables of the same names take their place: the next question is one about these."""
    before = canonical_json(views.brief(ANN, as_of=NOW))
    world.runners[0].recreate()
    assert views.brief(ANN, as_of=NOW)["known_at"] == 0
    world.runners[0].catch_up()
    assert canonical_json(views.brief(ANN, as_of=NOW)) == before


def test_a_lost_connection_is_told_and_made_again(world: World, views: Views, told: int) -> None:
    """What was planned on it is planned anew."""
    before = views.brief(ANN, as_of=NOW)
    with closing(psycopg2.connect(world.url)) as connection, connection.cursor() as cursor:
        cursor.execute(END_OTHERS)
    with pytest.raises(LogUnavailable):
        views.brief(ANN, as_of=NOW)
    assert views.brief(ANN, as_of=NOW) == before
