"""The projector: one page of the log into every view, in one transaction.

What a page changed and how far was read become visible together, or not at all; whatever happens to
a projector, another one goes on from there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import psycopg2
from psycopg2.extensions import cursor as Cursor

from domain.event import Event
from domain.identity.observation import distill
from eventlog.database import Database
from eventlog.errors import EventLogError
from eventlog.read import LogReader
from projections import dashboards, refolds, tables, tracking
from projections.errors import ProjectionError, ViewFailed
from projections.handing_back import hand_back
from projections.identity.corrections import Load
from projections.identity.view import IdentityView, Resolved
from projections.ownership import REBUILD_LOCK_ID
from projections.page import Events, Page, View, by_customer
from projections.parking import FoldFailed, Parked, Parking
from projections.read_ahead import Opened, ReadAhead
from projections.resolving import Resolving
from projections.slots import BEFORE, LIVE, NEXT, drop_schema, slot_of
from projections.tracking import Standing, Tracking

# Large enough that what a page costs by itself does not count, small enough for memory and for
# others to see progress several times a second. Views remember the customers of several pages.
PAGE_ENTRIES = 4_000
# Whole histories are held in memory, about 2 KB an event; a page that needs more is cut.
HISTORY_EVENTS_MAX = 100_000
NARROWER = 16
# Every few seconds while much is read.
HANDED_BACK_PAGES = 5

TRY_REBUILD_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"

_UNKNOWN = Standing(position=-1, generation=0)


class Projector:
    """Moves all views on together; `position` is where they stand, once they were prepared."""

    def __init__(
        self,
        database: Database,
        reader: LogReader,
        *,
        identity: IdentityView,
        views: Sequence[View],
        page_entries: int = PAGE_ENTRIES,
    ) -> None:
        self._database = database
        self._ahead = ReadAhead(reader)
        self._identity = identity
        self._parking = Parking()
        self._resolving = Resolving(identity, parking=self._parking, ahead=self._ahead)
        self._views = list(views)
        self._page_entries = page_entries
        self.units: list[tables.Unit] = [self._identity, self._parking, *self._views]
        self._names = [unit.name for unit in self.units]
        self._slot = slot_of(database)
        self._tracking = Tracking(self._names, self._slot)
        self._standing = _UNKNOWN
        self._tried = _UNKNOWN
        self._pages = 0
        self._size = 0

    @property
    def position(self) -> int:
        """Return where the views stand; less than 0 while that is not known."""
        return self._standing.position

    def prepare(self) -> None:
        """Make the tables if there are none, and find where the views stand.

        Raises:
            ViewsOutdated: the tables are those of other versions of the views.
        """
        with self._database.transaction() as cursor:
            if not tables.are_ready(cursor, self.units):
                tables.create(cursor, self.units)
                self._tracking.begin(cursor)
            dashboards.ensure(cursor, self._names)
            standing = self._tracking.standing(cursor)
        if standing != self._standing:
            self._forget()
            self._standing = standing

    def recreate(self) -> None:
        """Empty every view, whatever its version, to be read again from the start of the log."""
        with self._database.transaction() as cursor:
            was_at = max(self._tracking.positions(cursor).values(), default=0)
            refolds.note_all(cursor, position=was_at)
            tables.drop_all(cursor)
            tables.create(cursor, self.units)
            self._tracking.begin(cursor)
            dashboards.ensure(cursor, self._names)
            standing = self._tracking.standing(cursor)
        self._forget()
        self._standing = standing

    def turn(self, *, until: int | None = None) -> int:
        """Take every view one page further, at most to `until`; return how many entries it had.

        Raises:
            OwnershipLost: another projector moved on meanwhile; nothing of this page was written.
            ViewFailed, ProjectionPaused: a view cannot take an event, or many customers' events;
                all views still stand before this page.
        """
        limit = self._page_entries
        if until is not None:
            limit = min(limit, until - self.position)
        self._parking.begin()
        while True:
            try:
                return self._turn(limit)
            except _TooWide:
                # Who would have been parked in that page is not in a shorter one.
                self._parking.begin()
                self.prepare()
                limit = max(1, limit // NARROWER)
            except FoldFailed as failed:
                self._park(failed.parked)
                # What came to the log meanwhile may say that it is another's.
                limit = min(limit, self._size)

    def refold(self, customers: Collection[UUID]) -> None:
        """Fold these customers anew from the log, where they stand."""
        for customer_id in customers:
            self._parking.begin()
            self._refold(customer_id)

    def release(self, customer_id: UUID) -> bool:
        """Fold a parked customer anew, with the entry that failed.

        False if that fails again, or another entry of theirs: then they are parked there.
        """
        self._parking.begin()
        while True:
            try:
                with self._moving_to(self.position) as cursor:
                    self._parking.release(cursor, [customer_id])
                    self._read_again(cursor, customer_id)
                    is_parked = customer_id in self._parking.fresh
                return not is_parked
            except FoldFailed as failed:
                self._park(failed.parked)

    def close(self) -> None:
        """Stop reading ahead."""
        self._ahead.close()

    def _park(self, parked: Sequence[Parked]) -> None:
        for one in parked:
            self._parking.add(one)
        self.prepare()
        if self._standing != self._tried:
            # What another projector has read meanwhile may say that it is somebody else's.
            self._parking.begin()

    def _refold(self, customer_id: UUID) -> None:
        while True:
            try:
                with self._moving_to(self.position) as cursor:
                    return self._fold_anew(cursor, [customer_id])
            except FoldFailed as failed:
                self._park(failed.parked)

    def _read_again(self, cursor: Cursor, customer_id: UUID) -> None:
        """Fold a customer anew, with entries that could not be read before."""
        opened = self._ahead.opened_at(self._parking.take_entries(cursor, customer_id))
        told = [distill(event) for event in opened.events]
        load = self._ahead.loading({})
        resolved = self._resolving.resolved(cursor, opened, told=told, load=load)
        owners = {owner for owned in resolved.customers_of.values() for owner in owned}
        changed = {customer_id} | owners | resolved.refold | resolved.grown
        page = Page(
            position=self.position,
            events=opened.events,
            gone=resolved.gone,
            known_otherwise=resolved.known_otherwise,
        )
        self._fold_anew(cursor, changed - resolved.gone, page=page)

    def _fold_anew(
        self, cursor: Cursor, customers: Collection[UUID], *, page: Page | None = None
    ) -> None:
        page = page or Page(position=self.position)
        page = replace(page, replaced=self._histories(cursor, customers, new={}))
        page.histories.update(self._histories(cursor, self._wanted(page, cursor), new={}))
        tracking.note_refold(cursor)
        self._apply(page, cursor)

    def _turn(self, limit: int) -> int:
        opened = self._ahead.page(self.position, limit)
        self._size = opened.size
        if opened.size:
            with self._moving_to(opened.position) as cursor:
                self._apply(self._page(cursor, opened), cursor)
                if opened.erased and self._slot == LIVE:
                    _drop_copies(cursor)
            self._pages += 1
            if self._pages % HANDED_BACK_PAGES == 0:
                hand_back()
        return opened.size

    @contextmanager
    def _moving_to(self, position: int) -> Iterator[Cursor]:
        """Give a transaction that, with all that is written in it, moves the views on."""
        self._tried = self._standing
        try:
            with self._database.transaction() as cursor:
                self._tracking.advance(cursor, self._standing, position=position)
                yield cursor
        except BaseException:
            self._forget()
            raise
        self._parking.written()
        self._standing = replace(self._standing, position=position)

    def _page(self, cursor: Cursor, opened: Opened) -> Page:
        new = {event.position: event for event in opened.events}
        load = self._ahead.loading(new)
        told = [distill(event) for event in opened.events]
        resolved = self._resolving.resolved(cursor, opened, told=told, load=load)
        refold = resolved.refold | (self._parking.behind(self.position) - resolved.gone)
        events = [*opened.events, *self._found(resolved, load)]
        owners = {**resolved.found, **resolved.customers_of}
        owned = self._parking.allowed(cursor, by_customer(events, owners))
        fresh = {c: events for c, events in owned.items() if events and c not in refold}
        page = Page(
            position=opened.position,
            events=opened.events,
            fresh=fresh,
            grown=resolved.grown,
            replaced=self._histories(cursor, refold, new=new),
            gone=resolved.gone,
            known_otherwise=resolved.known_otherwise,
            load=load,
        )
        page.histories.update(self._histories(cursor, self._wanted(page, cursor), new=new))
        return page

    def _wanted(self, page: Page, cursor: Cursor) -> set[UUID]:
        wanted: set[UUID] = set()
        for view in self._views:
            with naming_view(view, page):
                wanted |= view.needs_history(page, cursor)
        return wanted - page.replaced.keys()

    def _apply(self, page: Page, cursor: Cursor) -> None:
        for view in self._views:
            with naming_view(view, page):
                view.apply(page, cursor)
        if self._slot == LIVE:
            refolds.note(cursor, self._past_changed(page), position=page.position)
        self._parking.write(cursor, page.position)

    def _past_changed(self, page: Page) -> set[UUID]:
        """Return of whom something else is shown, which no new entry of theirs would tell."""
        silent = (page.histories.keys() | page.known_otherwise) - page.fresh.keys()
        return page.replaced.keys() | page.gone | page.grown | silent | self._parking.fresh

    def _found(self, resolved: Resolved, load: Load) -> list[Event]:
        if len(resolved.found) > HISTORY_EVENTS_MAX and len(resolved.customers_of) > 1:
            raise _TooWide
        return load(sorted(resolved.found)) if resolved.found else []

    def _histories(
        self, cursor: Cursor, customers: Collection[UUID], *, new: Mapping[int, Event]
    ) -> dict[UUID, Events]:
        if not customers:
            return {}
        positions = self._identity.positions(cursor, customers)
        if len(new) > 1 and sum(map(len, positions.values())) > HISTORY_EVENTS_MAX:
            raise _TooWide
        owners: dict[int, list[UUID]] = {}
        for customer_id, owned in positions.items():
            for position in owned:
                owners.setdefault(position, []).append(customer_id)
        found = by_customer(self._ahead.loading(new)(list(owners)), owners)
        found = {customer: found.get(customer, ()) for customer in customers}
        return self._parking.allowed(cursor, found)

    def _forget(self) -> None:
        self._standing = _UNKNOWN
        self._identity.forget()
        self._parking.forget()
        for view in self._views:
            view.forget()


def _drop_copies(cursor: Cursor) -> None:
    """Keep no other tables in which an erased person stands.

    Whoever builds the next views comes to the erasure before they are shown.
    """
    drop_schema(cursor, BEFORE)
    cursor.execute(TRY_REBUILD_LOCK, (REBUILD_LOCK_ID,))
    if cursor.fetchone() == (True,):
        drop_schema(cursor, NEXT)


class _TooWide(Exception):
    """The page concerns customers with more history than is held in memory."""


@contextmanager
def naming_view(view: View, page: Page) -> Iterator[None]:
    """Say which view failed; what belongs to the database or the log is not the view's failure."""
    try:
        yield
    except (ProjectionError, EventLogError, FoldFailed, psycopg2.Error):
        raise
    except Exception as error:
        # The error's own words may repeat what a customer said.
        reason = type(error).__name__
        raise ViewFailed(view=view.name, position=page.position, reason=reason) from error
