"""What is written behind is written in its order, and all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor

from eventlog.database import Database
from projections import writing
from projections.writing import ROWS_MIN, Write, WritingCursor, execute_later, later
from tests.projections.world import World

MANY = ROWS_MIN


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    """Give a database with one table, whose cursors write behind."""
    with closing(Database(empty_database_url, search_path="public", cursors=WritingCursor)) as one:
        with one.transaction() as cursor:
            cursor.execute("CREATE TABLE told (number integer PRIMARY KEY)")
        yield one


def telling(number: int) -> Write:
    """Return what writes a number."""

    def write(cursor: Cursor) -> None:
        cursor.execute("SELECT pg_sleep(0.01); INSERT INTO told VALUES (%s)", (number,))

    return write


def told(cursor: Cursor) -> list[int]:
    """Return the numbers in the order in which they were written."""
    cursor.execute("SELECT number FROM told ORDER BY ctid")
    return [number for (number,) in cursor.fetchall()]


def test_whoever_reads_sees_all_that_was_asked_for_before(database: Database) -> None:
    """Writes come in the order in which they were asked for, small ones among them."""
    with database.transaction() as cursor:
        for number in (3, 1, 2):
            later(cursor, telling(number), rows=MANY if number == 3 else 1)
        assert told(cursor) == [3, 1, 2]
        execute_later(cursor, "DELETE FROM told WHERE number = %s", parameters=(1,))
        later(cursor, telling(1), rows=MANY)
    with database.transaction() as cursor:
        assert told(cursor) == [3, 2, 1]


def test_what_fails_is_raised_before_anything_is_kept(database: Database) -> None:
    """The first failure is the one that is told, and the transaction is taken back."""
    with pytest.raises(psycopg2.errors.UniqueViolation), database.transaction() as cursor:
        for number in (1, 1, 2):
            later(cursor, telling(number), rows=MANY)
    with database.transaction() as cursor:
        assert told(cursor) == []


def test_a_statement_raises_what_failed_before_it(database: Database) -> None:
    """Nobody reads past a failure."""
    with pytest.raises(psycopg2.errors.UniqueViolation), database.transaction() as cursor:
        later(cursor, telling(1), rows=MANY)
        later(cursor, telling(1), rows=MANY)
        told(cursor)
        pytest.fail("the statement was executed")


def test_an_error_of_ones_own_takes_back_what_is_being_written(database: Database) -> None:
    """What is not yet begun is never written, and what is gets no further than its transaction."""
    with pytest.raises(ZeroDivisionError), database.transaction() as cursor:
        later(cursor, telling(1), rows=MANY)
        later(cursor, telling(1), rows=MANY)
        raise ZeroDivisionError
    with database.transaction() as cursor:
        assert told(cursor) == []


def test_an_ordinary_cursor_writes_at_once(empty_database_url: str) -> None:
    """What has no thread needs none."""
    with closing(Database(empty_database_url)) as database, database.transaction() as cursor:
        execute_later(cursor, "CREATE TEMPORARY TABLE told (number integer)")
        later(cursor, telling(1), rows=MANY)
        assert told(cursor) == [1]


def test_views_written_behind_are_the_same_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late events, merges and promises come out as they do when each row is written at once."""
    world.tell(
        "2026-01-02T09:00 contact.started c-1 account_no:7731",
        "2026-01-02T09:05 promise.made P-1 account_no:7731 due_at=2026-01-04",
        "2026-01-02T10:00 contact.started c-2 account_no:8842",
        "2026-01-01T09:00 order.placed O-1 account_no:7731",
        "2026-01-03T12:00 identity.customers_merged merge_id=m-1 survivor=account_no:7731"
        " absorbed=account_no:8842",
        "2026-01-03T13:00 promise.kept P-1",
    )
    runner = world.runner(page_entries=2)
    runner.catch_up()
    at_once = world.tables()
    monkeypatch.setattr(writing, "ROWS_MIN", 0)
    runner.recreate()
    runner.catch_up()
    assert world.tables() == at_once
