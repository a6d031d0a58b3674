"""The identity view equals the rules applied from scratch, however the events come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from domain.events import (
    ContactStarted,
    EventCorrected,
    EventData,
    EventRetracted,
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
    IdentityIdentifierLinked,
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
)
from domain.events.values import EventKey, Identifier
from domain.handles import Handle
from domain.identity.observation import observations
from domain.identity.resolution import Resolution, resolve
from projections.identity import IdentityView
from projections.identity_history import known_then
from projections.identity_queries import look_up

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = [
    Identifier(type="account_no", value="1"),
    Identifier(type="account_no", value="2"),
    Identifier(type="loyalty_card", value="7"),
    Identifier(type="member_id", value="5"),
    Identifier(type="email", value="a@x.example"),
    Identifier(type="email", value="b@x.example"),
    Identifier(type="phone", value="+17175550142"),
    Identifier(type="phone", value="+17175550143"),
]


TABLES = [
    f"identity_{name}"
    for name in ("nodes", "edges", "merges", "entries", "waiting", "corrections", "readings")
]


def node_of(handle: Handle) -> UUID:
    """Stand for the keyed token of a handle."""
    return uuid5(NAMESPACE_URL, str(handle))


def contact(identifiers: Sequence[Identifier], contact_id: str, **more: str) -> ContactStarted:
    """Return a contact that names these identifiers and references."""
    return ContactStarted(
        identifiers=tuple(identifiers),
        contact_id=contact_id,
        channel="voice",
        direction="inbound",
        **more,
    )


def merged(merge_id: str, survivor: Identifier, absorbed: Identifier) -> IdentityCustomersMerged:
    """Return a merge."""
    return IdentityCustomersMerged(
        merge_id=merge_id, survivor=survivor, absorbed=absorbed, actor="lead", reason="same person"
    )


def unmerged(merge_id: str) -> IdentityCustomersUnmerged:
    """Return the undoing of a merge."""
    return IdentityCustomersUnmerged(merge_id=merge_id, actor="lead", reason="two persons")


def corrected(about: int, data: EventData) -> EventCorrected:
    """Return the correction of the event with that number."""
    members = data.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    key = EventKey(source="s", id=f"e{about}")
    return EventCorrected(corrects=key, data=members, reason="typing", declared_by="lead")


def retracted(about: int) -> EventRetracted:
    """Return the retraction of the event with that number."""
    key = EventKey(source="s", id=f"e{about}")
    return EventRetracted(corrects=key, reason="never happened", declared_by="lead")


pairs = st.permutations(PEOPLE).map(lambda people: people[:2])
facts = st.one_of(
    st.builds(
        contact,
        st.lists(st.sampled_from(PEOPLE), max_size=3, unique_by=lambda one: one.handle),
        st.sampled_from(["c1", "c2", "c3"]),
        order_id=st.sampled_from(["o1", "o2"]),
    ),
    st.builds(
        contact,
        st.lists(st.sampled_from(PEOPLE), max_size=2, unique_by=lambda one: one.handle),
        st.sampled_from(["c1", "c2", "c3"]),
    ),
    pairs.map(lambda p: IdentityIdentifierLinked(a=p[0], b=p[1], method="agent_confirmed")),
    pairs.map(lambda p: IdentityIdentifierUnlinked(a=p[0], b=p[1], reason="moved")),
    pairs.map(lambda p: IdentityMatchRejected(a=p[0], b=p[1], reason="no")),
    st.builds(lambda m, p: merged(m, p[0], p[1]), st.sampled_from(["m1", "m2"]), pairs),
    st.sampled_from(["m1", "m2"]).map(unmerged),
)
EVENTS_MAX = 12


@st.composite
def histories(draw: st.DrawFn) -> list[EventData]:
    """Draw what is told: facts, and corrections and retractions of any of it, also of these."""
    told = draw(st.lists(facts, min_size=1, max_size=EVENTS_MAX))
    for at in range(len(told)):
        match draw(st.sampled_from(["fact", "fact", "retracted", "other", "alike"])):
            case "retracted":
                told[at] = retracted(draw(st.integers(0, EVENTS_MAX)))
            case "other":
                told[at] = corrected(draw(st.integers(0, EVENTS_MAX)), draw(facts))
            case "alike":
                about = draw(st.integers(0, len(told) - 1))
                told[at] = corrected(about, draw(likely(told[about])))
    return told


def likely(data: EventData) -> st.SearchStrategy[EventData]:
    """Draw data that an event of the type of `data` can have been meant to have."""
    if isinstance(data, EventCorrected | EventRetracted):
        about = st.integers(0, EVENTS_MAX)
        if isinstance(data, EventRetracted):
            return about.map(retracted)
        return st.builds(corrected, about, facts)
    return facts.filter(lambda fact: type(fact) is type(data))


def events_of(told: Sequence[EventData], order: Sequence[int] | None = None) -> list[Event]:
    """Return events an hour apart, arriving in `order`."""
    events = [
        Event.of(data, id=f"e{n}", source="s", time=BEGIN + timedelta(hours=n))
        for n, data in enumerate(told)
    ]
    arriving = [events[n] for n in order] if order else events
    return [event._replace(position=at) for at, event in enumerate(arriving, start=1)]


class Table:
    """The view in a database, fed in pages."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.view = IdentityView(node_of)
        cursor.execute("SET search_path = pg_temp")
        cursor.execute(self.view.sql.replace("CREATE TABLE", "CREATE TEMP TABLE"))
        self.told: dict[int, Event] = {}
        self.refolded: set[UUID] = set()

    def take(self, events: Sequence[Event], page: int, *, forgetful: bool = False) -> None:
        """Feed events in pages; a forgetful view begins each page with nothing in memory."""
        for at in range(0, len(events), page):
            if forgetful:
                self.view.forget()
            batch = events[at : at + page]
            self.told |= {event.position: event for event in batch}
            resolved = self.view.resolve(self.cursor, batch, load=self.load, log=self)
            self.refolded |= resolved.refold

    def owners(self) -> dict[int, tuple[UUID, ...]]:
        """Return whose each position is, as the tables say."""
        self.cursor.execute("SELECT customer_id::text, position FROM identity_entries")
        found: dict[int, tuple[UUID, ...]] = dict.fromkeys(self.told, ())
        for customer, position in self.cursor.fetchall():
            found[position] = (*found[position], UUID(customer))
        return found

    def load(self, positions: Collection[int]) -> list[Event]:
        """Return the events at these positions."""
        return [self.told[position] for position in positions]

    def positions_of(self, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return the positions of events by source and id, as the log does."""
        places = {(event.source, event.id): at for at, event in self.told.items()}
        return {name: places[name] for name in names if name in places}

    def filed_under(self, streams: Collection[UUID]) -> dict[int, Collection[UUID]]:
        """Return nothing: nobody is erased here."""
        return {}

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Return every row of every table, sorted."""
        found = {}
        for name in TABLES:
            self.cursor.execute(f"SELECT * FROM {name}")
            found[name] = sorted(self.cursor.fetchall(), key=repr)
        return found


@contextmanager
def table(url: str) -> Iterator[Table]:
    """Give empty tables that vanish with their connection."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            yield Table(cursor)
    finally:
        connection.close()


@pytest.fixture
def view(database_url: str) -> Iterator[Table]:
    """Give an empty view."""
    with table(database_url) as empty:
        yield empty


def from_scratch(events: Sequence[Event]) -> Resolution:
    """Apply the rules to all events at once."""
    return resolve(observations(events), node_of)


def same(found: dict[int, tuple[UUID, ...]], wanted: Resolution) -> bool:
    """Compare owners; the order of two owners of a statement does not matter."""
    plain = {position: frozenset(owners) for position, owners in wanted.owners.items()}
    return {position: frozenset(owners) for position, owners in found.items()} == plain


@given(
    told=histories(),
    chance=st.randoms(use_true_random=False),
    page=st.sampled_from([1, 2, 5, 50]),
    forgetful=st.booleans(),
)
@settings(max_examples=2500)
def test_the_view_equals_the_rules_from_scratch(
    migrated_database: str, told: list[EventData], chance: object, page: int, forgetful: bool
) -> None:
    """Any order of arrival, any page size, with and without memory: the same customers."""
    order = list(range(len(told)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    arriving = events_of(told, order)
    in_order = from_scratch(events_of(told))
    wanted = from_scratch(arriving)
    by_id = {
        event.id: owners
        for event, owners in zip(events_of(told), in_order.owners.values(), strict=True)
    }
    assert {e.id: frozenset(wanted.owners[e.position]) for e in arriving} == {
        name: frozenset(owners) for name, owners in by_id.items()
    }
    with table(migrated_database) as empty:
        empty.take(arriving, page, forgetful=forgetful)
        assert same(empty.owners(), wanted)
        found = empty.rows()
    with table(migrated_database) as anew:
        anew.take(arriving, len(arriving))
        assert found == anew.rows()


@given(told=histories(), chance=st.randoms(use_true_random=False))
@settings(max_examples=1000)
def test_what_was_known_earlier_can_be_told_later(
    migrated_database: str, told: list[EventData], chance: object
) -> None:
    """Whom any handle named at any earlier position is found again when more has become known."""
    order = list(range(len(told)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    arriving = events_of(told, order)
    asked = sorted({handle for one in observations(arriving) for handle in one.named})
    with table(migrated_database) as full:
        full.take(arriving, 4)
        for known_at in range(len(arriving) + 1):
            wanted = from_scratch(arriving[:known_at])
            for handle in asked:
                found, events = known_then(
                    full.cursor, handle, node_of=node_of, known_at=known_at, load=full.load
                )
                customer = wanted.customer(handle)
                assert found.customer_id == customer, (known_at, handle)
                assert found.match == wanted.match(handle), (known_at, handle)
                owned = [at for at, owners in wanted.owners.items() if customer in owners]
                assert sorted(event.position for event in events) == owned, (known_at, handle)


@pytest.fixture(scope="module")
def migrated_database(migrated_databases: object) -> Iterator[str]:
    """Lend one database to all examples, whose tables are temporary."""
    with migrated_databases.migrated() as url:  # type: ignore[attr-defined]
        yield url


def test_two_accounts_are_never_joined_by_way_of_a_third(view: Table) -> None:
    """A card seen with two accounts is shared; each account keeps what names it."""
    one, other, card = PEOPLE[0], PEOPLE[1], PEOPLE[2]
    told = [contact([one, card], "c1"), contact([other, card], "c2"), contact([card], "c3")]
    events = events_of(told)
    view.take(events, 1)
    owners = view.owners()
    assert owners[1] == (node_of(one.handle),)
    assert owners[2] == (node_of(other.handle),)
    assert owners[3] == ()
    match = look_up(view.cursor, node_of(card.handle), asked=card.handle).match
    assert (match.level, match.candidates) == ("maybe", 2)


def test_an_address_linked_to_somebody_s_telephone_is_theirs(view: Table) -> None:
    """Who says that a mail address goes with a telephone says it of whose telephone it is."""
    account, email, phone = PEOPLE[0], PEOPLE[4], PEOPLE[6]
    linked = IdentityIdentifierLinked(a=email, b=phone, method="agent_confirmed")
    told = [contact([email], "c1"), contact([account, phone], "c2"), linked, contact([phone], "c3")]
    view.take(events_of(told), 1)
    assert set(view.owners().values()) == {(node_of(account.handle),)}


def test_a_telephone_of_thousands_costs_no_more_than_its_row(view: Table) -> None:
    """3,000 customers share one telephone: it is nobody's, and a call from it waits."""
    phone = PEOPLE[6]
    told = [
        contact([Identifier(type="account_no", value=f"n{n}"), phone], f"c{n}") for n in range(3000)
    ]
    events = events_of([*told, contact([phone], "call")])
    view.take(events, 500, forgetful=True)
    owners = view.owners()
    assert owners[3001] == ()
    assert len({owner for owner in owners.values() if owner}) == 3000
    assert view.refolded == set(), "only the first customer could have been told to fold anew"
