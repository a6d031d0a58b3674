"""Whether what is counted beside the log agrees with it: offsets, moves, how far readers have read.

Promise: every offset of Kafka that was consumed has its verdict, and nobody has read further than
the log goes.
"""

from __future__ import annotations

from psycopg2.extensions import cursor as Cursor

from audit.findings import Findings

SELECT_OFFSETS = """
SELECT source, next_offset - begun_offset - moved,
    stored + duplicate + conflict + invalid + suppressed + absent, undecided, moved, stored
FROM log.ingest_offsets WHERE topic IS NOT NULL AND begun_offset IS NOT NULL ORDER BY source
"""
SELECT_MOVED = """
SELECT source, sum(to_offset - from_offset) FROM log.ingest_moves
WHERE from_offset IS NOT NULL GROUP BY source
"""
SELECT_TRACKING = "SELECT name, position FROM log.tracking ORDER BY name"


def check_offsets(cursor: Cursor, position: int, *, findings: Findings) -> int:
    """Check the counts of every partition; return how many partitions there are."""
    cursor.execute(SELECT_MOVED)
    moves = dict(cursor.fetchall())
    cursor.execute(SELECT_OFFSETS)
    rows = cursor.fetchall()
    for source, consumed, decided, undecided, moved, _ in rows:
        if consumed != decided or undecided:
            expected = f"{consumed} offsets of {source} with a verdict each"
            findings.add("offsets", None, expected=expected, found=f"{decided}, {undecided} open")
        if moved != moves.get(source, 0):
            expected = f"{moves.get(source, 0)} offsets of {source} left out by operators"
            findings.add("offsets", None, expected=expected, found=str(moved))
    stored = sum(row[-1] for row in rows)
    if stored > position:
        expected = f"at least {stored} entries, which Kafka's partitions count as stored"
        findings.add("offsets", None, expected=expected, found=str(position))
    return len(rows)


def check_tracking(cursor: Cursor, position: int, *, findings: Findings) -> int:
    """Check that nobody has read what the log does not hold; return how many readers there are."""
    cursor.execute(SELECT_TRACKING)
    rows = cursor.fetchall()
    for name, read in rows:
        if read > position:
            expected = f"entries up to {read}, as far as {name} has read"
            findings.add("tracking", None, expected=expected, found=f"{position} in the log")
    return len(rows)
