"""The end of the log as it is kept, and whether the entries come to it."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from audit.findings import Findings
from audit.verification.joining import Joined
from audit.verification.rows import NEVER_US
from eventlog import merkle

SELECT_HEAD = """
SELECT position, frontier, root, keys_destroyed,
    CASE WHEN isfinite(recorded_at) THEN (extract(epoch FROM recorded_at
    - '2000-01-01 00:00:00+00'::timestamptz) * 1000000)::bigint END
FROM log.log_head
"""
SELECT_OUTSIDE = """
SELECT position FROM log.entries WHERE position < 1 OR position > %s ORDER BY position LIMIT 1
"""
SELECT_NEWEST = "SELECT coalesce(max(position), 0) FROM log.entries"


@dataclass(frozen=True, slots=True)
class Head:
    """The row of log_head; a log without one is taken as empty, and said to be damaged."""

    position: int
    frontier: bytes
    root: bytes
    keys_destroyed: int
    recorded_us: int
    rows: int


def read_head(cursor: Cursor) -> Head:
    """Read the head as the transaction of the cursor sees it."""
    cursor.execute(SELECT_HEAD)
    rows = cursor.fetchall()
    if not rows:
        return Head(0, b"", merkle.EMPTY_ROOT, 0, NEVER_US, 0)
    position, frontier, root, keys_destroyed, recorded_us = rows[0]
    moment = NEVER_US if recorded_us is None else recorded_us
    return Head(position, bytes(frontier), bytes(root), keys_destroyed, moment, len(rows))


def last_there(cursor: Cursor, head: Head, *, findings: Findings) -> int:
    """Return up to where there can be entries: a head may claim more than anybody could read."""
    cursor.execute(SELECT_NEWEST)
    (newest,) = cursor.fetchone() or (0,)
    if newest < head.position:
        expected = f"entries up to {head.position}, where the head is"
        findings.add("entry", max(newest, 0) + 1, expected=expected, found="none")
    return max(0, min(head.position, int(newest)))


def check_head(cursor: Cursor, head: Head, *, joined: Joined, findings: Findings) -> None:
    """Check that the entries end where the head says, at its tree and its time."""
    if head.rows != 1:
        findings.add("head", None, expected="one head", found=str(head.rows))
    cursor.execute(SELECT_OUTSIDE, (head.position,))
    outside = cursor.fetchone()
    if outside is not None:
        found = "an entry outside of it"
        findings.add("head", outside[0], expected=f"entries 1 to {head.position}", found=found)
    if joined.recorded_last_us != head.recorded_us:
        expected = "the head recorded with the last entry"
        findings.add("head", None, expected=expected, found="another time")
    if not joined.is_whole:
        return
    frontier = joined.frontier(head.position)
    if merkle.root(frontier) != head.root:
        expected = f"root {head.root.hex()} of the head"
        findings.add("tree", None, expected=expected, found=merkle.root(frontier).hex())
    if merkle.pack(frontier) != head.frontier:
        expected = "the frontier of the head, by which the next entry is added"
        findings.add("tree", None, expected=expected, found="another one")
