"""What is written by way of a temporary table is all there, and the table empty again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from eventlog.database import Database
from projections.binary_rows import Upsert, integer, row, upsert_rows

COUNTED = Upsert(
    "pg_temp.written",
    "CREATE TEMPORARY TABLE IF NOT EXISTS written (LIKE counted)",
    "COPY pg_temp.written (number, said) FROM STDIN (FORMAT binary)",
    "INSERT INTO counted SELECT * FROM written "
    "ON CONFLICT (number) DO UPDATE SET said = excluded.said",
    "COPY counted (number, said) FROM STDIN (FORMAT binary)",
)
LONG = 10_000


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    """Give a database with one table."""
    with closing(Database(empty_database_url, search_path="public")) as one:
        with one.transaction() as cursor:
            cursor.execute("CREATE TABLE counted (number integer PRIMARY KEY, said text NOT NULL)")
        yield one


def write(database: Database, *numbers: int, said: str = "") -> None:
    """Write rows with these numbers in one transaction."""
    with database.transaction() as cursor:
        upsert_rows(cursor, COUNTED, rows=[row((integer(number), said)) for number in numbers])


def test_rows_take_the_place_of_those_that_are_there(database: Database) -> None:
    """Within a transaction and from one to the next, and what fails leaves nothing behind."""
    write(database, 1, 2, said="before")
    with database.transaction() as cursor:
        for said in ("first", "second"):
            upsert_rows(cursor, COUNTED, rows=[row((integer(2), said))])
        cursor.execute("SELECT number, said FROM counted ORDER BY number")
        assert cursor.fetchall() == [(1, "before"), (2, "second")]
    with pytest.raises(psycopg2.errors.CardinalityViolation):
        write(database, 3, 3)
    write(database, 4)
    with database.transaction() as cursor:
        cursor.execute("SELECT array_agg(number ORDER BY number) FROM counted")
        assert cursor.fetchall() == [([1, 2, 4],)]


def test_the_temporary_table_does_not_grow(database: Database) -> None:
    """It is empty after each write, and what was deleted from it is cut off now and then."""
    sizes = []
    for number in range(30):
        write(database, *range(number, number + 4), said=str(number) * LONG)
        with database.transaction() as cursor:
            cursor.execute("SELECT count(*), pg_table_size('pg_temp.written') FROM pg_temp.written")
            ((rows, size),) = cursor.fetchall()
        assert rows == 0
        sizes.append(size)
    assert sizes.count(min(sizes)) > 1, "it was cut more than once"
    assert max(sizes) < 3 * 262_144
