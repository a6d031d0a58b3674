"""How far each source was read, in log.ingest_offsets.

Promise: written in the transaction that stored what was read, so that reading on from there neither
loses an event nor takes one twice.
"""

from __future__ import annotations

from psycopg2.extensions import cursor as Cursor

from consumers.lines import Mark

SELECT_MARK = "SELECT next_offset, next_line, fingerprint FROM log.ingest_offsets WHERE source = %s"
# Two imports of one file may overwrite each other's mark: what is before either of them is stored.
UPSERT_MARK = """
INSERT INTO log.ingest_offsets (source, next_offset, next_line, fingerprint)
VALUES (%s, %s, %s, %s) ON CONFLICT (source) DO UPDATE
    SET next_offset = EXCLUDED.next_offset, next_line = EXCLUDED.next_line,
        fingerprint = EXCLUDED.fingerprint, updated_at = now()
"""
DELETE_MARK = "DELETE FROM log.ingest_offsets WHERE source = %s"


def read_mark(cursor: Cursor, source: str) -> Mark | None:
    """Return how far a file was read by an import that did not end, or None."""
    cursor.execute(SELECT_MARK, (source,))
    row = cursor.fetchone()
    return None if row is None else Mark(row[0], row[1], bytes(row[2]))


def write_mark(cursor: Cursor, *, source: str, mark: Mark) -> None:
    """Note how far a file was read."""
    cursor.execute(UPSERT_MARK, (source, mark.offset, mark.next_line, mark.fingerprint))


def forget_mark(cursor: Cursor, *, source: str) -> None:
    """Forget a file that was read to its end."""
    cursor.execute(DELETE_MARK, (source,))
