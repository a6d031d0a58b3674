"""Who is who, for the next views: the log read in order before anybody's history is folded."""

from __future__ import annotations

from psycopg2.extensions import cursor as Cursor

from domain.identity.observation import distill
from projections.page import Page
from projections.projector import Projector
from projections.rebuild.reading import Distilled, ReadPage, distilled

# Nobody waits for a page, and what one costs by itself is spread over more entries.
PAGE_ENTRIES = 10_000


class IdentityFirst(Projector):
    """Resolves whose each entry is; views hear of what is nobody's and fold nobody yet."""

    read_beside: ReadPage | None = None
    """What reads pages elsewhere; without it they are read here."""
    beside_from: int = 0
    """From which position on: a process has to begin first."""

    def prepare(self) -> None:
        """Find where the identities stand; where that is nowhere, what is new needs no look-up."""
        super().prepare()
        if self.position == 0:
            self._identity.begin_empty()

    def close(self) -> None:
        """Stop reading, and let go of the graph: slices are folded in this process next."""
        super().close()
        self._identity.forget()

    def _turn(self, limit: int) -> int:
        page = self._read(limit)
        if page.size:
            with self._moving_to(page.position) as cursor:
                self._apply(self._told(cursor, page), cursor)
        return page.size

    def _read(self, limit: int) -> Distilled:
        beside, after = self.read_beside, self.position
        if beside is None or after < self.beside_from:
            return distilled(self._ahead.page(after, limit, reads_on=beside is None))
        return beside(after, limit)

    def _told(self, cursor: Cursor, page: Distilled) -> Page:
        """Take in what a page tells, and what of it is read here."""
        opened = self._ahead.opened_at(page.whole)._replace(erased=page.erased)
        told = sorted([*page.told, *map(distill, opened.events)])
        self._resolved(cursor, opened, told=told, load=self._loader({}))
        heard = Page(position=page.position, events=opened.events)
        self._wanted(heard, cursor)
        return heard
