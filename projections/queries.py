"""What readers ask the views: each answer is of one moment and names the position it rests on.

A brief of now is made from the saved story, any other from the log; where they answer the same
question they are the same bytes. Looking somebody up changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.brief import brief, incomplete
from domain.decisions import PairSaid
from domain.decisions.decision import Facts
from domain.event import Event
from domain.handles import Handle, NotAHandle
from domain.identity.match import Match
from domain.lapses import Due
from domain.story import Story, new_story
from eventlog.keyring import Keyring
from eventlog.pool import Pool
from eventlog.read import READER, LogReader
from projections.at_once import AtOnce
from projections.catalog import new_units
from projections.continuity.figures import DAYS_MAX, FiguresPage, Period, read_figures
from projections.continuity.items import ItemsPage, ItemsQuery, read_items
from projections.errors import NotYetKnown, ViewsOutdated
from projections.identity.candidates import Candidates, read_candidates
from projections.identity.erasing import Erasable, erasable
from projections.identity.ground import Ground
from projections.identity.queries import Found, id_now, look_up
from projections.identity.relationships import Relationship, relationships
from projections.identity.review import Reviewing, ReviewPage, ReviewQuery
from projections.identity.statements import about_merge, about_pair, about_relationship
from projections.identity.what_if import WhatIf, what_if
from projections.parking import parked_at
from projections.progress import Progress
from projections.promises.overdue import read_awaited
from projections.promises.queries import PromisePage, PromiseQuery, read_promises
from projections.search import Hit, find
from projections.story.names import names_of
from projections.story.snapshots import read_now
from projections.then import Then, known_then
from projections.timeline.pages import TimelinePage, TimelineQuery, read_timeline
from projections.timeline.recorded_order import Recorded, read_recorded
from projections.timeline.then import read_timeline_then
from projections.tracking import ONE_MOMENT

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the views: a cursor that sees nothing newer, and where they stand in it."""

    cursor: Cursor
    position: int


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found, and the position it rests on."""

    hits: tuple[Hit, ...]
    position: int


class Views:
    """The reading side of the projections; may be shared between threads."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._database = Pool(url, role=READER, search_path="views")
        self._reader = LogReader(url, keyring)
        self._node_of = keyring.stream_of
        self.progress = Progress(self._database, new_units(keyring))
        self._at_once = AtOnce(self._database, self.progress, load=self._load)

    def brief(self, whom: Handle | UUID, *, as_of: datetime, known_at: int | None = None) -> Json:
        """Return the brief of whoever this names, at a moment, by what was known at a position.

        Without `known_at` it is the newest position that the views know.

        Raises:
            NotYetKnown: `known_at` is after that position.
        """
        if known_at is None:
            node_id, asked = (whom, None) if isinstance(whom, UUID) else (self._node_of(whom), whom)
            document = self._at_once.brief(node_id, asked=asked, as_of=as_of)
            if document is not None:
                return document
        return self._brief(whom, as_of=as_of, known_at=known_at)

    def look_up(self, whom: Handle | UUID) -> Found:
        """Return whom an identifier, a reference or the id of a customer names."""
        with self._snapshot() as snapshot:
            return self._look_up(snapshot, whom)

    def candidates(self, handle: Handle) -> Candidates:
        """Return the customers that an identifier which several share may belong to."""
        with self._snapshot() as snapshot:
            node_id = self._node_of(handle)
            return read_candidates(snapshot.cursor, node_id, handle=handle, head=snapshot.position)

    def timeline(self, query: TimelineQuery) -> TimelinePage:
        """Return a page of a customer's timeline; the events are those of a brief.

        Raises:
            CursorInvalid: the token of the page before is not one of ours.
        """
        with self._snapshot() as snapshot:
            return self._timeline(snapshot, query)

    def timeline_now(self, query: TimelineQuery) -> tuple[UUID | None, TimelinePage]:
        """Return a page, and the id under which its customer is known now; None is nobody.

        Raises:
            CursorInvalid: the token of the page before is not one of ours.
        """
        if query.customer_id is not None and query.is_for_the_newest:
            found = self._at_once.newest(query.customer_id, query.limit)
            if found is not None:
                return found
        with self._snapshot() as snapshot:
            now = query.customer_id and look_up(snapshot.cursor, query.customer_id).customer_id
            return now, self._timeline(snapshot, query)

    def recorded(
        self, customer_id: UUID, *, step: int | None = None, known_at: int | None = None
    ) -> Recorded | None:
        """Return a customer's event at a step of the order in which they became known.

        Steps count from 1; without one, or beyond the last, it is the last. None: no events.
        """
        with self._snapshot() as snapshot:
            upto = snapshot.position if known_at is None else min(known_at, snapshot.position)
            found = read_recorded(snapshot.cursor, customer_id, step=step, known_at=upto)
            parked = parked_at(snapshot.cursor, customer_id)
        if found and parked and parked.position <= upto:
            return found._replace(incomplete_since=parked.incomplete_since)
        return found

    def promises(self, query: PromiseQuery) -> PromisePage:
        """Return a page of promises, the most pressing first.

        Raises:
            CursorInvalid: the token of the page before is not one of ours.
        """
        with self._snapshot() as snapshot:
            query = replace(query, customer_id=id_now(snapshot.cursor, query.customer_id))
            return read_promises(snapshot.cursor, query, head=snapshot.position, load=self._load)

    def falling_due(self, after: Due | None, limit: int, *, known_at: int) -> list[Due]:
        """Return what the clock has still to say: promises by due time, overdue ones first.

        Raises:
            NotYetKnown: the views do not stand at `known_at`, or no longer: they are read anew.
        """
        with self._snapshot() as snapshot:
            if known_at > snapshot.position:
                raise NotYetKnown(wanted=known_at, position=snapshot.position)
            return read_awaited(snapshot.cursor, after, limit=limit)

    def find(self, text: str) -> Hits:
        """Return the customers that a text leads to: by identifier, reference or name.

        `phone:+17175550142` and the like are looked up as they are, anything else is searched for.
        """
        with self._snapshot() as snapshot:
            try:
                named = Handle.parse(text.strip())
            except NotAHandle:
                return Hits(tuple(find(snapshot.cursor, text)), snapshot.position)
            found = self._look_up(snapshot, named)
            customers = [found.customer_id] if found.customer_id else []
            name = names_of(snapshot.cursor, customers).get(found.customer_id)
            hits = () if found.match.level == "unknown" else (Hit(found.customer_id, name, named),)
            return Hits(hits, snapshot.position)

    def what_if(self, fact: Event) -> WhatIf:
        """Return what an identity statement would change if it were made now."""
        with self._ground() as ground:
            return what_if(ground, fact)

    def said_of_merge(self, merge_id: str) -> Facts:
        """Return what other systems published of a merge."""
        with self._ground() as ground:
            return about_merge(ground, merge_id)

    def said_of_pair(self, one: Handle, other: Handle) -> PairSaid:
        """Return what other systems said about two identifiers."""
        with self._ground() as ground:
            return about_pair(ground, one, other=other)

    def said_of_relationship(self, subject: Handle, object: Handle) -> Facts:
        """Return what other systems declared the one to be to the other."""
        with self._ground() as ground:
            return about_relationship(ground, subject, object=object)

    def erasable(self, customer_id: UUID) -> Erasable:
        """Return what an erasure of this customer would destroy."""
        with self._ground() as ground:
            return erasable(ground, customer_id)

    def continuity(
        self, period: Period, *, before: date | None = None, limit: int = DAYS_MAX
    ) -> FiguresPage:
        """Return how well the company remembered: the newest days before one, and the total."""
        with self._snapshot() as snapshot:
            return read_figures(
                snapshot.cursor, period, before=before, limit=limit, head=snapshot.position
            )

    def continuity_items(self, query: ItemsQuery) -> ItemsPage:
        """Return a page of what a figure of continuity counts.

        Raises:
            CursorInvalid: the token of the page before is not one of ours.
        """
        with self._snapshot() as snapshot:
            return read_items(snapshot.cursor, query, head=snapshot.position)

    def review(self, query: ReviewQuery) -> ReviewPage:
        """Return a page of the events of which a person has to say whose they are."""
        with self._snapshot() as snapshot:
            reviewing = Reviewing(snapshot.cursor, node_of=self._node_of, load=self._load)
            return reviewing.page(query, head=snapshot.position)

    def relationships(self, customer_id: UUID) -> list[Relationship]:
        """Return who was declared to be what to a customer, and what the customer is to others."""
        with self._snapshot() as snapshot:
            return relationships(
                snapshot.cursor, customer_id, node_of=self._node_of, load=self._load
            )

    def position_at(self, moment: datetime) -> int:
        """Return the newest position that was recorded at or before a moment; 0 for none."""
        return self._reader.position_at(moment)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()
        self._reader.close()

    def _brief(self, whom: Handle | UUID, *, as_of: datetime, known_at: int | None) -> Json:
        with self._snapshot() as snapshot:
            known_at = snapshot.position if known_at is None else known_at
            if known_at > snapshot.position:
                raise NotYetKnown(wanted=known_at, position=snapshot.position)
            found = self._look_up(snapshot, whom)
            story = None
            if known_at == snapshot.position:
                story = self._now(snapshot, found, as_of=as_of)
            if story is None:
                then = self._known_then(snapshot, found, known_at=known_at).at(as_of)
                found, story, since = then.found, then.story, then.incomplete_since
            else:
                since = _incomplete_since(snapshot.cursor, found.customer_id)
        document = brief(
            story, as_of=as_of, known_at=known_at, who=found.match, customer_id=found.customer_id
        )
        return document if since is None else incomplete(document, since)

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        with self._database.transaction() as cursor:
            cursor.execute(ONE_MOMENT)
            position = self.progress.position_in(cursor)
            if position is None:
                raise ViewsOutdated(views="of this log")
            yield Snapshot(cursor, position)

    @contextmanager
    def _ground(self) -> Iterator[Ground]:
        with self._snapshot() as snapshot:
            yield Ground(snapshot.cursor, snapshot.position, self._node_of, self._load)

    def _look_up(self, snapshot: Snapshot, whom: Handle | UUID) -> Found:
        if isinstance(whom, UUID):
            return look_up(snapshot.cursor, whom)
        return look_up(snapshot.cursor, self._node_of(whom), asked=whom)

    def _now(self, snapshot: Snapshot, found: Found, *, as_of: datetime) -> Story | None:
        """Return the story as it stands, or None where it goes on after `as_of`."""
        if found.customer_id is None:
            return new_story()
        return read_now(snapshot.cursor, found.customer_id, as_of=as_of, load_events=self._load)

    def _timeline(self, snapshot: Snapshot, query: TimelineQuery) -> TimelinePage:
        cursor, head = snapshot.cursor, snapshot.position
        if query.known_at is not None and query.known_at < head:
            return self._timeline_then(snapshot, query, known_at=query.known_at)
        query = replace(query, customer_id=id_now(cursor, query.customer_id))
        page = read_timeline(cursor, query, head=head)
        return replace(page, incomplete_since=_incomplete_since(cursor, page.customer_id))

    def _timeline_then(
        self, snapshot: Snapshot, query: TimelineQuery, *, known_at: int
    ) -> TimelinePage:
        asked = query.asked or query.customer_id
        found = self._look_up(snapshot, asked) if asked else Found(Match("unknown", ()))
        then = self._known_then(snapshot, found, known_at=known_at)
        whose = then.found.customer_id
        page = read_timeline_then(
            snapshot.cursor, query, customer_id=whose, events=then.events, known_at=known_at
        )
        return replace(page, incomplete_since=then.incomplete_since)

    def _known_then(self, snapshot: Snapshot, found: Found, *, known_at: int) -> Then:
        return known_then(
            snapshot.cursor, found, node_of=self._node_of, known_at=known_at, load=self._load
        )

    def _load(self, positions: Collection[int]) -> list[Event]:
        return self._reader.events_at(list(positions))


def _incomplete_since(cursor: Cursor, customer_id: UUID | None) -> datetime | None:
    parked = parked_at(cursor, customer_id)
    return None if parked is None else parked.incomplete_since
