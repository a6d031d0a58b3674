"""What is asked most, asked at once: one exchange with the database, planned once a connection.

Promise: all parts of an answer are of one moment, as in a transaction that asks for each of them.
What cannot be answered so is None, and is to be asked part by part.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.errors import FeatureNotSupported, UndefinedColumn, UndefinedTable
from pydantic_core import from_json

from domain.brief import brief, incomplete
from domain.handles import Handle
from domain.story import new_story
from eventlog.database import Prepared
from eventlog.pool import Pool
from projections.identity.queries import IDENTIFIERS, NAMED, Found, Named, found_nobody
from projections.parking import PARKED
from projections.progress import Progress
from projections.story.snapshots import SAVED, Load, story_of
from projections.timeline.pages import COLUMNS, NEWEST, TimelinePage, page_of
from projections.tracking import KEEP_PLACES, STANDING

# One statement is of one moment. Places are kept before it begins, so that it finds their tables.
BEFORE = f"{KEEP_PLACES}; "
BRIEF_NOW = Prepared(
    "brief_now",
    "uuid, text[], timestamptz",
    f"""
SELECT ({STANDING.format(names="$2")})::text, parked.incomplete_since, story.state, story.since,
    who.customer_id::text, who.is_shared, who.type, who.issuer, who.value,
    ({IDENTIFIERS.format(customer="who.customer_id")})
FROM (SELECT) AS one LEFT JOIN LATERAL ({NAMED.format(node="$1")}) AS who ON true
LEFT JOIN LATERAL ({PARKED.format(customer="who.customer_id")}) AS parked ON true
LEFT JOIN LATERAL ({SAVED.format(customer="who.customer_id", as_of="$3")}) AS story ON true
""",  # noqa: S608 - constants of the modules that own the tables
    before=BEFORE,
)
_OWNER = f"(SELECT customer_id FROM ({NAMED.format(node='$1')}) AS who WHERE NOT is_shared)"  # noqa: S608
_PARKED = PARKED.format(customer=_OWNER)
NEWEST_PAGE = Prepared(
    "newest_page",
    "uuid, text[], integer",
    f"""
SELECT ({STANDING.format(names="$2")})::text, (SELECT incomplete_since FROM ({_PARKED}) AS parked),
    customer_id::text, {COLUMNS}
{NEWEST.format(customer=_OWNER, limit="$3")}
""",  # noqa: S608 - constants of the modules that own the tables
    before=BEFORE,
)

# Tables that are not there, or are another version's: whoever asks part by part says so.
OTHER_TABLES = (UndefinedTable, UndefinedColumn, FeatureNotSupported)

Json = dict[str, Any]
Rows = list[tuple[Any, ...]]


class AtOnce:
    """Asks the views; may be shared between threads."""

    def __init__(self, database: Pool, progress: Progress, *, load: Load) -> None:
        self._database = database
        self._progress = progress
        self._load = load

    def brief(self, node_id: UUID, *, asked: Handle | None, as_of: datetime) -> Json | None:
        """Return the brief of now of whoever is named, by what was asked for if not by an id."""
        rows, position = self._answered(BRIEF_NOW, node_id, about=as_of)
        if position is None:
            return None
        ((_, incomplete_since, state, since, *named),) = rows
        found = _found(Named(*named), asked)
        if found is None or (found.customer_id is not None and state is None):
            return None
        story = new_story() if state is None else story_of(state, since, load_events=self._load)
        document = brief(
            story, as_of=as_of, known_at=position, who=found.match, customer_id=found.customer_id
        )
        return incomplete(document, incomplete_since) if incomplete_since else document

    def newest(self, customer_id: UUID, limit: int) -> tuple[UUID, TimelinePage] | None:
        """Return the newest events of whoever an id is the customer's now, and the id of now."""
        rows, position = self._answered(NEWEST_PAGE, customer_id, about=limit + 1)
        if position is None:
            return None
        _, incomplete_since, now, *_ = rows[0]
        page = page_of([row[3:] for row in rows], limit=limit, position=position)
        whose = UUID(now)
        return whose, replace(page, customer_id=whose, incomplete_since=incomplete_since)

    def _answered(
        self, asked: Prepared, node_id: UUID, *, about: object
    ) -> tuple[Rows, int | None]:
        """Return what was found, and where the views stood; None where that does not count."""
        try:
            rows = self._database.answers(asked, str(node_id), self._progress.tracked, about)
        except OTHER_TABLES:
            return [], None
        standing = from_json(rows[0][0] or "null") if rows else None
        return rows, self._progress.position_of(standing)


def _found(named: Named, asked: Handle | None) -> Found | None:
    is_there = named.type is not None
    return named.found(asked) if is_there else found_nobody(asked)
