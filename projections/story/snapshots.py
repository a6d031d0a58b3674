"""Stories as the table `story` keeps them: saved whole, a long one only now and then.

Promise: a row depends on the events of its customer alone, never on how they came; what it holds,
taken further by the events that happened since, is the story.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values
from pydantic_core import from_json, to_json

from domain.event import Event, OrderKey, order_key
from domain.events import CalendarDefined
from domain.story import Story, apply, dump, load, load_whole
from eventlog.entry import EPOCH
from projections.binary_rows import (
    FALSE,
    TRUE,
    Upsert,
    bigint,
    integer,
    jsonb,
    row,
    timestamptz,
    upsert_rows,
)
from projections.writing import execute_later, later

# Saving a story after every page would cost its whole length for a few events. What is short is
# saved anyway; a long one at round numbers of events, an eighth of it apart or less, and never
# further apart than what a reader folds in a few milliseconds; but where reading the document alone
# takes longer than that, a hundredth of its events apart, or it would be written for ever.
SHORT_EVENTS_MAX = 64
EIGHTH_BITS = 4
APART_EVENTS_MAX = 128
HUNDREDTH_BITS = 8
# From such a length on it costs less to begin anew with all parts at rest than to hold them read.
RESTING_BYTES_MIN = 3_000
# Few enough to be held at once, however long they are, with what happened in them since.
READ_AT_ONCE = 256

# The last event of the document is among these: the story knows which of one moment it was.
_SINCE = """
CASE WHEN state_events = events_considered THEN ARRAY[]::bigint[] ELSE ARRAY(
    SELECT timeline.position FROM timeline
    WHERE timeline.customer_id = story.customer_id AND timeline.occurred_at >= story.state_at)
END
"""
SELECT = f"""
SELECT customer_id::text, state, awaited::text, is_exact, position, {_SINCE}
FROM story WHERE customer_id = ANY(%s::uuid[])
"""  # noqa: S608 - constants above
SAVED = f"""
SELECT state, {_SINCE} AS since FROM story
WHERE story.customer_id = {{customer}} AND last_at <= {{as_of}}
"""  # noqa: S608 - constants above
"""Part of a question: what is saved of a story that ends by then; `story_of` makes it."""
SELECT_UNTIL = SAVED.format(customer="%s::uuid", as_of="%s")
DELETE = "DELETE FROM story WHERE customer_id = ANY(%s::uuid[])"
# As `story` keeps documents: what is compressed on the way would be kept so.
CREATE_WRITTEN = """
CREATE TEMPORARY TABLE IF NOT EXISTS written_story (LIKE story INCLUDING STORAGE)
WITH (toast_tuple_target = 8000)
"""
COLUMNS = (
    "customer_id, name, state, state_at, state_events, awaited, is_exact, last_at, "
    "events_considered, position"
)
COPY_WRITTEN = f"COPY pg_temp.written_story ({COLUMNS}) FROM STDIN (FORMAT binary)"
COPY = f"COPY story ({COLUMNS}) FROM STDIN (FORMAT binary)"
UPSERT_WRITTEN = """
INSERT INTO story SELECT * FROM pg_temp.written_story ON CONFLICT (customer_id) DO UPDATE SET
    name = excluded.name, state = excluded.state, state_at = excluded.state_at,
    state_events = excluded.state_events, awaited = excluded.awaited,
    is_exact = excluded.is_exact, last_at = excluded.last_at,
    events_considered = excluded.events_considered, position = excluded.position
"""
WRITTEN = Upsert("pg_temp.written_story", CREATE_WRITTEN, COPY_WRITTEN, UPSERT_WRITTEN, COPY)
# The document is not touched, so that where it is kept apart it is not written again.
UPDATE_ENDS = """
UPDATE story SET name = further.name, last_at = further.last_at,
    events_considered = further.events_considered, position = further.position
FROM (VALUES %s) AS further (customer_id, name, last_at, events_considered, position)
WHERE story.customer_id = further.customer_id::uuid
"""

EventName = tuple[str, str]
End = tuple[str, str | None, datetime, int, int]
Load = Callable[[Collection[int]], list[Event]]


class Saved(NamedTuple):
    """A story as it is saved: its bytes, its last event's time, and how many events it has."""

    state: bytes
    at: datetime
    events: int


@dataclass(slots=True)
class Kept:
    """A story in memory, and the events that its corrections name and that have not arrived.

    Events cannot simply be added to a story with corrections or calendars: it `is_exact`, saved
    whole after every page. `unsaved` is what the table lacks of it, its `size` that in bytes
    when it was last saved or read.
    """

    story: Story
    awaited: frozenset[EventName] = frozenset()
    is_exact: bool = False
    position: int = 0
    size: int = 0
    last_at: datetime = EPOCH
    unsaved: Saved | None = None

    @property
    def last_key(self) -> OrderKey | None:
        """Return what the events that follow come after."""
        return self.story.last_key

    def saved_after(self, events: Collection[Event]) -> int:
        """Return with how many events the story is saved once it has these too."""
        # A calendar is no event of anybody's, and not counted.
        counted = sum(type(event.data) is not CalendarDefined for event in events)
        return saved_events(self.story.events_considered + counted, is_exact=self.is_exact)

    def take(self, event: Event, *, until: int) -> None:
        """Take the story one event further, and have it saved where it has `until` events then."""
        apply(self.story, event)
        self.position = max(self.position, event.position)
        self.last_at = event.time
        if self.story.events_considered == until:
            self.save()

    def save(self) -> None:
        """Have the story saved as it is now."""
        self.unsaved = Saved(dump(self.story), self.last_at, self.story.events_considered)
        self.size = len(self.unsaved.state)

    def rest(self) -> None:
        """Note that what was unsaved is saved; then let all parts of a long story rest."""
        saved, self.unsaved = self.unsaved, None
        if saved is not None and self.size >= RESTING_BYTES_MIN:
            is_all = saved.events == self.story.events_considered
            self.story = load(saved.state if is_all else dump(self.story))


def saved_events(considered: int, *, is_exact: bool) -> int:
    """Return with how many of its events a story is saved."""
    if is_exact or considered <= SHORT_EVENTS_MAX:
        return considered
    eighth, hundredth = (
        1 << max(0, considered.bit_length() - bits) for bits in (EIGHTH_BITS, HUNDREDTH_BITS)
    )
    apart = min(eighth, max(APART_EVENTS_MAX, hundredth))
    return considered - considered % apart


def read(
    cursor: Cursor, customers: Iterable[UUID], *, load_events: Load
) -> Iterator[tuple[UUID, Kept, list[Event]]]:
    """Yield the saved stories of these customers, each with the events that happened since."""
    wanted = [str(customer_id) for customer_id in customers]
    for first in range(0, len(wanted), READ_AT_ONCE):
        cursor.execute(SELECT, (wanted[first : first + READ_AT_ONCE],))
        rows = cursor.fetchall()
        positions = sorted({position for row in rows for position in row[-1]})
        happened = {event.position: event for event in load_events(positions)}
        for customer_id, state, awaited, is_exact, position, since in rows:
            story = load(bytes(state))
            kept = Kept(story, _unpacked(awaited), is_exact, position, len(state))
            # Of erased persons nothing is read any more.
            events = (happened[position] for position in since if position in happened)
            yield UUID(customer_id), kept, _after(story, events)


def read_now(
    cursor: Cursor, customer_id: UUID, *, as_of: datetime, load_events: Load
) -> Story | None:
    """Return the story of a customer, or None where it has none that ends by `as_of`."""
    cursor.execute(SELECT_UNTIL, (str(customer_id), as_of))
    found = cursor.fetchone()
    return None if found is None else story_of(*found, load_events=load_events)


def story_of(state: bytes, since: list[int], *, load_events: Load) -> Story:
    """Return the story that was saved, with the events at these positions."""
    story = load_whole(bytes(state))
    # Looking for no events would be an exchange with the database all the same.
    for event in _after(story, load_events(since) if since else ()):
        apply(story, event)
    return story


class Rows:
    """What the table lacks of stories, packed one by one, so that none has to be held for it."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self._ends: list[End] = []

    def add(self, customer_id: UUID, kept: Kept) -> None:
        """Pack what the table lacks of a story."""
        if kept.unsaved is None:
            self._ends.append(_end(customer_id, kept))
        else:
            self._rows.append(_row(customer_id, kept, saved=kept.unsaved))

    def write(self, cursor: Cursor, *, is_first: bool) -> None:
        """Write all of it; `is_first`: the table has none of these stories."""
        upsert_rows(cursor, WRITTEN, rows=self._rows, is_first=is_first)
        if self._ends:
            number = len(self._ends)
            update = partial(execute_values, sql=UPDATE_ENDS, argslist=self._ends, page_size=number)
            later(cursor, update, rows=number)


def delete(cursor: Cursor, customers: Iterable[UUID]) -> None:
    """Remove the stories of these customers."""
    execute_later(cursor, DELETE, parameters=([str(customer_id) for customer_id in customers],))


def _after(story: Story, events: Iterable[Event]) -> list[Event]:
    """Return the events that come after a story, in the order in which it takes them."""
    last = story.last_key
    return sorted((e for e in events if last is None or order_key(e) > last), key=order_key)


def _row(customer_id: UUID, kept: Kept, *, saved: Saved) -> bytes:
    return row(
        (
            customer_id.bytes,
            _name(kept.story),
            saved.state,
            timestamptz(saved.at),
            integer(saved.events),
            jsonb(to_json(sorted(kept.awaited))) if kept.awaited else None,
            TRUE if kept.is_exact else FALSE,
            timestamptz(kept.last_at),
            integer(kept.story.events_considered),
            bigint(kept.position),
        )
    )


def _end(customer_id: UUID, kept: Kept) -> End:
    story = kept.story
    ends = (kept.last_at, story.events_considered, kept.position)
    return (str(customer_id), _name(story), *ends)


def _name(story: Story) -> str | None:
    """Return the name as the customer last told it."""
    known = story.facts.known.get("name")
    return str(known.value) if known else None


def _unpacked(awaited: str | None) -> frozenset[EventName]:
    return frozenset((source, name) for source, name in from_json(awaited or "[]"))
