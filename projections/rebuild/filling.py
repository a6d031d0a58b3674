"""Filling the next views: slices of the log, each resolved and folded with nothing beside it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple
from uuid import UUID

import psycopg2
from psycopg2.extensions import cursor as Cursor

from domain.identity.observation import distill
from eventlog.bulk import collecting_nothing
from eventlog.database import Database
from eventlog.keyring import Keyring
from eventlog.read import LogReader
from projections.catalog import new_views
from projections.errors import GroupsOverlap
from projections.identity.view import IdentityView, Owners
from projections.ownership import PROJECTOR
from projections.page import Events, Page, by_customer
from projections.parking import FoldFailed, Parking
from projections.projector import naming_view
from projections.read_ahead import ReadAhead
from projections.rebuild import slices, state
from projections.rebuild.slices import Slice
from projections.rebuild.state import Phase
from projections.resolving import Resolving
from projections.slots import NEXT
from projections.writing import WritingCursor

# What a crash takes of a slice it takes whole, and the slice is folded again.
UNHURRIED = "SET LOCAL synchronous_commit = off"
# Without them, what a page reads of a long group is looked for from one end to the other.
ANALYZE = "ANALYZE identity_nodes, identity_edges, identity_entries, identity_waiting"


class Owned(NamedTuple):
    """Events of whole histories, and whose each is, by position."""

    events: Events
    owners: Owners


class Filling:
    """Fills one slice after the other; several processes may, each with its own."""

    def __init__(self, url: str, keyring: Keyring, *, run: UUID) -> None:
        self._database = Database(
            url, role=PROJECTOR, search_path=NEXT.schema, cursors=WritingCursor
        )
        self._reader = LogReader(url, keyring, role=PROJECTOR)
        self._ahead = ReadAhead(self._reader)
        self._identity = IdentityView(keyring.stream_of)
        self._parking = Parking()
        self._resolving = Resolving(self._identity, parking=self._parking, ahead=self._ahead)
        self._views = new_views()
        self._run = run
        self._taken: int | None = None
        # Which long group is remembered, and how far it is resolved.
        self._remembered: tuple[int, int] | None = None
        self._positions: Sequence[int] = ()

    def turn(self) -> bool:
        """Fill one slice that nobody has; False where none is left.

        Raises:
            RebuildOvertaken: another process goes on with the rebuild; nothing was written.
            GroupsOverlap: two slices name the same.
            ViewFailed, ProjectionPaused: a view cannot take events of customers.
        """
        while True:
            try:
                # All of a slice is alive until its end, when nothing of it is left.
                with collecting_nothing(), self._database.transaction() as cursor:
                    is_taken = self._fill_next(cursor)
            except FoldFailed as failed:
                self._remembered = None
                for parked in failed.parked:
                    self._parking.add(parked)
            except psycopg2.errors.UniqueViolation:
                raise GroupsOverlap() from None
            else:
                self._parking.written()
                return is_taken
            finally:
                self._parking.forget()
                for view in self._views:
                    view.forget()

    def is_over(self) -> bool:
        """Say whether all slices are done: whoever is at one may yet cut others."""
        with self._database.transaction() as cursor:
            return not slices.counted(cursor).left

    def close(self) -> None:
        """Close the connections."""
        with closing(self._database), closing(self._reader):
            self._ahead.close()

    def _fill_next(self, cursor: Cursor) -> bool:
        cursor.execute(UNHURRIED)
        target = state.confirm(cursor, self._run, phase=Phase.SLICES).target
        one = slices.take(cursor)
        if one is None:
            return False
        if one.number != self._taken:
            # Who failed in a slice that another process has by now is theirs to park.
            self._parking.begin()
            self._taken = one.number
        if one.is_long:
            self._resolve_further(cursor, one)
            return True
        if one.customers is not None:
            owned = self._read(cursor, one.customers)
        else:
            self._begin(one, one.positions or ())
            owned = self._resolve(cursor, one.positions or ())
        self._fold(cursor, owned, target=target)
        self._parking.write_where_failed(cursor)
        slices.note_done(cursor, one)
        return True

    def _begin(self, one: Slice, positions: Sequence[int]) -> None:
        """Remember nothing of before; what is read back is to be of this slice.

        Where nobody began it, the tables have nothing that it names.
        """
        self._remembered, self._positions = None, positions
        self._identity.begin_apart(
            self._require_ours, entries=one.entries if one.reached == 0 else None
        )

    def _require_ours(self, position: int) -> None:
        at = bisect_left(self._positions, position)
        if at == len(self._positions) or self._positions[at] != position:
            raise GroupsOverlap()

    def _resolve(self, cursor: Cursor, positions: Sequence[int]) -> Owned:
        """Write whose these entries are, and return them."""
        opened = self._ahead.told_at(positions)
        told = [distill(event) for event in opened.events]
        load = self._ahead.loading({event.position: event for event in opened.events})
        resolved = self._resolving.resolved(cursor, opened, told=told, load=load)
        return Owned(opened.events, resolved.customers_of)

    def _resolve_further(self, cursor: Cursor, one: Slice) -> None:
        """Write whose the next entries of a long group are; at its end, cut its customers."""
        if self._remembered != (one.number, one.reached):
            self._begin(one, slices.positions_of(cursor, one))
        self._remembered = None
        page = self._positions[one.reached : one.reached + slices.PAGE_ENTRIES]
        self._resolve(cursor, page)
        self._parking.write_where_failed(cursor)
        reached = one.reached + len(page)
        slices.note_reached(cursor, one, reached=reached)
        is_over = reached == one.entries
        # When there are twice as many pages as the last time.
        if is_over or (reached // slices.PAGE_ENTRIES).bit_count() == 1:
            cursor.execute(ANALYZE)
        if is_over:
            slices.cut_customers(cursor, one)
            slices.note_done(cursor, one)
        self._remembered = (one.number, reached)

    def _read(self, cursor: Cursor, customers: list[str]) -> Owned:
        """Return the entries of customers."""
        owners: dict[int, tuple[UUID, ...]] = {}
        for customer_id, owned in slices.entries_of(cursor, customers).items():
            for position in owned:
                owners[position] = (*owners.get(position, ()), customer_id)
        return Owned(self._ahead.events_at(sorted(owners)), owners)

    def _fold(self, cursor: Cursor, owned: Owned, *, target: int) -> None:
        """Fold whole histories by every view."""
        # Whose every event was erased meanwhile has none.
        nothing: dict[UUID, Events] = {one: () for own in owned.owners.values() for one in own}
        histories = by_customer(owned.events, owned.owners)
        whole = self._parking.allowed(cursor, {**nothing, **histories})
        page = Page(position=target, replaced=whole, is_first=True)
        for view in self._views:
            with naming_view(view, page):
                view.needs_history(page, cursor)
                view.apply(page, cursor)
