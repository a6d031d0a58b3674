"""Entries in groups that have nothing to do with one another, so that each is read by itself.

Promise: who somebody is, and what is told of them, rests on entries of one group alone. Two entries
are of one group where anything names both, by what the log says that they observed, and where a
chain of such entries leads from one to the other.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from psycopg2.extensions import cursor as Cursor

from projections.rebuild import statements

# A sort in memory instead of on disk, as far as it goes; it is given back with the transaction.
SORT_MEMORY = "SET LOCAL work_mem = '64MB'"
# All entries that something names, wherever it names several.
DECLARE = f"""
DECLARE named_together NO SCROLL CURSOR FOR SELECT array_agg(position) FROM (
    SELECT position, unnest(observed || stream_id) AS named FROM log.entries WHERE position <= %s
    UNION ALL SELECT position, named FROM {statements.TABLE}
) AS told GROUP BY named HAVING count(*) > 1
"""  # noqa: S608 - a constant
FETCHED_ROWS = 5_000
FETCH = f"FETCH {FETCHED_ROWS} FROM named_together"
CLOSE = "CLOSE named_together"


class Groups:
    """Entries 1 to `entries`, each in a group of its own until some are joined."""

    def __init__(self, entries: int) -> None:
        # Each leads to an earlier one of its group; the first of a group leads to itself.
        self._earlier = array("q", range(entries + 1))

    def join(self, positions: Sequence[int]) -> None:
        """Make one group of those of these entries."""
        firsts = {self._first(position) for position in positions}
        first = min(firsts)
        for other in firsts:
            self._earlier[other] = first

    def firsts(self) -> array[int]:
        """Return the first entry of the group of each entry, of the unused entry 0 too."""
        earlier = self._earlier
        for position, led in enumerate(earlier):
            # Whoever comes before leads to its first already.
            earlier[position] = earlier[led]
        return earlier

    def _first(self, position: int) -> int:
        earlier = self._earlier
        while (led := earlier[position]) != position:
            earlier[position] = position = earlier[led]
        return position


def firsts(cursor: Cursor, *, target: int) -> array[int]:
    """Return the first entry of the group of each entry up to `target`, by position.

    It is asked in the transaction in which `statements` noted what these name.
    """
    groups = Groups(target)
    cursor.execute(SORT_MEMORY)
    cursor.execute(DECLARE, (target,))
    for positions in _fetched(cursor):
        groups.join(positions)
    found = groups.firsts()
    cursor.execute(CLOSE)
    return found


def one_group(entries: int) -> array[int]:
    """Return the same where all entries are of one group.

    So it is where they are read to name more than was observed, as another version may read them.
    """
    return array("q", [0] + [1] * entries)


def _fetched(cursor: Cursor) -> Iterator[list[int]]:
    while True:
        cursor.execute(FETCH)
        rows = cursor.fetchall()
        yield from (positions for (positions,) in rows)
        if len(rows) < FETCHED_ROWS:
            return
