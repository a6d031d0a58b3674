"""The story view: one document for each customer, taken further by every event.

What cannot be taken further in order (a late event, a correction) is folded again from the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from pydantic_core import from_json, to_json

from domain.event import Event, order_key
from domain.events import EventCorrected, EventData, EventRetracted
from domain.story import Story, apply, dump, fold, load, take_news
from projections.binary_rows import bigint, copy_rows, integer, jsonb, row, timestamptz
from projections.calendars import Calendars, Definitions, calendars_named, definitions_used
from projections.page import Events, Page
from projections.parking import FoldFailed
from projections.recent import Recent
from projections.tables import read_sql

# Stories are remembered up to so many events in all, about 1 KB each.
EVENTS_REMEMBERED_MAX = 80_000

SELECT = """
SELECT customer_id::text, state, awaited::text FROM story WHERE customer_id = ANY(%s::uuid[])
"""
DELETE = "DELETE FROM story WHERE customer_id = ANY(%s::uuid[])"
CREATE_WRITTEN = """
CREATE TEMPORARY TABLE IF NOT EXISTS written_story (LIKE story) ON COMMIT DELETE ROWS
"""
COPY_WRITTEN = """
COPY pg_temp.written_story (customer_id, name, state, awaited, last_at, events_considered, position)
FROM STDIN (FORMAT binary)
"""
UPSERT_WRITTEN = """
INSERT INTO story SELECT * FROM pg_temp.written_story ON CONFLICT (customer_id) DO UPDATE SET
    name = excluded.name, state = excluded.state, awaited = excluded.awaited,
    last_at = excluded.last_at, events_considered = excluded.events_considered,
    position = excluded.position
"""
SELECT_UNTIL = "SELECT state FROM story WHERE customer_id = %s::uuid AND last_at <= %s"

CORRECTIONS: tuple[type[EventData], ...] = (EventCorrected, EventRetracted)

EventName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A story, and the events that its corrections name and that have not arrived."""

    story: Story
    awaited: frozenset[EventName] = frozenset()


class StoryView:
    """Writes the table `story`."""

    name = "story"

    def __init__(self) -> None:
        self.sql = read_sql(self.name)
        self._kept: Recent[Kept] = Recent(EVENTS_REMEMBERED_MAX)
        self._calendars = Calendars()

    def needs_history(self, page: Page, cursor: Cursor) -> set[UUID]:
        """Ask for customers whose new events do not simply come after what they have."""
        self._learn(page.fresh, cursor)
        woken = self._calendars.learn(page, cursor)
        return woken | {c for c, events in page.fresh.items() if self._is_out_of_order(c, events)}

    def apply(self, page: Page, cursor: Cursor) -> None:
        """Take stories further, fold others anew, and write them all."""
        whole: dict[UUID, Events] = {**page.replaced, **page.histories}
        changed: dict[UUID, Events] = {**page.fresh, **whole}
        self._remove([*page.gone, *(c for c, events in changed.items() if not events)], cursor)
        folded: dict[UUID, Kept] = {}
        for customer_id, events in changed.items():
            kept = None if customer_id in whole else self._kept.get(customer_id)
            if events:
                folded[customer_id] = self._folded(customer_id, events, kept=kept)
                self._remember(customer_id, folded[customer_id])
                page.stories[customer_id] = folded[customer_id].story
                page.news[customer_id] = take_news(folded[customer_id].story)
        _write(folded, changed, cursor=cursor)
        self._calendars.wait(changed, cursor)
        self._kept.trim()

    def forget(self) -> None:
        """Drop what is remembered between pages."""
        self._kept.clear()
        self._calendars.forget()

    def _learn(self, customers: Iterable[UUID], cursor: Cursor) -> None:
        wanted = [str(customer) for customer in customers if self._kept.get(customer) is None]
        if wanted:
            cursor.execute(SELECT, (wanted,))
            for customer_id, state, awaited in cursor.fetchall():
                kept = Kept(load(bytes(state)), _unpacked(awaited))
                self._remember(UUID(customer_id), kept)

    def _remember(self, customer_id: UUID, kept: Kept) -> None:
        self._kept.put(customer_id, kept, weight=kept.story.events_considered)

    def _is_out_of_order(self, customer_id: UUID, events: Events) -> bool:
        kept = self._kept.get(customer_id)
        if kept is None or kept.story.last_key is None:
            return False
        if order_key(events[0]) < kept.story.last_key or calendars_named(events):
            return True
        return any(
            isinstance(event.data, CORRECTIONS) or (event.source, event.id) in kept.awaited
            for event in events
        )

    def _remove(self, customers: Sequence[UUID], cursor: Cursor) -> None:
        if customers:
            self._kept.forget(customers)
            cursor.execute(DELETE, ([str(customer_id) for customer_id in customers],))

    def _folded(self, customer_id: UUID, events: Events, *, kept: Kept | None) -> Kept:
        if kept is None:
            return self._whole(customer_id, events)
        for event in events:
            try:
                apply(kept.story, event)
            except Exception as error:
                raise FoldFailed.at(
                    event, error, customer_id=customer_id, view=self.name
                ) from error
        return kept

    def _whole(self, customer_id: UUID, events: Events) -> Kept:
        try:
            return Kept(self._fold(events), _awaited(events))
        except Exception as error:
            failing = self._failing(sorted(events, key=lambda one: one.position))
            raise FoldFailed.at(failing, error, customer_id=customer_id, view=self.name) from error

    def _fold(self, events: Events) -> Story:
        return fold([*events, *self._calendars.used_by(events)])

    def _failing(self, events: Events) -> Event:
        """Return the first event, by position, up to which the history cannot be folded."""
        low, high = 0, len(events) - 1
        while low < high:
            middle = (low + high) // 2
            try:
                self._fold(events[: middle + 1])
                low = middle + 1
            except Exception:
                high = middle
        return events[low]


def read_story(cursor: Cursor, customer_id: UUID, *, as_of: datetime) -> Story | None:
    """Return the saved story of a customer, or None where it has none that ends by `as_of`."""
    cursor.execute(SELECT_UNTIL, (str(customer_id), as_of))
    row = cursor.fetchone()
    return None if row is None else load(bytes(row[0]))


def story_at(events: Events, definitions: Definitions, *, as_of: datetime) -> Story:
    """Return the story that these events of a customer come to, up to a moment."""
    happened = [event for event in events if event.time <= as_of]
    return fold([*happened, *definitions_used(happened, definitions)])


def _awaited(events: Events) -> frozenset[EventName]:
    named = {
        (event.data.corrects.source, event.data.corrects.id)
        for event in events
        if isinstance(event.data, EventCorrected | EventRetracted)
    }
    return frozenset(named.difference((event.source, event.id) for event in events))


def _unpacked(awaited: str | None) -> frozenset[EventName]:
    return frozenset((source, name) for source, name in from_json(awaited or "[]"))


def _write(folded: Mapping[UUID, Kept], changes: Mapping[UUID, Events], *, cursor: Cursor) -> None:
    if folded:
        cursor.execute(CREATE_WRITTEN)
        rows = (_row(c, kept, events=changes[c]) for c, kept in folded.items())
        copy_rows(cursor, COPY_WRITTEN, rows=rows)
        cursor.execute(UPSERT_WRITTEN)


def _row(customer_id: UUID, kept: Kept, *, events: Events) -> bytes:
    story = kept.story
    return row(
        (
            customer_id.bytes,
            _name(story),
            dump(story),
            jsonb(to_json(sorted(kept.awaited))) if kept.awaited else None,
            timestamptz(events[-1].time),
            integer(story.events_considered),
            bigint(max(event.position for event in events)),
        )
    )


def _name(story: Story) -> str | None:
    known = story.facts.known.get("name")
    return str(known.value) if known else None
