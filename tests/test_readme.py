"""What the README tells people to do can be done, and what it points to is there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.main import app
from domain.decode import Accepted, decode
from domain.events import EVENT_TYPES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_event_of_the_readme_is_accepted() -> None:
    """Who pastes it gets `stored`."""
    found = re.search(r"-d '(\{.*?\}\}?)'\n", README, re.DOTALL)
    assert found is not None
    verdict = decode(found[1].encode(), now=datetime(2026, 3, 3, tzinfo=UTC))
    assert isinstance(verdict, Accepted), verdict


def test_the_number_of_types_is_the_contract_s() -> None:
    """The README counts as the registry does."""
    assert f"lists the {len(EVENT_TYPES)} types" in README


def test_every_command_of_the_readme_exists() -> None:
    """Each `toldonce WORD` is a command or a group of commands."""
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    commands |= {group.name or "" for group in app.registered_groups}
    told = set(re.findall(r"toldonce ([a-z]+)", README))
    assert told
    assert told - commands == set()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/.]+)`", README))))
def test_the_tests_that_hold_a_guarantee_are_there(path: str) -> None:
    """A guarantee without its test is none."""
    assert (ROOT / path).exists()
