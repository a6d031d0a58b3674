"""Putting together what passes over neighbouring spans came to: one log again.

Promise: what is checked between two neighbouring entries is checked between two spans as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from audit.findings import Findings
from audit.verification.rows import NEVER_US, Told
from audit.verification.scan import FIRST_VERSIONS, Scanned
from eventlog import merkle

Older = Callable[[Collection[bytes]], Mapping[bytes, int]]
"""Returns the newest version of those of these streams that began before what is joined."""


class Joined:
    """A log of spans in chunks of 2^height; `older` tells the newest versions before them."""

    def __init__(self, older: Older, *, height: int) -> None:
        self.chunks: list[bytes] = []
        self.tiles: list[bytes] = []
        self.findings = Findings()
        self.erased: list[Told] = []
        self.is_whole = True
        self.recorded_last_us = NEVER_US
        self._older = older
        self._height = height
        self._newest: dict[bytes, int] = {}
        self._frontiers: dict[int, list[bytes]] = {}
        # The complete chunks before the size that was asked for last, and the frontier over them.
        self._complete = 0
        self._over: list[bytes] = []

    def add(self, scanned: Scanned) -> None:
        """Add the span that follows those before."""
        self.chunks += scanned.chunks
        self.tiles += scanned.tiles
        self.erased += scanned.erased
        self.is_whole &= scanned.is_whole
        self._frontiers |= scanned.frontiers
        self._check_versions(scanned)
        self._check_time(scanned)
        self.findings.take(scanned.findings.first, count=scanned.findings.count)

    @property
    def stream_count(self) -> int:
        """Return how many streams were met."""
        return len(self._newest)

    def frontier(self, size: int) -> list[bytes]:
        """Return the frontier of the tree at a size that was asked for; cheap where sizes rise."""
        complete, rest = divmod(size, 1 << self._height)
        if complete < self._complete:
            self._complete, self._over = 0, []
        new = self.chunks[self._complete : complete]
        self._over = merkle.extend(self._over, new, size=self._complete)
        self._complete = complete
        return [*self._over, *(self._frontiers[size] if rest else [])]

    def _check_versions(self, scanned: Scanned) -> None:
        newest = self._newest
        newest |= self._older(scanned.begun.keys() - newest.keys())
        for stream, (version, position) in scanned.begun.items():
            last = newest.get(stream)
            expected = FIRST_VERSIONS if last is None else (last + 1,)
            if version not in expected:
                self.findings.add(
                    "versions",
                    position,
                    expected=f"version {expected[-1]} of its stream",
                    found=f"version {version}",
                )
        newest |= scanned.newest

    def _check_time(self, scanned: Scanned) -> None:
        first = scanned.recorded_first_us
        if NEVER_US != first < self.recorded_last_us:
            self.findings.add(
                "entry",
                scanned.span.after + 1,
                expected="recorded no earlier than the entry before",
                found="recorded earlier",
            )
        if first != NEVER_US:
            self.recorded_last_us = scanned.recorded_last_us
