"""What would change if the next views were the live ones: compared by customer, at one position.

Promise: it is told whose rows differ and in which columns, and never what stands in them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database
from projections.digests import CUSTOMER, NO_ROWS, Sums, by_customer, said_columns
from projections.errors import ProjectionsStalled, ViewsOutdated
from projections.ownership import PROJECTOR
from projections.rebuild.building import Building, Report
from projections.slots import LIVE, NEXT
from projections.tables import Unit, tables_of
from projections.tracking import ONE_MOMENT, Tracking

EXAMPLES_MAX = 3
# A customer of whom there is more is compared as far as this.
EXAMPLE_ROWS_MAX = 10_000
TRIES_MAX = 10

SELECT_ROWS = "SELECT {columns} FROM {table} WHERE {customer} = %s::uuid ORDER BY {key} LIMIT %s"
SELECT_KEY = """
SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
WHERE indrelid = %s::regclass AND indisprimary ORDER BY attnum
"""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """How a customer's rows of one table would change: how many, and in which columns."""

    table: str
    customer_id: str
    gone: int
    new: int
    changed: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableDifference:
    """How many customers differ in one table, and its rows then and now."""

    view: str
    table: str
    rows_live: int
    rows_next: int
    customers: int
    is_same: bool
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What would change, as of a position; `outdated` says why nothing could be compared."""

    position: int
    tables: tuple[TableDifference, ...]
    outdated: str | None = None

    @property
    def is_same(self) -> bool:
        """Say whether nothing would change."""
        return self.outdated is None and all(one.is_same for one in self.tables)


class Pair(NamedTuple):
    """One moment of the live views and one of the next, both at the same position."""

    live: Cursor
    next: Cursor


class Shadow:
    """Compares the next views with the live ones; neither waits for it."""

    def __init__(self, url: str, building: Building, *, units: Sequence[Unit]) -> None:
        self._building = building
        self._units = list(units)
        self._tracking = Tracking([unit.name for unit in units])
        self._live = Database(url, role=PROJECTOR, search_path=LIVE.schema)
        self._next = Database(url, role=PROJECTOR, search_path=NEXT.schema)

    def compare(self, bring_live: Callable[[int], int], report: Report) -> Difference:
        """Return what would change; `bring_live` takes the live views to a position.

        Raises:
            RebuildNotReady: there are no next views.
            RebuildUnderWay: another process moves them.
        """
        with self._building.alone():
            self._building.require_ready()
            found = self._tried(bring_live, report)
        self._building.come_to_erasures(report)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._live.close()
        self._next.close()

    def _tried(self, bring_live: Callable[[int], int], report: Report) -> Difference:
        for _ in range(TRIES_MAX):
            wanted = self._building.follow(self._next, report)
            try:
                bring_live(wanted)
            except ViewsOutdated as error:
                return Difference(wanted, (), outdated=str(error))
            found = self._compared(report)
            if found is not None:
                return found
        raise ProjectionsStalled(position=wanted, wanted=wanted, stall_s=0)

    def _compared(self, report: Report) -> Difference | None:
        """Compare at the position where the live views stand; None where they are behind."""
        with self._live.transaction() as live:
            live.execute(ONE_MOMENT)
            position = self._tracking.position(live)
            # This moment of the live views stays, whatever others do; the next are taken there.
            if self._building.follow_until(self._next, position, report=report) != position:
                return None
            with self._next.transaction() as theirs:
                theirs.execute(ONE_MOMENT)
                pair = Pair(live, theirs)
                return Difference(position, tuple(self._tables(pair)))

    def _tables(self, pair: Pair) -> Iterator[TableDifference]:
        for unit in self._units:
            for table in tables_of(unit):
                yield _compare(pair, unit.name, table=table)


def _compare(pair: Pair, view: str, *, table: str) -> TableDifference:
    rows_live = rows_next = customers = 0
    is_same = True
    named: list[str] = []
    for customer, here, there in _merged(
        by_customer(pair.live, table), by_customer(pair.next, table)
    ):
        rows_live += here.rows
        rows_next += there.rows
        if here == there:
            continue
        is_same = False
        if customer:
            customers += 1
            named += [customer] if len(named) < EXAMPLES_MAX else []
    examples = tuple(_example(pair, table, customer=customer) for customer in named)
    return TableDifference(view, table, rows_live, rows_next, customers, is_same, examples)


def _merged(
    live: Iterator[tuple[str, Sums]], after: Iterator[tuple[str, Sums]]
) -> Iterator[tuple[str, Sums, Sums]]:
    """Yield each customer of either with what the rows of both come to; both are in order."""
    told = heapq.merge(((*one, 0) for one in live), ((*one, 1) for one in after))
    for customer, group in groupby(told, key=itemgetter(0)):
        sums = {side: found for _, found, side in group}
        yield customer, sums.get(0, NO_ROWS), sums.get(1, NO_ROWS)


def _example(pair: Pair, table: str, *, customer: str) -> Example:
    here, there = (_rows(cursor, table, customer=customer) for cursor in pair)
    both = here.keys() & there.keys()
    changed = [key for key in both if here[key] != there[key]]
    columns = {
        name for key in changed for name in here[key] if here[key][name] != there[key].get(name)
    }
    gone, new = len(here) - len(both), len(there) - len(both)
    return Example(table, customer, gone, new, len(changed), tuple(sorted(columns)))


def _rows(cursor: Cursor, table: str, *, customer: str) -> dict[tuple[Any, ...], Row]:
    """Return the rows of a customer by their keys."""
    cursor.execute(SELECT_KEY, (table,))
    key = [column for (column,) in cursor.fetchall()]
    columns = said_columns(cursor, table)
    query = sql.SQL(SELECT_ROWS).format(
        columns=sql.SQL(", ").join(columns.values()),
        table=sql.Identifier(table),
        customer=sql.Identifier(CUSTOMER),
        key=sql.SQL(", ").join(map(sql.Identifier, key)),
    )
    cursor.execute(query, (customer, EXAMPLE_ROWS_MAX))
    rows = [dict(zip(columns, map(_plain, row), strict=True)) for row in cursor.fetchall()]
    return {tuple(row[column] for column in key): row for row in rows}


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value
