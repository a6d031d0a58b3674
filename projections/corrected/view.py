"""The corrected view: events of customers that read otherwise than they were published.

Promise: it says of each what the fold takes it for; who was never corrected has no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.corrections import STATEMENTS, with_corrections
from projections.binary_rows import FALSE, TRUE, bigint, copy_rows, jsonb, row
from projections.page import Events, Page
from projections.tables import read_sql
from projections.timeline.view import stated
from projections.writing import execute_later

DELETE = "DELETE FROM corrected WHERE customer_id = ANY(%s::uuid[])"
COPY = "COPY corrected (customer_id, position, has_effect, data) FROM STDIN (FORMAT binary)"


class CorrectedView:
    """Writes the table `corrected`."""

    name = "corrected"

    def __init__(self) -> None:
        self.sql = read_sql("corrected/tables.sql")

    def needs_history(self, page: Page, cursor: Cursor) -> set[UUID]:
        """Ask for whoever is corrected; the story asks where a correction waited for its event."""
        return {customer for customer, events in page.fresh.items() if _has_corrections(events)}

    def apply(self, page: Page, cursor: Cursor) -> None:
        """Write anew how events of customers read whose whole history is there."""
        whole = {**page.replaced, **page.histories}
        removed = [str(customer_id) for customer_id in (*page.gone, *whole)]
        if removed and not page.is_first:
            execute_later(cursor, DELETE, parameters=(removed,))
        rows = [one for customer, events in whole.items() for one in _rows(customer, events)]
        if rows:
            copy_rows(cursor, COPY, rows=rows)

    def forget(self) -> None:
        """Remember nothing anyway."""


def _has_corrections(events: Events) -> bool:
    return any(type(event.data) in STATEMENTS for event in events)


def _rows(customer_id: UUID, events: Events) -> Iterator[bytes]:
    if not _has_corrections(events):
        return
    published = {event.position: event.data for event in events}
    for event, has_effect in with_corrections(events):
        if not has_effect or event.data != published[event.position]:
            effect = TRUE if has_effect else FALSE
            place = (customer_id.bytes, bigint(event.position))
            yield row((*place, effect, jsonb(stated(event.data))))
