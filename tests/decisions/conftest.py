"""Decisions on a log that is empty at first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from decisions.decisions import Decisions
from eventlog.keyring import Keyring, keyring_file
from eventlog.log import Log


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """Give a new keyring."""
    return keyring_file(tmp_path / "keyring.json")


@pytest.fixture
def decisions(database_url: str, keyring: Keyring) -> Iterator[Decisions]:
    """Give decisions on an empty log."""
    with Decisions(database_url, keyring) as opened:
        yield opened


@pytest.fixture
def log(database_url: str, keyring: Keyring) -> Iterator[Log]:
    """Give the same log as another process has it."""
    opened = Log(database_url, keyring)
    yield opened
    opened.close()
