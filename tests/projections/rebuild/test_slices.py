"""Slices of a rebuild: who takes one has it alone, and knows how far others came with it."""

from __future__ import annotations

from array import array
from contextlib import closing
from threading import Thread

import pytest

from eventlog.database import Database
from eventlog.keyring import Keyring
from projections.catalog import new_units
from projections.rebuild import slices, state
from projections.slots import NEXT

# In so many pages, what another process had just done was missed some dozens of times.
PAGES = 3_000
TIMEOUT_S = 180.0


def cut_one_long_group(url: str, keyring: Keyring) -> None:
    """Make a rebuild of a log that is a single group."""
    with (
        closing(Database(url, search_path=NEXT.schema)) as database,
        database.transaction() as cursor,
    ):
        state.begin(cursor, new_units(keyring), target=PAGES)
        slices.cut(cursor, array("q", [0] + [1] * PAGES))


def take_pages(url: str, taken: list[int]) -> None:
    """Take a page of what is left, one after the other, and note how much was reached before."""
    with closing(Database(url, search_path=NEXT.schema)) as database:
        is_left = True
        while is_left:
            is_left = take_page(database, taken)


def take_page(database: Database, taken: list[int]) -> bool:
    """Take a page unless another has it; False where all is done."""
    with database.transaction() as cursor:
        one = slices.take(cursor)
        if one is None:
            return slices.counted(cursor).left > 0
        taken.append(one.reached)
        slices.note_reached(cursor, one, reached=one.reached + 1)
        if one.reached + 1 == one.entries:
            slices.note_done(cursor, one)
        return True


def test_each_page_of_a_long_group_is_taken_once(
    database_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever gets a slice in the moment that another lets go of it begins behind what that did."""
    monkeypatch.setattr(slices, "GROUP_ENTRIES_MAX", 1)
    cut_one_long_group(database_url, keyring)
    taken: list[int] = []
    threads = [Thread(target=take_pages, args=(database_url, taken)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert sorted(taken) == list(range(PAGES))
