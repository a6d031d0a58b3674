"""What holds for every history of everything that can happen, through the real log and views.

Many small histories of different people go into one log: an example is a log, not a history.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from domain.brief import canonical_json
from domain.handles import Handle
from eventlog.keyring import Keyring
from projections.queries import Views
from projections.timeline.pages import TimelineQuery
from tests.databases import Databases
from tests.examples import share
from tests.projections.families import DAYS, END, NUMBER_MIN, histories, of_number, whom
from tests.projections.rebuild.rebuilt import digests_of, rebuild
from tests.projections.world import World

HISTORIES = 20
REBUILT_IN_PLACE = 0.3
a_log = settings(
    max_examples=share(1 / HISTORIES),
    suppress_health_check=[*HealthCheck],
    # taking a whole log apart takes hours: a failure names the chance that makes it again
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
"""As many logs as it takes for the number of histories that the profile wants."""


class Told(list[list[str]]):
    """The histories of one log; printing all of them would help nobody."""

    def __repr__(self) -> str:
        """Say how many there are."""
        return f"{len(self)} histories"


many = st.lists(histories(), min_size=HISTORIES, max_size=HISTORIES).map(Told)
by_calendar = st.lists(histories(with_calendars=True), min_size=HISTORIES, max_size=HISTORIES).map(
    Told
)
chances = st.integers(0, 2**32).map(Random)
NewWorld = Callable[[], AbstractContextManager[tuple[World, Views]]]


@pytest.fixture
def new_world(migrated_databases: Databases, keyring: Keyring) -> NewWorld:
    """Give what makes an empty log with its views: every example has one of its own."""

    @contextmanager
    def lent() -> Iterator[tuple[World, Views]]:
        with migrated_databases.migrated() as url:
            world, views = World(url, keyring), Views(url, keyring)
            yield world, views
            views.close()
            world.close()

    return lent


def pieces(told: list[bytes], chance: Random) -> Iterator[list[bytes]]:
    """Cut what is told into batches, some of which bring again what was told before."""
    at = 0
    while at < len(told):
        size = chance.choice([1, 3, 10, 40])
        again = chance.sample(told[:at], min(at, chance.choice([0, 0, 2])))
        yield [*told[at : at + size], *again]
        at += size


def moment(chance: Random) -> datetime:
    """Return the end of all histories, or some moment in them."""
    return chance.choice([END, END - timedelta(minutes=chance.randrange(DAYS * 24 * 60))])


@a_log
@given(told=by_calendar, chance=chances)
def test_an_answer_never_changes_and_the_tables_are_those_of_a_rebuild(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """Whatever arrives in whatever order, batches and how often, while questions are asked.

    A brief of a moment and a position is the same bytes when the log has grown, and so is what the
    timeline of that position holds, every event that the brief considers; folding everybody anew
    and rebuilding, in place with other pages or beside, give the rows of live folding.
    """
    arriving = [raw for number, lines in enumerate(told) for raw in of_number(lines, number)]
    chance.shuffle(arriving)
    answers: dict[tuple[Handle, datetime, int], tuple[bytes, bytes]] = {}
    with new_world() as (world, views):
        runner = world.runner(page_entries=chance.choice([1, 7, 50]))
        for batch in pieces(arriving, chance):
            world.append(batch)
            position = runner.catch_up()
            for _ in range(2):
                asked = (chance.choice(whom(chance.randrange(HISTORIES))), moment(chance), position)
                answers[asked] = answer(views, *asked)
        assert position == len(arriving)
        for asked, said in answers.items():
            assert answer(views, *asked) == said, asked
        live = tables(world)
        runner.refold([UUID(c) for (c,) in world.rows("SELECT customer_id FROM story")])
        assert tables(world) == live
        digests = digests_of(world)
        if chance.random() < REBUILT_IN_PLACE:
            rebuilt = world.runner(page_entries=chance.choice([2, 11, 1000]))
            rebuilt.recreate()
            rebuilt.catch_up()
        else:
            rebuild(world)
        assert (tables(world), digests_of(world)) == (live, digests)


def tables(world: World) -> dict[str, Any]:
    """Return every row; when a pair was last seen is kept only once somebody spoke of it."""
    found: dict[str, Any] = world.tables()
    edges = found["identity_edges"]
    found["identity_edges"] = [(*e[:5], *(e[5:] if e[6] else ())) for e in edges]
    return found


def answer(views: Views, handle: Handle, as_of: datetime, known_at: int) -> tuple[bytes, bytes]:
    """Return the bytes of a brief and of a timeline, which agree."""
    brief = views.brief(handle, as_of=as_of, known_at=known_at)
    query = TimelineQuery(
        views.look_up(handle).customer_id, as_of=as_of, known_at=known_at, asked=handle
    )
    page = views.timeline(query)
    assert (page.customer_id, len(page.rows)) == (
        brief["customer_id"] and UUID(brief["customer_id"]),
        brief["events_considered"],
    )
    return canonical_json(brief), to_json([row._asdict() for row in page.rows])


@a_log
@given(told=many, chance=chances)
def test_the_order_of_arrival_shows_in_no_brief(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """The same happens to twins, is told of them in another order, and reads the same."""
    with new_world() as (world, views):
        runner = world.runner(page_entries=chance.choice([1, 7, 50]))
        arriving = [
            raw
            for number, lines in enumerate(told)
            for raw in of_number(lines, number) + of_number(lines, number + HISTORIES)
        ]
        chance.shuffle(arriving)
        for batch in pieces(arriving, chance):
            world.append(batch)
            runner.catch_up()
        for number in range(HISTORIES):
            as_of = moment(chance)
            for one, other in zip(whom(number), whom(number + HISTORIES), strict=True):
                told_of_one = of_anybody(views.brief(one, as_of=as_of), number)
                told_of_other = of_anybody(views.brief(other, as_of=as_of), number + HISTORIES)
                assert told_of_one == told_of_other, (one, as_of, told[number])


def of_anybody(brief: dict[str, Any], number: int) -> str:
    """Return what a brief says, without whose it is; the id is a token and so another."""
    without = {**brief, "customer_id": brief["customer_id"] is not None, "known_at": None}
    return json.dumps(_without_number(without, str(NUMBER_MIN + number)))


def _without_number(said: Any, number: str) -> Any:
    """Return a document in whose texts § stands for a number; what it counts may be the same."""
    match said:
        case dict():
            return {name: _without_number(value, number) for name, value in said.items()}
        case list():
            return [_without_number(value, number) for value in said]
        case str():
            return said.replace(number, "§")
        case _:
            return said
