"""A desk whose customers are all told by the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.settings import Settings
from cli.wiring import installation
from tests.readers.desk import Desk


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Give a desk with an empty log, its views brought to the head."""
    settings = Settings(database_url=SecretStr(database_url), home=tmp_path)
    with installation(settings) as parts:
        parts.runner.catch_up()
        yield Desk(parts)
