"""What the reading side answers equals what a few lines of Python make of the list of events.

The model knows nothing of views, pages or tables: it has the events, the rules of identity from
scratch, and a sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.event import Event, order_key
from domain.events import EVENT_TYPES
from domain.events.values import Channel
from domain.handles import REFERENCES, Handle
from domain.identity.observation import observations
from domain.identity.resolution import Resolution, resolve
from projections.queries import Views
from projections.timeline.pages import TimelineQuery
from tests.projections.families import DAYS, END, START, THINGS, histories, of_number, whom
from tests.projections.test_many_histories import NewWorld, Told, a_log, chances, new_world
from tests.projections.world import World

__all__ = ["new_world"]

HISTORIES = 6
QUESTIONS = 60
CHANNELS = get_args(Channel)
NAMES = tuple(shape.NAME for shape in EVENT_TYPES.values())
few = st.lists(histories(), min_size=HISTORIES, max_size=HISTORIES).map(Told)


class Model:
    """Everything that was told, and whose it is."""

    def __init__(self, world: World, head: int) -> None:
        self.head = head
        self.events = world.log.reader.events_at(range(1, head + 1))
        self._token = world.keyring.stream_of
        self.resolution = self._known_at(head)
        self.customers = sorted({c for owners in self.resolution.owners.values() for c in owners})
        self._named = {self._token(h): h for number in range(HISTORIES) for h in whom(number)}

    def timeline(self, query: TimelineQuery) -> list[Event]:
        """Return all events that a query is about, in its order."""
        known_at = self.head if query.known_at is None else query.known_at
        then = self.resolution if known_at == self.head else self._known_at(known_at)
        whose = then.customer(self._named[query.customer_id])
        mine = [e for e in self.events[:known_at] if whose in then.owners[e.position]]
        wanted = [event for event in mine if _is_wanted(event, query)]
        return sorted(wanted, key=order_key, reverse=query.newest_first)

    def _known_at(self, position: int) -> Resolution:
        return resolve(observations(self.events[:position]), self._token)


def _is_wanted(event: Event, query: TimelineQuery) -> bool:
    return (
        (query.upto is None or event.position <= query.upto)
        and (query.as_of is None or event.time <= query.as_of)
        and (query.since is None or event.time >= query.since)
        and (query.until is None or event.time < query.until)
        and (not query.types or event.name in query.types or event.type in query.types)
        and (not query.channels or getattr(event.data, "channel", None) in query.channels)
        and (query.reference is None or _refers_to(event, query.reference))
    )


def _refers_to(event: Event, reference: Handle) -> bool:
    named = ((kind, getattr(event.data, member, None)) for member, kind in REFERENCES.items())
    return (reference.type, reference.value) in named


def a_query(customers: Sequence[UUID], chance: Random, *, head: int) -> TimelineQuery:
    """Return any question about a timeline; most restrictions are absent."""

    def some(value: Any) -> Any:
        return value if chance.random() < 0.3 else None

    def when() -> Any:
        return some(START + timedelta(minutes=chance.randrange(DAYS * 24 * 60)))

    thing = chance.choice(THINGS).replace("§", f"{100_000 + chance.randrange(HISTORIES)}")
    kinds = chance.sample((*NAMES, *EVENT_TYPES, "no.such"), chance.choice([20, 60]))
    return TimelineQuery(
        chance.choice(customers),
        types=tuple(some(kinds) or ()),
        channels=some(("voice", chance.choice(CHANNELS))) or (),
        reference=some(Handle(chance.choice(sorted(set(REFERENCES.values()))), thing)),
        since=when(),
        until=when(),
        as_of=when(),
        known_at=some(chance.randint(0, head)),
        upto=some(chance.randint(0, head)),
        newest_first=chance.random() < 0.5,
        limit=chance.choice([1, 2, 3, 5, 200]),
    )


def pages(views: Views, query: TimelineQuery) -> list[int]:
    """Return the positions on all pages of a query, one after the other."""
    found: list[int] = []
    while True:
        page = views.timeline(query)
        assert len(page.rows) <= query.limit
        found += [row.position for row in page.rows]
        if page.next is None:
            return found
        query = replace(query, after=page.next)


@a_log
@given(told=few, chance=chances)
def test_every_question_about_a_timeline_is_answered_as_by_hand(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """Any types, channels, reference, times, moment, position, order, page size and history."""
    with new_world() as (world, views):
        arriving = [raw for number, lines in enumerate(told) for raw in of_number(lines, number)]
        chance.shuffle(arriving)
        world.append(arriving)
        model = Model(world, world.runner().catch_up())
        for _ in range(QUESTIONS if model.customers else 0):
            query = a_query(model.customers, chance, head=model.head)
            expected = [event.position for event in model.timeline(query)]
            assert pages(views, query) == expected, query


@a_log
@given(told=few, chance=chances)
def test_everybody_is_found_by_what_leads_to_them_and_by_their_name(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """An identifier or reference finds whom the rules say, a name whoever last told it."""
    with new_world() as (world, views):
        arriving = [raw for number, lines in enumerate(told) for raw in of_number(lines, number)]
        world.append(arriving)
        model = Model(world, world.runner(page_entries=5).catch_up())
        names: dict[str, set[UUID]] = {}
        for handle in (handle for number in range(HISTORIES) for handle in whom(number)):
            hits = {hit.customer_id for hit in views.find(str(handle)).hits}
            match = model.resolution.match(handle)
            customer = model.resolution.customer(handle)
            assert hits == ({customer} if match.level != "unknown" else set()), handle
            name = views.brief(handle, as_of=END)["who"]["name"]
            if customer is not None and name is not None and match.level == "known":
                names.setdefault(name, set()).add(customer)
        for name, customers in names.items():
            assert {hit.customer_id for hit in views.find(name).hits} == customers, name


@a_log
@given(told=few, chance=chances)
def test_pages_of_a_growing_timeline_are_disjoint_and_complete(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """What was there when the first page was read and still is theirs is on exactly one page."""
    with new_world() as (world, views):
        arriving = [raw for number, lines in enumerate(told) for raw in of_number(lines, number)]
        chance.shuffle(arriving)
        runner = world.runner()
        world.append(arriving[: len(arriving) // 2])
        before = Model(world, runner.catch_up())
        if not before.customers:
            return
        rest = arriving[len(arriving) // 2 :]
        query = replace(a_query(before.customers, chance, head=before.head), known_at=None, limit=1)
        seen: list[int] = []
        next_page = query
        while True:
            page = views.timeline(next_page)
            seen += [row.position for row in page.rows]
            if page.next is None:
                break
            next_page = replace(next_page, after=page.next)
            world.append(rest[:2])
            rest = rest[2:]
            runner.catch_up()
        after = Model(world, runner.catch_up())
        assert len(seen) == len(set(seen))
        at_first = {event.position for event in before.timeline(query)}
        in_the_end = {event.position for event in after.timeline(query)}
        assert set(seen) <= at_first | set(range(before.head + 1, after.head + 1)) | in_the_end
        # where it changes meanwhile whose an event is, a page shows whose it is then
        if before.customers == after.customers:
            keys = {event.position: order_key(event) for event in after.events}
            ordered = sorted(seen, key=lambda at: keys[at], reverse=query.newest_first)
            assert seen == ordered
        steady = at_first & in_the_end
        if at_first <= in_the_end:
            assert steady <= set(seen)
