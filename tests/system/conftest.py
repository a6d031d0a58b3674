"""Real brokers and a real database for tests of the whole way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.brokers import shared_bootstrap
from tests.conftest import FOLDER
from tests.system.topics import Topic, topic_on

MakeTopic = Callable[[int], Topic]


@pytest.fixture(scope="session")
def bootstrap(pytestconfig: pytest.Config) -> Iterator[str]:
    """Lend the address of the run's broker, which is never stopped by a test."""
    with shared_bootstrap(pytestconfig.stash[FOLDER] / "kafka") as address:
        yield address


@pytest.fixture
def topic(bootstrap: str) -> Iterator[Topic]:
    """Lend a topic of the test's own with three partitions."""
    with topic_on(bootstrap, partitions=3) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a home for commands, in which the keyring is."""
    return tmp_path
