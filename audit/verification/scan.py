"""One pass over consecutive entries: every leaf made anew, versions and times in their order.

Promise: what is wrong with an entry is found at that entry. In memory are the leaves of a chunk and
about 250 bytes for each stream that was met.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from audit.findings import Findings
from audit.formats.tiles import HEIGHT
from audit.verification.chunks import CHUNK_HEIGHT, Chunk
from audit.verification.copied import copy_of, rows_of
from audit.verification.rows import COLUMNS, NEVER_US, NO_STREAM, UNKNOWN, Page, Told, read_page

# An event has up to 64 KiB, so that a page of the largest still fits into memory.
PAGE_ENTRIES = 4_096
# About 150 bytes each; forgotten together, and then asked for again.
COMMITMENTS_MAX = 500_000
# Aggregates of the library may count from 0; what is published counts from 1.
FIRST_VERSIONS = (0, 1)

COPY_PAGE = f"""
COPY (SELECT {COLUMNS} FROM log.entries WHERE position > %s AND position <= %s ORDER BY position)
TO STDOUT (FORMAT binary)
"""  # noqa: S608 - a constant
SELECT_FEW_STREAMS = "SELECT count(*) FROM (SELECT FROM log.stream_keys LIMIT %s) AS few"
COPY_COMMITMENTS = "COPY log.stream_keys (stream_id, commitment) TO STDOUT (FORMAT binary)"
SELECT_COMMITMENTS = """
SELECT uuid_send(stream_id), commitment FROM log.stream_keys WHERE stream_id = ANY(%s::uuid[])
"""
# Two columns, each behind its length.
_COMMITMENT = struct.Struct(">6x16s4x32s")


class Span(NamedTuple):
    """The entries after one position up to another, in chunks of 2^height; `after` begins one."""

    after: int
    upto: int
    height: int = CHUNK_HEIGHT


@dataclass(slots=True)
class Scanned:
    """What a pass over a span comes to; it travels between processes."""

    span: Span
    chunks: list[bytes] = field(default_factory=list)
    """The roots of its complete chunks."""
    tiles: list[bytes] = field(default_factory=list)
    """The roots of its full tiles of the lowest level."""
    frontiers: dict[int, list[bytes]] = field(default_factory=dict)
    """For each size that was asked for: the frontier within the chunk in which it ends."""
    begun: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    """The first version of each stream in it, and its position."""
    newest: dict[bytes, int] = field(default_factory=dict)
    """The last version of each stream in it."""
    recorded_first_us: int = NEVER_US
    recorded_last_us: int = NEVER_US
    erased: list[Told] = field(default_factory=list)
    is_whole: bool = True
    """Whether every leaf is there, so that the tree can be known."""
    findings: Findings = field(default_factory=Findings)


def scan(
    cursor: Cursor,
    span: Span,
    *,
    sizes: Sequence[int],
    advanced: Callable[[int], None] = lambda entries: None,
    known: dict[bytes, bytes] | None = None,
) -> Scanned:
    """Read the entries of a span and return what they come to, with the tree at these sizes.

    The sizes rise; those outside of the span are left to others. `advanced` is told how many were
    read, page by page; `known` are commitments of streams, kept from one span to the next.
    """
    scanning = _Scanning(cursor, Scanned(span), known={} if known is None else known)
    for base in range(span.after, span.upto, 1 << span.height):
        end = min(base + (1 << span.height), span.upto)
        leaves: list[bytes] = []
        for after in range(base, end, PAGE_ENTRIES):
            upto = min(after + PAGE_ENTRIES, end)
            leaves += scanning.page(after, upto)
            advanced(upto - after)
        fold(scanning.scanned, leaves, base=base, sizes=sizes)
    return scanning.scanned


def commitments(cursor: Cursor, *, entries: int) -> dict[bytes, bytes]:
    """Return what the keys of all streams are committed to, before so many entries are read.

    Where there are more streams than that, or than are held, none: they are asked for as they come.
    """
    few = min(entries, COMMITMENTS_MAX)
    cursor.execute(SELECT_FEW_STREAMS, (few + 1,))
    (count,) = cursor.fetchone() or (0,)
    if count > few:
        return {}
    rows = rows_of(cursor, COPY_COMMITMENTS)
    # Whose row has another length is missing here with those after it, and is asked for too.
    return dict(_COMMITMENT.iter_unpack(rows[: len(rows) - len(rows) % _COMMITMENT.size]))


def fold(scanned: Scanned, leaves: list[bytes], *, base: int, sizes: Sequence[int]) -> None:
    """Add the leaves of the chunk that begins at `base` to what a span comes to."""
    chunk, chunk_leaves = Chunk(leaves), 1 << scanned.span.height
    first, last = bisect_right(sizes, base), bisect_right(sizes, base + len(leaves))
    for size in sizes[first:last]:
        if size < base + chunk_leaves:
            scanned.frontiers[size] = chunk.frontier(size - base)
    scanned.tiles += chunk.row(HEIGHT)
    if len(leaves) == chunk_leaves:
        scanned.chunks += chunk.frontier(chunk_leaves)


class _Scanning:
    """Reads pages of one span over a cursor, in order."""

    def __init__(self, cursor: Cursor, scanned: Scanned, *, known: dict[bytes, bytes]) -> None:
        self.scanned = scanned
        self._cursor = cursor
        self._commitments = known

    def page(self, after: int, upto: int) -> list[bytes]:
        """Return the leaves of the entries after a position up to another; note what is wrong."""
        query = self._cursor.mogrify(COPY_PAGE, (after, upto)).decode()
        page = read_page(copy_of(self._cursor, query), self._commitments)
        self._learn({waiting.stream for waiting in page.deferred})
        page.finish(self._commitments)
        self._check_times(page)
        self._check_versions(page)
        self.scanned.erased += page.erased
        return self._leaves(page, after, upto=upto)

    def _learn(self, streams: Collection[bytes]) -> None:
        if not streams:
            return
        if len(self._commitments) > COMMITMENTS_MAX:
            self._commitments.clear()
        self._cursor.execute(SELECT_COMMITMENTS, ([stream.hex() for stream in streams],))
        found = self._cursor.fetchall()
        self._commitments |= {bytes(stream): bytes(commitment) for stream, commitment in found}

    def _leaves(self, page: Page, after: int, *, upto: int) -> list[bytes]:
        """Return the leaf of each position.

        Where a row does not give the leaf that is stored with it, the stored one: whether that is
        the tree's then shows which of the two was changed.
        """
        is_as_expected = page.positions == list(range(after + 1, upto + 1)) and not page.odd
        if is_as_expected and page.hashed == page.stored:
            return page.stored
        leaves = [UNKNOWN] * (upto - after)
        seen: set[int] = set()
        for place, position in enumerate(page.positions):
            if position in seen:
                self._find(position, expected="one entry", found="a second one")
            seen.add(position)
            leaves[position - after - 1] = page.stored[place]
            self._check_leaf(page, place)
        missing = set(range(after + 1, upto + 1)) - seen
        # However many are missing in a row, it is one finding, at the first.
        for position in sorted(at for at in missing if at - 1 not in missing):
            self._find(position, expected="an entry", found="none")
        self.scanned.is_whole &= not missing and not page.odd
        return leaves

    def _check_leaf(self, page: Page, place: int) -> None:
        position, stored, hashed = page.positions[place], page.stored[place], page.hashed[place]
        if place in page.odd:
            self._find(position, expected="eleven values", found="a NULL or another shape")
        elif hashed == UNKNOWN:
            self._find(position, expected="a key of its stream", found="none")
        elif stored != hashed:
            found = f"an entry that gives {hashed.hex()}"
            self._find(position, expected=f"leaf hash {stored.hex()}", found=found)

    def _check_times(self, page: Page) -> None:
        scanned, recorded = self.scanned, page.recorded_us
        if not recorded:
            return
        if scanned.recorded_first_us == NEVER_US:
            scanned.recorded_first_us = recorded[0]
        times = [scanned.recorded_last_us, *recorded]
        if times != sorted(times):
            place = next(n for n, at in enumerate(recorded) if at < times[n])
            expected = "recorded no earlier than the entry before"
            self._find(page.positions[place], expected=expected, found="recorded earlier")
        scanned.recorded_last_us = recorded[-1]

    def _check_versions(self, page: Page) -> None:
        begun, newest = self.scanned.begun, self.scanned.newest
        for place, (stream, version) in enumerate(zip(page.streams, page.versions, strict=True)):
            last = newest.get(stream)
            if last is None:
                begun[stream] = version, page.positions[place]
            elif version != last + 1 and place not in page.odd:
                expected, found = f"version {last + 1} of its stream", f"version {version}"
                self.scanned.findings.add(
                    "versions", page.positions[place], expected=expected, found=found
                )
            newest[stream] = version
        begun.pop(NO_STREAM, None)
        newest.pop(NO_STREAM, None)

    def _find(self, position: int, *, expected: str, found: str) -> None:
        self.scanned.findings.add("entry", position, expected=expected, found=found)
