"""A log with its projections, for tests: tell events, bring the views up, look at every table."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg2.extensions import cursor as Cursor

from decisions.decisions import Decisions
from domain.decode import Accepted, decode
from eventlog.database import Database
from eventlog.keyring import Keyring
from eventlog.log import Kept, Log
from projections.page import Page, View
from projections.runner import Runner
from tests.notation import cloud_event

NOW = datetime(2100, 1, 1, tzinfo=UTC)

SELECT_TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = 'views' AND tablename <> 'view_versions'
ORDER BY tablename
"""
SELECT_CUSTOMERS = "SELECT DISTINCT customer_id::text FROM timeline WHERE position > %s"


class World:
    """One log and the ways to move and to see its views."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self.url = url
        self.keyring = keyring
        self.log = Log(url, keyring)
        self.database = Database(url, search_path="views")
        self.decisions = Decisions(url, keyring)
        self.runners: list[Runner] = []
        self._paging: dict[int, Runner] = {}
        self.told = 0

    def tell(self, *lines: str) -> list[Kept]:
        """Append events of the compact notation in one batch."""
        raw = []
        for line in (line.strip() for block in lines for line in block.splitlines()):
            if line:
                self.told += 1
                raw.append(json.dumps(cloud_event(line, id=f"t{self.told}")).encode())
        return self.append(raw)

    def show(self, *lines: str) -> None:
        """Append events and bring the views up to them."""
        self.tell(*lines)
        if not self.runners:
            self.runner()
        self.runners[0].catch_up()

    def show_in_pieces(
        self, runner: Runner, lines: Iterable[str], *, is_end: Callable[[], bool]
    ) -> int:
        """Tell lines, with the views brought up wherever it is an end; return the position."""
        piece: list[str] = []
        for line in lines:
            piece.append(line)
            if is_end():
                self.tell(*piece)
                runner.catch_up()
                piece = []
        self.tell(*piece)
        return runner.catch_up()

    def append(self, raw: Iterable[bytes]) -> list[Kept]:
        """Append raw events in one batch."""
        verdicts = [decode(one, now=NOW) for one in raw]
        refused = [verdict for verdict in verdicts if not isinstance(verdict, Accepted)]
        assert not refused, refused
        accepted = [verdict for verdict in verdicts if isinstance(verdict, Accepted)]
        return self.log.append(self.log.draft(accepted))

    def runner(self, *, views: Sequence[View] | None = None, page_entries: int = 1000) -> Runner:
        """Return a new runner, closed with this world."""
        runner = Runner(self.url, self.keyring, views=views, page_entries=page_entries)
        self.runners.append(runner)
        return runner

    def paging(self, entries: int) -> Runner:
        """Return the runner with pages of so many entries, the same for every example."""
        if entries not in self._paging:
            self._paging[entries] = self.runner(page_entries=entries)
        return self._paging[entries]

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every view, sorted."""
        with self.database.transaction() as cursor:
            cursor.execute(SELECT_TABLES)
            names = [name for (name,) in cursor.fetchall()]
            return {name: _rows(cursor, name) for name in names}

    def customers_since(self, position: int) -> list[str]:
        """Return who has an event after a position."""
        return [customer_id for (customer_id,) in self.rows(SELECT_CUSTOMERS, position)]

    def rows_of(self, table: str, customers: Collection[str]) -> list[tuple[Any, ...]]:
        """Return the rows of these customers in a table, sorted."""
        with self.database.transaction() as cursor:
            cursor.execute(
                f'SELECT * FROM "{table}" WHERE customer_id = ANY(%s::uuid[])', (list(customers),)
            )
            return _fetched(cursor)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the views."""
        with self.database.transaction() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()

    def close(self) -> None:
        """Close every connection."""
        for runner in self.runners:
            runner.close()
        self.log.close()
        self.decisions.close()
        self.database.close()


class FailingView:
    """A view that refuses the page with a certain position, after the others wrote theirs."""

    name = "failing"
    sql = "CREATE TABLE failing (position bigint PRIMARY KEY)"

    def __init__(self, position: int) -> None:
        self.position = position

    def needs_history(self, page: Page, cursor: Cursor) -> set[Any]:
        """Ask for nobody."""
        return set()

    def apply(self, page: Page, cursor: Cursor) -> None:
        """Write each position once, and fail at the chosen one."""
        for event in page.events:
            cursor.execute("INSERT INTO failing VALUES (%s)", (event.position,))
            if event.position == self.position:
                raise ValueError("Ann Lee, 12 Elm Street")

    def forget(self) -> None:
        """Remember nothing anyway."""


def _rows(cursor: Cursor, name: str) -> list[tuple[Any, ...]]:
    cursor.execute(f'SELECT * FROM "{name}"')
    return _fetched(cursor)


def _fetched(cursor: Cursor) -> list[tuple[Any, ...]]:
    rows = [tuple(_plain(value) for value in row) for row in cursor.fetchall()]
    return sorted(rows, key=repr)


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value
