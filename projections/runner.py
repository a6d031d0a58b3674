"""The runner: brings the projections to the head of the log, or waits for the process that does.

At most one process moves the projections at a time. The others wait for it as long as it makes
progress, and take over when it dies.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event as Stop
from uuid import UUID

from eventlog.database import Database
from eventlog.keyring import Keyring
from eventlog.read import LogReader
from projections.catalog import new_views
from projections.errors import OwnershipLost, ProjectionPaused
from projections.identity.view import IdentityView
from projections.ownership import PROJECTOR, Ownership
from projections.page import View
from projections.progress import POLL_S, Patience, Progress
from projections.projector import PAGE_ENTRIES, Projector
from projections.rebuild.building import FOLLOWING, Report, Step, unheard
from projections.rebuild.first import ENTRIES_MIN, FirstBuild
from projections.writing import WritingCursor

# A page costs ten milliseconds and more by itself: near the head of the log pages begin this far
# apart, so that few events do not cost as much as many (decision 0035).
APART_S = 0.04
# How soon a runner that stands by notices that the owner is gone, and an owner that it is wanted.
STANDBY_S = 0.25
# A page takes less than a second: an owner that does not move for this long hangs.
STALL_S = 30.0
# Paused projections wait for another version of the program, or for a customer to be released.
PAUSE_S = 30.0

_logger = logging.getLogger(__name__)


class Runner:
    """Moves the projections on. One thread uses it at a time; any number of runners may exist."""

    def __init__(
        self,
        url: str,
        keyring: Keyring,
        *,
        views: Sequence[View] | None = None,
        page_entries: int = PAGE_ENTRIES,
    ) -> None:
        # A rebuild fills all views there are; what is to be filled with fewer is read in order.
        self._first = FirstBuild(url, keyring) if views is None else None
        self._database = Database(url, role=PROJECTOR, search_path="views", cursors=WritingCursor)
        self._reader = LogReader(url, keyring, role=PROJECTOR)
        self._page_entries = page_entries
        self._ownership = Ownership(self._database)
        self._projector = Projector(
            self._database,
            self._reader,
            identity=IdentityView(keyring.stream_of),
            views=new_views() if views is None else views,
            page_entries=page_entries,
        )
        self.progress = Progress(self._database, self._projector.units)

    def catch_up(
        self,
        until: int | None = None,
        *,
        stall_s: float = STALL_S,
        report: Report = unheard,
    ) -> int:
        """Bring every view to `until`, or to the head of the log as it is now; return the position.

        Without `until` it can be a later one. Views that are empty are filled by way of a rebuild
        where much is to be read; whoever looks sees them empty until then.

        Raises:
            ViewsOutdated, ViewFailed: the views cannot be brought there.
            ProjectionsStalled: their owner, another process, did not move them for `stall_s`.
        """
        head = self._reader.head().position
        wanted = head if until is None else min(until, head)
        patience = Patience(wanted, stall_s=stall_s)
        while (position := self.progress.position()) is None or position < wanted:
            # Others may take the views' place meanwhile: then we go on in theirs.
            with suppress(OwnershipLost), self._owned() as is_ours:
                if is_ours:
                    if until is None:
                        self._begin(report)
                    else:
                        self._projector.prepare()
                    return self._turn_until(wanted, report)
            report(Step(FOLLOWING, position or 0, wanted))
            patience.wait(position, steps=0 if position else self.progress.steps())
        return position

    def run_forever(self, stop: Stop, *, poll_s: float = POLL_S) -> None:
        """Keep the views at the head of the log until `stop` is set; stand by while others do.

        While they are paused they can be read as far as they are, and every PAUSE_S it is tried
        whether they can go on.
        """
        while not stop.is_set():
            with self._owned() as is_ours:
                pause_s = self._follow(stop, poll_s) if is_ours else STANDBY_S
            stop.wait(pause_s)

    def refold(self, customers: Collection[UUID], *, stall_s: float = STALL_S) -> None:
        """Fold these customers anew from the log, where the views stand.

        Raises:
            ProjectionsStalled: another process owned the projections for `stall_s`.
        """
        with self._owned_within(stall_s):
            self._projector.prepare()
            self._projector.refold(customers)

    def release(self, customer_id: UUID, *, stall_s: float = STALL_S) -> bool:
        """Fold a parked customer anew from the log; False if that fails again.

        Raises:
            ProjectionsStalled: another process owned the projections for `stall_s`.
        """
        with self._owned_within(stall_s):
            self._projector.prepare()
            return self._projector.release(customer_id)

    def recreate(self, *, stall_s: float = STALL_S) -> None:
        """Empty all views, whatever their version, to be read again from the start of the log.

        Raises:
            ProjectionsStalled: another process owned the projections for `stall_s`.
        """
        with self._owned_within(stall_s):
            self._projector.recreate()

    def close(self) -> None:
        """Close the connections."""
        self._projector.close()
        self._database.close()
        self._reader.close()

    @contextmanager
    def _owned(self) -> Iterator[bool]:
        """Own the projections for the time of a block, unless another process does."""
        try:
            yield self._ownership.take()
        finally:
            self._ownership.give_back()

    @contextmanager
    def _owned_within(self, stall_s: float) -> Iterator[None]:
        patience = Patience(0, stall_s=stall_s)
        is_ours = False
        with self._ownership.wanted():
            while not is_ours:
                with self._owned() as is_ours:
                    if is_ours:
                        yield
                if not is_ours:
                    patience.wait(0)

    def _begin(self, report: Report) -> None:
        """Find where the views stand; have empty ones of a long log filled by way of a rebuild."""
        self._projector.prepare()
        while self._first is not None and self._is_long_unread():
            if not self._first.build(report):
                self._first = None
            self._projector.prepare()

    def _is_long_unread(self) -> bool:
        return not self._projector.position and self._reader.head().position >= ENTRIES_MIN

    def _turn_until(self, wanted: int, report: Report) -> int:
        while self._projector.position < wanted and self._projector.turn(until=wanted):
            report(Step(FOLLOWING, self._projector.position, wanted))
        return self._projector.position

    def _follow(self, stop: Stop, poll_s: float) -> float:
        """Move the views on for as long as they are ours; return when to look again, in seconds."""
        try:
            self._begin(partial(_go_on_unless, stop))
            looked_at = time.monotonic()
            while not stop.is_set() and self._ownership.holds():
                begun = time.monotonic()
                if begun - looked_at > STANDBY_S:
                    looked_at = begun
                    if self._ownership.is_wanted():
                        break
                entries = self._projector.turn()
                if not entries:
                    stop.wait(poll_s)
                elif entries < self._page_entries:
                    stop.wait(max(0.0, begun + APART_S - time.monotonic()))
        except OwnershipLost:
            # Whoever took over while our connection was away is the owner now.
            return STANDBY_S
        except ProjectionPaused as paused:
            _logger.error("%s", paused)
            return PAUSE_S
        except _Stopped:
            pass
        return STANDBY_S


class _Stopped(Exception):
    """Nobody wants the views to be filled any more; it is gone on with when somebody does."""


def _go_on_unless(stop: Stop, step: Step) -> None:
    if stop.is_set():
        raise _Stopped
