"""A log and its projections, empty at first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eventlog.keyring import Keyring, keyring_file
from projections.queries import Views
from tests.databases import Databases
from tests.projections.identity.graphs import Table, Tables
from tests.projections.world import World


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """Give a new keyring."""
    return keyring_file(tmp_path / "keyring.json")


@pytest.fixture
def world(database_url: str, keyring: Keyring) -> Iterator[World]:
    """Give an empty log with its projections."""
    world = World(database_url, keyring)
    yield world
    world.close()


@pytest.fixture(scope="module")
def tables(migrated_databases: Databases) -> Iterator[Tables]:
    """Lend the tables of the identity view to all examples of a property."""
    with migrated_databases.migrated() as url:
        lent = Tables(url)
        yield lent
        lent.close()


@pytest.fixture
def view(tables: Tables) -> Iterator[Table]:
    """Give an empty identity view."""
    with tables.empty() as empty:
        yield empty


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the reading side of a world."""
    views = Views(world.url, world.keyring)
    yield views
    views.close()


@pytest.fixture(scope="module")
def module_keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Give one keyring to all examples of a property, so that ids are the same in each log."""
    return keyring_file(tmp_path_factory.mktemp("keyring") / "keyring.json")
