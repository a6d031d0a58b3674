"""Who is who, for the next views: the log read in order before anybody's history is folded."""

from __future__ import annotations

from psycopg2.extensions import cursor as Cursor

from projections.page import Page
from projections.projector import Projector
from projections.read_ahead import Opened

# Nobody waits for a page, and what one costs by itself is spread over more entries.
PAGE_ENTRIES = 10_000


class IdentityFirst(Projector):
    """Resolves whose each entry is; views hear of all events and fold nobody yet."""

    def _page(self, cursor: Cursor, opened: Opened) -> Page:
        new = {event.position: event for event in opened.events}
        self._resolved(cursor, opened, load=self._loader(new))
        page = Page(position=opened.position, events=opened.events)
        self._wanted(page, cursor)
        return page
