"""The story view: one document for each customer, taken further by every event.

What cannot be taken further in order (a late event, a correction) is folded again from the log. A
long story is saved now and then: it is what was saved and the entries since (`snapshots.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.corrections import STATEMENTS
from domain.event import order_key
from domain.events import EventCorrected, EventRetracted
from domain.story import Story, fold, new_story, take_news
from projections.page import Events, Page
from projections.parking import FoldFailed, Parked
from projections.story import snapshots
from projections.story.calendars import Calendars, calendars_named
from projections.story.moments import first_failing
from projections.story.remembered import Remembered
from projections.story.snapshots import Kept, Rows
from projections.tables import read_sql


class StoryView:
    """Writes the table `story`."""

    name = "story"

    def __init__(self) -> None:
        self.sql = read_sql("story/tables.sql")
        self._remembered = Remembered()
        self._calendars = Calendars()

    def needs_history(self, page: Page, cursor: Cursor) -> set[UUID]:
        """Ask for customers whose new events do not simply come after what they have."""
        self._learn(page, cursor)
        woken = self._calendars.learn(page, cursor)
        return woken | {c for c, events in page.fresh.items() if self._is_out_of_order(c, events)}

    def apply(self, page: Page, cursor: Cursor) -> None:
        """Take stories further, fold others anew, and write them all."""
        whole: dict[UUID, Events] = {**page.replaced, **page.histories}
        changed: dict[UUID, Events] = {**page.fresh, **whole}
        self._remove([*page.gone, *(c for c, events in changed.items() if not events)], cursor)
        rows = Rows()
        failed: list[Parked] = []
        for customer_id, events in changed.items():
            kept = None if customer_id in whole else self._remembered.get(customer_id)
            if events:
                try:
                    kept = self._folded(customer_id, events, kept=kept)
                except FoldFailed as one:
                    failed += one.parked
                    continue
                page.news[customer_id] = take_news(kept.story)
                rows.add(customer_id, kept)
                # Whoever is folded for the first rows of all is not met again.
                if not page.is_first:
                    self._remembered.put(customer_id, kept)
        if failed:
            raise FoldFailed(*failed)
        rows.write(cursor, is_first=page.is_first)
        if not page.is_first:
            self._calendars.end_waiting_of([*page.gone, *whole], cursor)
        self._calendars.wait(changed, cursor)
        self._remembered.trim()

    def forget(self) -> None:
        """Drop what is remembered between pages."""
        self._remembered.clear()
        self._calendars.forget()

    def _learn(self, page: Page, cursor: Cursor) -> None:
        wanted = [customer for customer in page.fresh if customer not in self._remembered]
        if not wanted:
            return
        for customer_id, kept, since in snapshots.read(cursor, wanted, load_events=page.load):
            self._further(customer_id, kept, events=since)
            # Whoever takes news had these when they were new.
            take_news(kept.story)
            self._remembered.put(customer_id, kept)

    def _is_out_of_order(self, customer_id: UUID, events: Events) -> bool:
        known = self._remembered.end_of(customer_id)
        if known is None or known.last_key is None:
            return False
        if order_key(events[0]) < known.last_key or calendars_named(events):
            return True
        return any(
            type(event.data) in STATEMENTS or (event.source, event.id) in known.awaited
            for event in events
        )

    def _remove(self, customers: Sequence[UUID], cursor: Cursor) -> None:
        if customers:
            self._remembered.forget(customers)
            snapshots.delete(cursor, customers)

    def _folded(self, customer_id: UUID, events: Events, *, kept: Kept | None) -> Kept:
        if kept is None:
            return self._whole(customer_id, events)
        self._further(customer_id, kept, events=events)
        return kept

    def _further(self, customer_id: UUID, kept: Kept, *, events: Events) -> None:
        until = kept.saved_after(events)
        for event in events:
            try:
                kept.take(event, until=until)
            except Exception as error:
                raise FoldFailed.at(
                    event, error, customer_id=customer_id, view=self.name
                ) from error

    def _whole(self, customer_id: UUID, events: Events) -> Kept:
        try:
            return self._anew(events)
        except Exception as error:
            failing = first_failing(events, self._fold)
            raise FoldFailed.at(failing, error, customer_id=customer_id, view=self.name) from error

    def _anew(self, events: Events) -> Kept:
        if any(type(event.data) in STATEMENTS for event in events) or calendars_named(events):
            kept = Kept(self._fold(events), _awaited(events), is_exact=True)
            kept.position = max(event.position for event in events)
            kept.last_at = events[-1].time
            kept.save()
            return kept
        kept = Kept(new_story())
        until = kept.saved_after(events)
        for event in events:
            kept.take(event, until=until)
        return kept

    def _fold(self, events: Events) -> Story:
        return fold([*events, *self._calendars.used_by(events)])


def _awaited(events: Events) -> frozenset[snapshots.EventName]:
    named = {
        (event.data.corrects.source, event.data.corrects.id)
        for event in events
        if isinstance(event.data, EventCorrected | EventRetracted)
    }
    return frozenset(named.difference((event.source, event.id) for event in events))
