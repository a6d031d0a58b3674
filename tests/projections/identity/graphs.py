"""Tables of the identity view in a database, fed by hand; and what may be told to them.

`histories` draws facts about a few people, and corrections and retractions of any of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg2
from hypothesis import strategies as st
from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from domain.events import (
    ContactStarted,
    ErasureExecuted,
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
from domain.handles import Handle, filing_handle, handles_of
from domain.identity.observation import distill, observations
from domain.identity.resolution import Resolution, resolve
from projections.identity.rows import REMEMBERED_MAX
from projections.identity.view import IdentityView
from projections.tables import read_sql

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
    Identifier(type="account_no", value="3"),
]


TABLES = [
    f"identity_{name}"
    for name in ("nodes", "edges", "merges", "entries", "waiting", "corrections", "readings")
]


def node_of(handle: Handle) -> UUID:
    """Stand for the keyed token of a handle."""
    return uuid5(NAMESPACE_URL, str(handle))


def stream_of(event: Event) -> UUID:
    """Return what an event is filed under."""
    return node_of(filing_handle(event))


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


def unlinked(a: Identifier, b: Identifier) -> IdentityIdentifierUnlinked:
    """Return what parts two identifiers."""
    return IdentityIdentifierUnlinked(a=a, b=b, reason="moved")


def linked(a: Identifier, b: Identifier) -> IdentityIdentifierLinked:
    """Return what joins two identifiers."""
    return IdentityIdentifierLinked(a=a, b=b, method="agent_confirmed")


def rejected(a: Identifier, b: Identifier) -> IdentityMatchRejected:
    """Return what keeps two identifiers apart."""
    return IdentityMatchRejected(a=a, b=b, reason="no")


def corrected(about: int, data: EventData, *, named: Sequence[Identifier] = ()) -> EventCorrected:
    """Return the correction of the event with that number; itself it may name somebody, too."""
    members = data.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    return EventCorrected(
        corrects=EventKey(source="s", id=f"e{about}"),
        data=members,
        identifiers=tuple(named),
        reason="typing",
        declared_by="lead",
    )


def retracted(about: int, *, named: Sequence[Identifier] = ()) -> EventRetracted:
    """Return the retraction of the event with that number; itself it may name somebody, too."""
    return EventRetracted(
        corrects=EventKey(source="s", id=f"e{about}"),
        identifiers=tuple(named),
        reason="never happened",
        declared_by="lead",
    )


REFERENCES = ("order_id", "issue_id", "delivery_id", "previous_contact_id", "appointment_id")
THINGS = ["x", "y", "z"]
NEIGHBOURS = [
    Identifier(type="account_no", value="8"),
    Identifier(type="email", value="n@x.example"),
    Identifier(type="phone", value="+17175550188"),
]
EVENTS_MAX = 14


@st.composite
def histories(draw: st.DrawFn) -> list[EventData]:
    """Draw what is told: facts, and corrections and retractions of any of it, also of these.

    They are of a few people, who so have to do with each other, and of their neighbours.
    """
    some = frozenset(draw(_some))
    told = draw(_several(some))
    for at in range(len(told)):
        match draw(_changes):
            case "retracted":
                told[at] = retracted(draw(_about), named=draw(_named(some)))
            case "other":
                data = draw(anybody_s(some))
                told[at] = corrected(draw(_about), data, named=draw(_named(some)))
            case "alike":
                about = draw(st.integers(0, len(told) - 1))
                data = draw(likely(type(told[about]), some))
                told[at] = corrected(about, data, named=draw(_named(some)))
    return told


_some = st.lists(st.sampled_from(range(len(PEOPLE))), min_size=3, max_size=6, unique=True)
_changes = st.sampled_from(["fact"] * 5 + ["retracted", "other", "alike"])
_about = st.integers(0, EVENTS_MAX)


# Strategies are made once: to make and check one takes longer than to draw from it.
@cache
def anybody_s(some: frozenset[int]) -> st.SearchStrategy[EventData]:
    """Draw a fact about some of the people, by their numbers, or about their neighbours."""
    theirs = facts([PEOPLE[number] for number in sorted(some)], THINGS)
    return st.one_of(theirs, theirs, theirs, facts(NEIGHBOURS, ["n"]))


@cache
def _several(some: frozenset[int]) -> st.SearchStrategy[list[EventData]]:
    return st.lists(anybody_s(some), min_size=1, max_size=EVENTS_MAX)


@cache
def _named(some: frozenset[int]) -> st.SearchStrategy[list[Identifier]]:
    """Draw whom a correction itself names: mostly nobody."""
    people = [PEOPLE[number] for number in sorted(some)]
    theirs = st.lists(st.sampled_from(people), min_size=1, max_size=2, unique_by=_handle)
    return st.one_of(st.just([]), st.just([]), theirs)


def facts(people: Sequence[Identifier], things: Sequence[str]) -> st.SearchStrategy[EventData]:
    """Draw what happens to these people and things, or is said of them."""
    seen = st.lists(st.sampled_from(people), max_size=4, unique_by=_handle)
    more = st.dictionaries(st.sampled_from(REFERENCES), st.sampled_from(things), max_size=2)
    contacts = st.builds(
        lambda who, contact_id, more: contact(who, contact_id, **more),
        st.lists(st.sampled_from(people), max_size=2, unique_by=_handle) | seen,
        st.sampled_from(things),
        more,
    )
    pairs = st.permutations(people).map(lambda drawn: drawn[:2])
    merges = st.sampled_from([f"{name}-{things[0]}" for name in "mk"])
    said = st.one_of(
        pairs.map(lambda p: linked(*p)),
        pairs.map(lambda p: unlinked(*p)),
        pairs.map(lambda p: rejected(*p)),
        st.builds(lambda m, p: merged(m, p[0], p[1]), merges, pairs),
        merges.map(unmerged),
    )
    return st.one_of(contacts, contacts, said)


@cache
def likely(kind: type[EventData], some: frozenset[int]) -> st.SearchStrategy[EventData]:
    """Draw data that an event of a type can have been meant to have."""
    if kind is EventRetracted:
        return st.builds(retracted, _about, named=_named(some))
    if kind is EventCorrected:
        return st.builds(corrected, _about, anybody_s(some), named=_named(some))
    return anybody_s(some).filter(lambda fact: type(fact) is kind)


def _handle(one: Identifier) -> Handle:
    return one.handle


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

    def __init__(
        self, cursor: Cursor, *, remembered_max: int = REMEMBERED_MAX, begins_empty: bool = False
    ) -> None:
        self.cursor = cursor
        self.view = IdentityView(node_of, remembered_max)
        if begins_empty:
            self.view.begin_apart(lambda position: None, entries=EVENTS_MAX)
        self.told: dict[int, Event] = {}
        self.refolded: set[UUID] = set()
        self.grown: set[UUID] = set()
        self.destroyed: set[UUID] = set()

    def take(
        self,
        events: Sequence[Event],
        page: int,
        *,
        forgetful: bool = False,
        erased: Collection[UUID] = (),
    ) -> None:
        """Feed events in pages; a forgetful view begins each page with nothing in memory.

        Streams that are `erased` cannot be read from the page on that tells of it.
        """
        for at in range(0, len(events), page):
            if forgetful:
                self.view.forget()
            batch = events[at : at + page]
            self.told |= {event.position: event for event in batch}
            told = erased if any(isinstance(e.data, ErasureExecuted) for e in batch) else ()
            self.destroyed |= set(told)
            resolved = self.view.resolve(
                self.cursor,
                [distill(event) for event in batch if stream_of(event) not in self.destroyed],
                load=self.load,
                log=self,
                erased=told,
            )
            self.refolded |= resolved.refold
            self.grown |= resolved.grown

    def owners(self) -> dict[int, tuple[UUID, ...]]:
        """Return whose each position is, as the tables say."""
        self.cursor.execute("SELECT customer_id::text, position FROM identity_entries")
        found: dict[int, tuple[UUID, ...]] = dict.fromkeys(self.told, ())
        for customer, position in self.cursor.fetchall():
            found[position] = (*found[position], UUID(customer))
        return found

    def load(self, positions: Collection[int]) -> list[Event]:
        """Return the events at these positions, without those of erased streams."""
        events = [self.told[position] for position in positions]
        return [event for event in events if stream_of(event) not in self.destroyed]

    def positions_of(self, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return the positions of events by source and id, as the log does."""
        places = {(event.source, event.id): at for at, event in self.told.items()}
        return {name: places[name] for name in names if name in places}

    def filed_under(self, streams: Collection[UUID]) -> dict[int, list[UUID]]:
        """Return what is filed under these streams, and what it observed, as the log does."""
        return {
            at: [node_of(handle) for handle in handles_of(event.data).everything]
            for at, event in self.told.items()
            if stream_of(event) in streams
        }

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Return every row of every table, sorted."""
        found = {}
        for name in TABLES:
            self.cursor.execute(f"SELECT * FROM {name}")
            found[name] = sorted(self.cursor.fetchall(), key=repr)
        return found


class Tables:
    """Lends tables of one database, which are temporary, one after the other."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg2.connect(url)
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute("SET search_path = pg_temp")
            created = read_sql("identity/tables.sql")
            cursor.execute(created.replace("CREATE TABLE", "CREATE TEMP TABLE"))

    @contextmanager
    def empty(
        self, *, remembered_max: int = REMEMBERED_MAX, begins_empty: bool = False
    ) -> Iterator[Table]:
        """Give tables that are empty, until another asks; a view can begin with knowing it."""
        self._connection.rollback()
        with self._connection.cursor() as cursor:
            yield Table(cursor, remembered_max=remembered_max, begins_empty=begins_empty)

    def close(self) -> None:
        """Let the tables go."""
        self._connection.close()


def from_scratch(events: Sequence[Event]) -> Resolution:
    """Apply the rules to all events at once."""
    return resolve(observations(events), node_of)


def same(found: dict[int, tuple[UUID, ...]], wanted: Resolution) -> bool:
    """Compare owners; the order of two owners of a statement does not matter."""
    plain = {position: frozenset(owners) for position, owners in wanted.owners.items()}
    return {position: frozenset(owners) for position, owners in found.items()} == plain
