"""An open log and its intake, whose clock stands still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.intake import Intake
from eventlog.keyring import Keyring, keyring_file
from eventlog.log import Log
from tests.consumers.published import clock


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """Give a new keyring."""
    return keyring_file(tmp_path / "keyring.json")


@pytest.fixture
def log(database_url: str, keyring: Keyring) -> Iterator[Log]:
    """Give an empty log, open for writing."""
    log = Log(database_url, keyring)
    yield log
    log.close()


@pytest.fixture
def intake(log: Log) -> Intake:
    """Give the intake of an empty log."""
    return Intake(log, clock)
