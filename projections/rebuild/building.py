"""Building the next views beside the live ones: phase by phase, each of which can be gone on with.

Nobody reads what is built, and nobody who reads waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database
from eventlog.keyring import Keyring
from eventlog.read import LogReader
from projections import tables
from projections.catalog import new_units, new_views
from projections.errors import GroupsOverlap, RebuildNotReady, RebuildUnderWay, ViewsOutdated
from projections.identity.view import IdentityView
from projections.ownership import PROJECTOR, REBUILD_LOCK_ID, Ownership
from projections.page import Page
from projections.projector import Projector, naming_view
from projections.read_ahead import ReadAhead
from projections.rebuild import groups, indexes, slices, state, statements
from projections.rebuild.beside import Helpers, wait_for_one
from projections.rebuild.erasures import is_erased_between
from projections.rebuild.filling import Filling
from projections.rebuild.state import Phase, Rebuild
from projections.slots import NEXT, drop_schema, exists
from projections.tables import tables_of
from projections.tracking import Tracking
from projections.writing import WritingCursor

WORKERS = 2
# How often it is told how far the workers are.
REPORT_S = 0.2
# As near to the head of the log as a view that follows it usually is.
NEAR_ENTRIES = 2_000
FOLLOWING = "catching up"
NONE_BEGUN = "none was begun"
# For fewer, a process beside is not worth beginning before it is known what there is for it.
BESIDE_ENTRIES_MIN = 20_000
# Nobody waits for a page, and what one costs by itself is spread over more entries.
PAGE_ENTRIES = 10_000


class Step(NamedTuple):
    """How far a step of the work is, in entries of the log; indexes are counted by themselves."""

    name: str
    done: int
    total: int


Report = Callable[[Step], None]


def unheard(step: Step) -> None:
    """Take a report and tell nobody."""


class Building:
    """Builds the next views; one process at a time does."""

    def __init__(self, url: str, keyring: Keyring, *, workers: int = WORKERS) -> None:
        self._url = url
        self._keyring = keyring
        self._workers = workers
        self._next = Database(url, role=PROJECTOR, search_path=NEXT.schema, cursors=WritingCursor)
        self._reader = LogReader(url, keyring, role=PROJECTOR)
        self._ownership = Ownership(self._next, lock_id=REBUILD_LOCK_ID)
        self._units = new_units(keyring)
        self._helpers = Helpers(url, keyring)

    def build(self, report: Report) -> Rebuild:
        """Build the next views, or go on with them, until they stand near the head of the log.

        Raises:
            RebuildUnderWay: another process does.
            RebuildFailed, ProjectionPaused, ViewFailed: it can be gone on with later.
        """
        doing = {
            Phase.GROUPS: self._group,
            Phase.SLICES: self._fill,
            Phase.INDEXES: self._index,
        }
        with self.alone(), closing(self._helpers):
            rebuild = self._taken()
            while rebuild.phase is not Phase.READY:
                try:
                    doing[rebuild.phase](rebuild, report)
                except GroupsOverlap:
                    if rebuild.is_whole:
                        raise
                    self._begin_whole(rebuild)
                rebuild = self.found()
            self.follow(self._next, report)
        self.come_to_erasures(report)
        return rebuild

    def found(self) -> Rebuild:
        """Return the rebuild that there is.

        Raises:
            RebuildNotReady: there is none.
        """
        with self._next.transaction() as cursor:
            found = state.found(cursor)
        if found is None:
            raise RebuildNotReady(reason=NONE_BEGUN)
        return found

    def require_ready(self) -> None:
        """Do nothing where the next views are whole.

        Raises:
            RebuildNotReady: they are not.
        """
        if self.found().phase is not Phase.READY:
            raise RebuildNotReady(reason="`toldonce projections rebuild` has to go on first")

    def abort(self) -> None:
        """Drop what was built.

        Raises:
            RebuildNotReady: there is nothing.
            RebuildUnderWay: another process builds it.
        """
        with self.alone(), self._next.transaction() as cursor:
            # Whichever version began it.
            if not exists(cursor, NEXT):
                raise RebuildNotReady(reason=NONE_BEGUN)
            drop_schema(cursor, NEXT)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other process build, or change places, for the time of a block.

        Raises:
            RebuildUnderWay: another process does.
        """
        if not self._ownership.take():
            raise RebuildUnderWay()
        try:
            yield
        finally:
            self._ownership.give_back()

    def come_to_erasures(self, report: Report) -> None:
        """Take the next views on once more if the live ones came to an erasure meanwhile.

        Who came to it would have dropped what nobody builds, and saw that somebody does.
        """
        while self._owes_erasure():
            with self.alone():
                self.follow_to_head(self._next, report)

    def follow(self, database: Database, report: Report) -> int:
        """Take views on until they are near to the head of the log; return where they stand."""
        with closing(self._projector(database)) as projector:
            projector.prepare()
            head = self._reader.head().position
            while head - projector.position > NEAR_ENTRIES:
                self._move(projector, head, report=report, name=FOLLOWING)
                head = self._reader.head().position
            return projector.position

    def follow_to_head(self, database: Database, report: Report) -> int:
        """Take views on to where the log ends now, however it grows; return that position."""
        return self.follow_until(database, self._reader.head().position, report=report)

    def follow_until(self, database: Database, position: int, *, report: Report) -> int:
        """Take views on to a position; return where they stand, which can be beyond it."""
        with closing(self._projector(database)) as projector:
            projector.prepare()
            self._move(projector, position, report=report, name=FOLLOWING)
            return projector.position

    def close(self) -> None:
        """Close the connections."""
        self._next.close()
        self._reader.close()

    def _owes_erasure(self) -> bool:
        head = self._reader.head().position
        with self._next.transaction() as cursor:
            position = Tracking([unit.name for unit in self._units], NEXT).position(cursor)
            return is_erased_between(cursor, position, until=head)

    def _taken(self) -> Rebuild:
        """Go on with the rebuild that there is, if it is of this version; else begin one."""
        with self._next.transaction() as cursor:
            if self._can_go_on(cursor):
                state.take(cursor)
            else:
                state.begin(cursor, self._units, target=self._reader.head().position)
        return self.found()

    def _begin_whole(self, rebuild: Rebuild) -> None:
        """Begin anew with the whole log as one group: entries name more than was observed."""
        self._helpers.close()
        with self._next.transaction() as cursor:
            state.begin(cursor, self._units, target=rebuild.target, is_whole=True)

    def _can_go_on(self, cursor: Cursor) -> bool:
        try:
            return tables.are_ready(cursor, self._units) and state.found(cursor) is not None
        except ViewsOutdated:
            return False

    def _group(self, rebuild: Rebuild, report: Report) -> None:
        """Cut the log into slices that have nothing to do with one another."""
        target = rebuild.target
        report(Step("groups", 0, target))
        if target >= BESIDE_ENTRIES_MIN:
            # They begin meanwhile.
            self._helpers.first(self._workers - 1)
        with self._next.transaction() as cursor, closing(ReadAhead(self._reader)) as ahead:
            stream_of = self._keyring.stream_of
            calendars = statements.note(cursor, ahead, target=target, node_of=stream_of)
            self._hear(cursor, Page(position=target, events=calendars))
            whole = groups.one_group(target) if rebuild.is_whole else None
            slices.cut(cursor, whole or groups.firsts(cursor, target=target))
            Tracking([unit.name for unit in self._units], NEXT).place(cursor, target)
            state.move(cursor, rebuild.run, to=Phase.SLICES)
        report(Step("groups", target, target))

    def _hear(self, cursor: Cursor, page: Page) -> None:
        """Let views know what matters to them although it is nobody's."""
        for view in new_views():
            with naming_view(view, page):
                view.needs_history(page, cursor)
                view.apply(page, cursor)

    def _fill(self, rebuild: Rebuild, report: Report) -> None:
        self._fill_slices(rebuild, report)
        with self._next.transaction() as cursor:
            state.move(cursor, rebuild.run, to=Phase.INDEXES)

    def _fill_slices(self, rebuild: Rebuild, report: Report) -> None:
        """Fill slices, here and beside: for a single short one, no process is worth beginning."""
        left = self._report_slices(report)
        wanted = self._workers if rebuild.target >= BESIDE_ENTRIES_MIN else left
        helpers = self._helpers.first(min(self._workers, wanted) - 1) if left else []
        for helper in helpers:
            helper.fill(rebuild.run)
        with closing(Filling(self._url, self._keyring, run=rebuild.run)) as filling:
            while self._report_slices(report):
                if not filling.turn():
                    wait_for_one(helpers, timeout_s=REPORT_S)
                for helper in helpers:
                    helper.require_success()

    def _index(self, rebuild: Rebuild, report: Report) -> None:
        with self._next.transaction() as cursor:
            definitions = indexes.left(cursor)
        names = _tables(self._units)
        total = len(definitions) + len(names)
        for number, definition in enumerate(definitions, start=1):
            with self._next.transaction() as cursor:
                state.confirm(cursor, rebuild.run, phase=Phase.INDEXES)
                indexes.make(cursor, definition)
            report(Step("indexes", number, total))
        for number, name in enumerate(names, start=len(definitions) + 1):
            with self._next.statements() as cursor:
                # And what PostgreSQL would come to do to every page while people read it.
                cursor.execute(f"VACUUM (ANALYZE) {name}")
            report(Step("indexes", number, total))
        with self._next.transaction() as cursor:
            state.move(cursor, rebuild.run, to=Phase.READY)

    def _report_slices(self, report: Report) -> int:
        with self._next.transaction() as cursor:
            done, total, left = slices.counted(cursor)
        report(Step("customers", done, total))
        return left

    def _move(self, projector: Projector, until: int, *, report: Report, name: str) -> None:
        while projector.position < until and projector.turn(until=until):
            report(Step(name, projector.position, until))

    def _projector(self, database: Database) -> Projector:
        return Projector(
            database,
            self._reader,
            identity=IdentityView(self._keyring.stream_of),
            views=new_views(),
            page_entries=PAGE_ENTRIES,
        )


def _tables(units: list[tables.Unit]) -> list[str]:
    """Return the names of the tables of these."""
    return [name for unit in units for name in tables_of(unit)]
