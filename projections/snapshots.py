"""Stories as the table `story` keeps them: saved whole, a long one only now and then.

Promise: what was saved, taken further by the customer's entries since, is the story; a saved story
never holds an entry that is not the customer's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from pydantic_core import from_json, to_json

from domain.event import Event, order_key
from domain.story import Story, apply, dump, load
from projections.binary_rows import bigint, copy_rows, integer, jsonb, row, timestamptz

# Saving a story after every page would cost its whole length for a few events. What is short is
# saved anyway; a long one waits for an eighth of itself, but never for more than a reader folds in
# a few milliseconds.
SHORT_EVENTS_MAX = 64
UNSAVED_SHARE = 8
UNSAVED_EVENTS_MAX = 256

_ENTRIES_SINCE = """
ARRAY(SELECT entry.position FROM identity_entries AS entry
    WHERE entry.customer_id = story.customer_id AND entry.position > story.position
        AND entry.position < %(before)s)
"""
SELECT = f"""
SELECT customer_id::text, state, awaited::text, events_considered, {_ENTRIES_SINCE}
FROM story WHERE customer_id = ANY(%(customers)s::uuid[])
"""  # noqa: S608 - constants above
SELECT_UNTIL = f"""
SELECT state, {_ENTRIES_SINCE} FROM story
WHERE customer_id = %(customer)s::uuid AND last_at <= %(as_of)s
"""  # noqa: S608 - constants above
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
NEWEST = 2**63 - 1

EventName = tuple[str, str]
Load = Callable[[Collection[int]], list[Event]]


@dataclass(slots=True)
class Kept:
    """A story in memory, and the events that its corrections name and that have not arrived.

    `saved_events` and `saved_name` are what the table has of it, `size` the length of its JSON.
    """

    story: Story
    awaited: frozenset[EventName] = frozenset()
    saved_events: int = 0
    saved_name: str | None = None
    size: int = 0

    @property
    def is_due(self) -> bool:
        """Whether it is to be saved again."""
        considered = self.story.events_considered
        unsaved_max = min(considered // UNSAVED_SHARE, UNSAVED_EVENTS_MAX)
        return (
            considered <= SHORT_EVENTS_MAX
            or considered - self.saved_events >= unsaved_max
            or name_of(self.story) != self.saved_name
        )


def read(
    cursor: Cursor, customers: Iterable[UUID], *, before: int, load_events: Load
) -> Iterator[tuple[UUID, Kept, list[Event]]]:
    """Yield the saved stories of these customers, each with its entries since up to a position."""
    wanted = [str(customer_id) for customer_id in customers]
    cursor.execute(SELECT, {"customers": wanted, "before": before})
    for customer_id, state, awaited, considered, since in cursor.fetchall():
        story = load(bytes(state))
        kept = Kept(story, _unpacked(awaited), considered, name_of(story), len(state))
        yield UUID(customer_id), kept, in_order(load_events(since))


def read_now(
    cursor: Cursor, customer_id: UUID, *, as_of: datetime, before: int, load_events: Load
) -> Story | None:
    """Return the story of a customer, or None where it has none that ends by `as_of`."""
    asked = {"customer": str(customer_id), "as_of": as_of, "before": before}
    cursor.execute(SELECT_UNTIL, asked)
    found = cursor.fetchone()
    if found is None:
        return None
    story, since = load(bytes(found[0])), in_order(load_events(found[1]))
    if since and since[-1].time > as_of:
        return None
    for event in since:
        apply(story, event)
    return story


def write(
    cursor: Cursor, folded: Mapping[UUID, Kept], *, changes: Mapping[UUID, Sequence[Event]]
) -> None:
    """Save these stories, each after the events that changed it last."""
    if folded:
        cursor.execute(CREATE_WRITTEN)
        rows = (_row(c, kept, events=changes[c]) for c, kept in folded.items())
        copy_rows(cursor, COPY_WRITTEN, rows=rows)
        cursor.execute(UPSERT_WRITTEN)


def delete(cursor: Cursor, customers: Iterable[UUID]) -> None:
    """Remove the stories of these customers."""
    cursor.execute(DELETE, ([str(customer_id) for customer_id in customers],))


def in_order(events: Iterable[Event]) -> list[Event]:
    """Return events in the order in which a story takes them."""
    return sorted(events, key=order_key)


def name_of(story: Story) -> str | None:
    """Return the name as the customer last told it."""
    known = story.facts.known.get("name")
    return str(known.value) if known else None


def _row(customer_id: UUID, kept: Kept, *, events: Sequence[Event]) -> bytes:
    story, state = kept.story, dump(kept.story)
    kept.saved_events, kept.saved_name = story.events_considered, name_of(story)
    kept.size = len(state)
    return row(
        (
            customer_id.bytes,
            kept.saved_name,
            state,
            jsonb(to_json(sorted(kept.awaited))) if kept.awaited else None,
            timestamptz(events[-1].time),
            integer(story.events_considered),
            bigint(max(event.position for event in events)),
        )
    )


def _unpacked(awaited: str | None) -> frozenset[EventName]:
    return frozenset((source, name) for source, name in from_json(awaited or "[]"))
