"""Putting together what passes over neighbouring spans came to: one log again.

Promise: what is checked between two neighbouring entries is checked between two spans as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from audit.chunks import CHUNK_LEAVES, frontier_of
from audit.findings import Findings
from audit.rows import NEVER_US, Told
from audit.scan import FIRST_VERSIONS, Scanned


class Joined:
    """Everything after `base`, whose tree before it is given by the roots of its chunks.

    `before` are the newest versions at `base` of streams that go on after it.
    """

    def __init__(self, chunks: Sequence[bytes], before: Mapping[bytes, int]) -> None:
        self.chunks = list(chunks)
        self.findings = Findings()
        self.erased: list[Told] = []
        self.is_whole = True
        self.recorded_last_us = NEVER_US
        self._is_begun = bool(chunks)
        self._newest = dict(before)
        self._frontiers: dict[int, list[bytes]] = {}

    def add(self, scanned: Scanned) -> None:
        """Add the span that follows those before."""
        self.chunks += scanned.chunks
        self.erased += scanned.erased
        self.is_whole &= scanned.is_whole
        self._frontiers |= scanned.frontiers
        self._check_versions(scanned)
        self._check_time(scanned)
        self.findings.take(scanned.findings.first, count=scanned.findings.count)

    def streams(self) -> Iterable[bytes]:
        """Return every stream that was met."""
        return self._newest.keys()

    def frontier(self, size: int) -> list[bytes]:
        """Return the frontier of the tree at a size that was asked for."""
        complete, rest = divmod(size, CHUNK_LEAVES)
        within = self._frontiers[size] if rest else []
        return frontier_of(self.chunks[:complete], within)

    def _check_versions(self, scanned: Scanned) -> None:
        newest = self._newest
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
