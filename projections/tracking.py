"""How far the views have read; it is moved by compare and set, in the transaction of a page.

Positions live beside the log, so that everybody can see how far behind it a view is.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from projections.errors import OwnershipLost, ViewsOutdated

INSERT = "INSERT INTO log.tracking (name, position) VALUES %s ON CONFLICT (name) DO NOTHING"
SELECT = "SELECT name, position FROM log.tracking WHERE name = ANY(%s) ORDER BY name"
# What a crash takes from the views it takes from the tracking too, and it is read again.
ADVANCE = """
SET LOCAL synchronous_commit = off;
UPDATE log.tracking SET position = %s WHERE name = ANY(%s) AND position = %s
"""
RESET = "UPDATE log.tracking SET position = 0 WHERE name = ANY(%s)"


def begin(cursor: Cursor, names: Sequence[str]) -> None:
    """Track these views from the start of the log."""
    execute_values(cursor, INSERT, [(name, 0) for name in sorted(names)])
    cursor.execute(RESET, (list(names),))


def positions(cursor: Cursor, names: Sequence[str]) -> dict[str, int]:
    """Return the position of each view that is tracked."""
    cursor.execute(SELECT, (list(names),))
    return dict(cursor.fetchall())


def position(cursor: Cursor, names: Sequence[str]) -> int:
    """Return the one position at which all of these views stand.

    Raises:
        ViewsOutdated: they do not stand together.
    """
    found = positions(cursor, names)
    newest = max(found.values(), default=0)
    behind = [name for name in names if found.get(name) != newest]
    if behind:
        raise ViewsOutdated(views=", ".join(behind))
    return newest


def advance(cursor: Cursor, names: Sequence[str], *, expected: int, position: int) -> None:
    """Move all of these views on together.

    Raises:
        OwnershipLost: one of them does not stand at `expected`.
    """
    cursor.execute(ADVANCE, (position, list(names), expected))
    if cursor.rowcount != len(names):
        raise OwnershipLost(expected=expected)
