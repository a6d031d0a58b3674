"""Erasures that a set of views has not come to yet: no copy of it is to be left lying."""

from __future__ import annotations

from psycopg2.extensions import cursor as Cursor

from domain.events import ErasureExecuted

SELECT = """
SELECT EXISTS (SELECT FROM log.entries WHERE position > %s AND position <= %s AND type = %s)
"""


def is_erased_between(cursor: Cursor, after: int, *, until: int) -> bool:
    """Say whether views that stand at `after` show somebody of whom nothing is to be kept."""
    cursor.execute(SELECT, (after, until, ErasureExecuted.TOPIC))
    (erased,) = cursor.fetchone() or (True,)
    return bool(erased)
