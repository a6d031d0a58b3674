"""A small log that is appended to, and a signer of it with its record in the test's own folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from audit.formats.notes import SigningKey
from audit.keys import log_key_file
from audit.signer import Signer
from eventlog.keyring import Keyring, keyring_file
from eventlog.log import Log
from tests.audit.filled import fill
from tests.databases import Databases
from tests.eventlog.facts import accepted

Append = Callable[[int], int]
"""Appends so many further events, to few streams; returns the position of the last."""


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """Give a new keyring."""
    return keyring_file(tmp_path / "keyring.json")


@pytest.fixture
def append(database_url: str, keyring: Keyring) -> Iterator[Append]:
    """Give what appends further events."""
    with closing(Log(database_url, keyring)) as log:
        yield appending(log)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    """Give the key of a log."""
    return log_key_file(tmp_path / "signing.key", name="example.org/log")


@pytest.fixture
def signer(database_url: str, key: SigningKey, tmp_path: Path) -> Iterator[Signer]:
    """Give a signer of the log."""
    with closing(Signer(database_url, key, record=tmp_path / "signed.checkpoint")) as signer:
        yield signer


@pytest.fixture(scope="module")
def module_keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Give one keyring to all tests of a module."""
    return keyring_file(tmp_path_factory.mktemp("keyring") / "keyring.json")


@pytest.fixture(scope="module")
def signer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the signer of a module's log."""
    return tmp_path_factory.mktemp("signer")


@pytest.fixture(scope="module")
def filled_url(
    migrated_databases: Databases, module_keyring: Keyring, signer_folder: Path
) -> Iterator[str]:
    """Lend a log of everything that a log can hold to all tests of a module."""
    with migrated_databases.migrated() as url:
        fill(url, module_keyring, signer_folder)
        yield url


def appending(log: Log) -> Append:
    """Return what appends further events to a log, each with an id that is new there."""

    def append(count: int) -> int:
        first = log.reader.head().position
        events = [accepted(n, account=f"A{n % 5}") for n in range(first, first + count)]
        kept = log.append(log.draft(events))
        assert all(one.outcome == "stored" for one in kept)
        return first + count

    return append
