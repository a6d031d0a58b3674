"""Stories as the table `story` keeps them: saved whole, a long one only now and then.

Promise: a row depends on the events of its customer alone, never on how they came; what it holds,
taken further by the events that happened since, is the story.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values
from pydantic_core import from_json, to_json

from domain.event import Event, order_key
from domain.events import CalendarDefined
from domain.story import Story, apply, dump, load
from projections.binary_rows import FALSE, TRUE, bigint, copy_rows, integer, jsonb, row, timestamptz

# Saving a story after every page would cost its whole length for a few events. What is short is
# saved anyway; a long one at round numbers of events, an eighth of it apart or less, and never
# further apart than what a reader folds in a few milliseconds.
SHORT_EVENTS_MAX = 64
EIGHTH_BITS = 4
APART_EVENTS_MAX = 256

# The last event that was saved is among these: the story knows which of one moment it was.
_SINCE = """
CASE WHEN is_exact OR events_considered < %(short)s THEN '{}'::bigint[] ELSE ARRAY(
    SELECT timeline.position FROM timeline
    WHERE timeline.customer_id = story.customer_id AND timeline.occurred_at >= story.last_at)
END
"""
SELECT = f"""
SELECT customer_id::text, state, awaited::text, is_exact, name, position, {_SINCE}
FROM story WHERE customer_id = ANY(%(customers)s::uuid[])
"""  # noqa: S608 - constants above
SELECT_UNTIL = f"""
SELECT state, {_SINCE} FROM story
WHERE customer_id = %(customer)s::uuid AND last_at <= %(as_of)s
"""  # noqa: S608 - constants above
DELETE = "DELETE FROM story WHERE customer_id = ANY(%s::uuid[])"
CREATE_WRITTEN = """
CREATE TEMPORARY TABLE IF NOT EXISTS written_story (LIKE story) ON COMMIT DELETE ROWS
"""
COPY_WRITTEN = """
COPY pg_temp.written_story
    (customer_id, name, state, awaited, is_exact, last_at, events_considered, position)
FROM STDIN (FORMAT binary)
"""
UPSERT_WRITTEN = """
INSERT INTO story SELECT * FROM pg_temp.written_story ON CONFLICT (customer_id) DO UPDATE SET
    name = excluded.name, state = excluded.state, awaited = excluded.awaited,
    is_exact = excluded.is_exact, last_at = excluded.last_at,
    events_considered = excluded.events_considered, position = excluded.position
"""
UPDATE_NAMES = """
UPDATE story SET name = told.name FROM (VALUES %s) AS told (customer_id, name)
WHERE story.customer_id = told.customer_id::uuid
"""

EventName = tuple[str, str]
Load = Callable[[Collection[int]], list[Event]]


class Saved(NamedTuple):
    """A story as it is saved: its JSON, its last event's time, and how far it goes."""

    state: bytes
    last_at: datetime
    events_considered: int
    position: int


@dataclass(slots=True)
class Kept:
    """A story in memory, and the events that its corrections name and that have not arrived.

    Events cannot simply be added to a story with corrections or calendars: it `is_exact`, saved
    whole after every page. `unsaved` is what the table lacks of it, `name` what the table has,
    `size` the length of its JSON.
    """

    story: Story
    awaited: frozenset[EventName] = frozenset()
    is_exact: bool = False
    position: int = 0
    name: str | None = None
    size: int = 0
    unsaved: Saved | None = None

    def saved_after(self, events: Collection[Event]) -> int:
        """Return with how many events the story is saved once it has these too."""
        # A calendar is no event of anybody's, and not counted.
        counted = sum(not isinstance(event.data, CalendarDefined) for event in events)
        return saved_events(self.story.events_considered + counted, is_exact=self.is_exact)

    def take(self, event: Event, *, until: int) -> None:
        """Take the story one event further, and have it saved where it has `until` events then."""
        apply(self.story, event)
        self.position = max(self.position, event.position)
        if self.story.events_considered == until:
            self.save(event.time)

    def save(self, last_at: datetime) -> None:
        """Have the story saved as it is; its latest event happened at `last_at`."""
        considered = self.story.events_considered
        self.unsaved = Saved(dump(self.story), last_at, considered, self.position)
        self.size = len(self.unsaved.state)


def saved_events(considered: int, *, is_exact: bool) -> int:
    """Return with how many of its events a story is saved."""
    if is_exact or considered <= SHORT_EVENTS_MAX:
        return considered
    apart = min(1 << max(0, considered.bit_length() - EIGHTH_BITS), APART_EVENTS_MAX)
    return considered - considered % apart


def read(
    cursor: Cursor, customers: Iterable[UUID], *, load_events: Load
) -> Iterator[tuple[UUID, Kept, list[Event]]]:
    """Yield the saved stories of these customers, each with the events that happened since."""
    wanted = [str(customer_id) for customer_id in customers]
    cursor.execute(SELECT, {"customers": wanted, "short": SHORT_EVENTS_MAX})
    for customer_id, state, awaited, is_exact, name, position, since in cursor.fetchall():
        story = load(bytes(state))
        kept = Kept(story, _unpacked(awaited), is_exact, position, name, len(state))
        yield UUID(customer_id), kept, _after(story, load_events(since))


def read_now(
    cursor: Cursor, customer_id: UUID, *, as_of: datetime, load_events: Load
) -> Story | None:
    """Return the story of a customer, or None where it has none that ends by `as_of`."""
    asked = {"customer": str(customer_id), "as_of": as_of, "short": SHORT_EVENTS_MAX}
    cursor.execute(SELECT_UNTIL, asked)
    found = cursor.fetchone()
    if found is None:
        return None
    story = load(bytes(found[0]))
    since = _after(story, load_events(found[1]))
    if since and since[-1].time > as_of:
        return None
    for event in since:
        apply(story, event)
    return story


def write(cursor: Cursor, changed: Mapping[UUID, Kept]) -> None:
    """Save what the table lacks of these stories."""
    rows, renamed = [], []
    for customer_id, kept in changed.items():
        name = name_of(kept.story)
        if kept.unsaved is not None:
            rows.append(_row(customer_id, kept, saved=kept.unsaved))
        elif name != kept.name:
            renamed.append((str(customer_id), name))
        kept.unsaved, kept.name = None, name
    if rows:
        cursor.execute(CREATE_WRITTEN)
        copy_rows(cursor, COPY_WRITTEN, rows=rows)
        cursor.execute(UPSERT_WRITTEN)
    if renamed:
        execute_values(cursor, UPDATE_NAMES, renamed)


def delete(cursor: Cursor, customers: Iterable[UUID]) -> None:
    """Remove the stories of these customers."""
    cursor.execute(DELETE, ([str(customer_id) for customer_id in customers],))


def name_of(story: Story) -> str | None:
    """Return the name as the customer last told it."""
    known = story.facts.known.get("name")
    return str(known.value) if known else None


def _after(story: Story, events: Iterable[Event]) -> list[Event]:
    """Return the events that come after a story, in the order in which it takes them."""
    last = story.last_key
    return sorted((e for e in events if last is None or order_key(e) > last), key=order_key)


def _row(customer_id: UUID, kept: Kept, *, saved: Saved) -> bytes:
    return row(
        (
            customer_id.bytes,
            name_of(kept.story),
            saved.state,
            jsonb(to_json(sorted(kept.awaited))) if kept.awaited else None,
            TRUE if kept.is_exact else FALSE,
            timestamptz(saved.last_at),
            integer(saved.events_considered),
            bigint(saved.position),
        )
    )


def _unpacked(awaited: str | None) -> frozenset[EventName]:
    return frozenset((source, name) for source, name in from_json(awaited or "[]"))
