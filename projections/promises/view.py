"""The promises view: one row for each promise of a customer, for lists over all customers.

Promise: a row is written only when something happened to its promise, never because time passed.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from pydantic_core import to_json

from domain.story.promises import Promise
from projections.binary_rows import FALSE, TRUE, Upsert, jsonb, row, timestamptz, upsert_rows
from projections.page import Page
from projections.tables import read_sql
from projections.writing import execute_later

DELETE = "DELETE FROM promises WHERE customer_id = ANY(%s::uuid[])"
CREATE_WRITTEN = "CREATE TEMPORARY TABLE IF NOT EXISTS written_promises (LIKE promises)"
COLUMNS = (
    "customer_id, promise_id, what, made_by, made_at, due_at, fulfilled_at, was_overdue, "
    "settled_as, settled_at, superseded_by, first_at, changed_at, earlier, lapsed_at, "
    "identifier, leads, refs, evidence"
)
COPY_WRITTEN = f"COPY pg_temp.written_promises ({COLUMNS}) FROM STDIN (FORMAT binary)"
COPY = f"COPY promises ({COLUMNS}) FROM STDIN (FORMAT binary)"
UPSERT_WRITTEN = """
INSERT INTO promises SELECT * FROM pg_temp.written_promises
ON CONFLICT (customer_id, promise_id) DO UPDATE SET
    what = excluded.what, made_by = excluded.made_by, made_at = excluded.made_at,
    due_at = excluded.due_at, fulfilled_at = excluded.fulfilled_at,
    was_overdue = excluded.was_overdue, settled_as = excluded.settled_as,
    settled_at = excluded.settled_at, superseded_by = excluded.superseded_by,
    first_at = excluded.first_at, changed_at = excluded.changed_at, earlier = excluded.earlier,
    lapsed_at = excluded.lapsed_at, identifier = excluded.identifier, leads = excluded.leads,
    refs = excluded.refs, evidence = excluded.evidence
"""
WRITTEN = Upsert("pg_temp.written_promises", CREATE_WRITTEN, COPY_WRITTEN, UPSERT_WRITTEN, COPY)


class PromisesView:
    """Writes the table `promises`; it stands after the story view, whose news it takes."""

    name = "promises"

    def __init__(self) -> None:
        self.sql = read_sql("promises/tables.sql")

    def needs_history(self, page: Page, cursor: Cursor) -> set[UUID]:
        """Ask for nobody: whoever is folded anew is folded for the story."""
        return set()

    def apply(self, page: Page, cursor: Cursor) -> None:
        """Write the promises that the page changed, and all of customers that were folded anew."""
        whole = {**page.replaced, **page.histories}
        emptied = [c for c, events in whole.items() if not events or c in page.news]
        removed = [str(customer_id) for customer_id in (*page.gone, *emptied)]
        if removed and not page.is_first:
            execute_later(cursor, DELETE, parameters=(removed,))
        rows = [
            _row(customer_id, promise, lapsed_at=news.lapsed[promise.promise_id])
            for customer_id, news in page.news.items()
            for promise in news.promises.values()
        ]
        upsert_rows(cursor, WRITTEN, rows=rows, is_first=page.is_first)

    def forget(self) -> None:
        """Remember nothing anyway."""


def _row(customer_id: UUID, promise: Promise, *, lapsed_at: datetime | None) -> bytes:
    earlier = [standing._asdict() for standing in promise.earlier]
    return row(
        (
            customer_id.bytes,
            promise.promise_id,
            promise.what,
            promise.made_by,
            timestamptz(promise.made_at),
            timestamptz(promise.due_at),
            timestamptz(promise.fulfilled_at),
            TRUE if promise.was_overdue else FALSE,
            promise.settled_as,
            timestamptz(promise.settled_at),
            promise.superseded_by,
            timestamptz(promise.cites[0].at),
            timestamptz(promise.cites[-1].at),
            jsonb(to_json(earlier)) if earlier else None,
            timestamptz(lapsed_at),
            promise.identifier,
            jsonb(to_json({name: promise.refs[name] for name in promise.leads})),
            jsonb(to_json(dict(sorted(promise.refs.items())))),
            jsonb(to_json(promise.cites)),
        )
    )
