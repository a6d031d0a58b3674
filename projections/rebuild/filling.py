"""Filling the next views: slices of customers, each folded from its whole history by every view."""

from __future__ import annotations

from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from eventlog.bulk import collecting_nothing
from eventlog.database import Database
from eventlog.keyring import Keyring
from eventlog.read import LogReader
from projections.catalog import new_views
from projections.ownership import PROJECTOR
from projections.page import Page, by_customer
from projections.parking import FoldFailed, Parking
from projections.projector import naming_view
from projections.rebuild import slices, state
from projections.rebuild.slices import Slice
from projections.rebuild.state import Phase
from projections.slots import NEXT
from projections.writing import WritingCursor

# What a crash takes of a slice it takes whole, and the slice is folded again.
UNHURRIED = "SET LOCAL synchronous_commit = off"


class Filling:
    """Folds one slice after the other; several processes may, each with its own."""

    def __init__(self, url: str, keyring: Keyring, *, run: UUID) -> None:
        self._database = Database(
            url, role=PROJECTOR, search_path=NEXT.schema, cursors=WritingCursor
        )
        self._reader = LogReader(url, keyring, role=PROJECTOR)
        self._views = new_views()
        self._parking = Parking()
        self._run = run

    def turn(self) -> bool:
        """Fold one slice that nobody has; False where none is left.

        Raises:
            RebuildOvertaken: another process goes on with the rebuild; nothing was written.
            ViewFailed, ProjectionPaused: a view cannot take events of customers.
        """
        while True:
            try:
                # All of a slice is alive until its end, when nothing of it is left.
                with collecting_nothing(), self._database.transaction() as cursor:
                    is_taken = self._fold_next(cursor)
            except FoldFailed as failed:
                self._parking.add(failed.parked)
            else:
                self._parking.written()
                return is_taken
            finally:
                self._forget()

    def close(self) -> None:
        """Close the connections."""
        self._database.close()
        self._reader.close()

    def _fold_next(self, cursor: Cursor) -> bool:
        cursor.execute(UNHURRIED)
        rebuild = state.confirm(cursor, self._run, phase=Phase.SLICES)
        one = slices.take(cursor)
        if one is None:
            return False
        self._apply(cursor, self._page(cursor, one, target=rebuild.target))
        slices.note_done(cursor, one)
        return True

    def _page(self, cursor: Cursor, one: Slice, *, target: int) -> Page:
        positions = slices.entries_of(cursor, one)
        owners: dict[int, list[UUID]] = {}
        for customer_id, owned in positions.items():
            for position in owned:
                owners.setdefault(position, []).append(customer_id)
        events = self._reader.events_at(sorted(owners))
        histories = by_customer(events, owners)
        # Whose every event was erased meanwhile has none.
        whole = {customer_id: histories.get(customer_id, ()) for customer_id in positions}
        replaced = self._parking.allowed(cursor, whole)
        return Page(position=target, replaced=replaced, is_first=True)

    def _apply(self, cursor: Cursor, page: Page) -> None:
        for view in self._views:
            with naming_view(view, page):
                view.needs_history(page, cursor)
                view.apply(page, cursor)
        self._parking.write_where_failed(cursor)

    def _forget(self) -> None:
        self._parking.forget()
        for view in self._views:
            view.forget()
