"""What the README tells people to do can be done, and what it points to is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.embedded import embedded_postgres
from cli.exit_codes import ExitCode
from cli.main import app
from domain.decode import Accepted, decode
from domain.events import EVENT_TYPES
from tests.cli.running import TIMEOUT_S, environment

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


def test_one_changed_byte_is_named_as_the_readme_shows() -> None:
    """The commands of `Check it`, as they stand there, end with damage at the position named."""
    found = re.search(r"((?:    toldonce import examples.*\n)(?:    .*\n)+)", README)
    assert found is not None
    commands = textwrap.dedent(found[1])
    said = re.search(r"position (\d+)  expected", commands)
    assert said is not None
    with tempfile.TemporaryDirectory(prefix="toldonce-readme-") as home:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        with embedded_postgres(Path(home)):
            done = subprocess.run(
                ["bash", "-c", commands],  # noqa: S607 - whichever bash people have
                capture_output=True,
                text=True,
                cwd=ROOT,
                env=environment(Path(home), PATH=path),
                timeout=TIMEOUT_S,
                check=False,
            )
    assert done.returncode == ExitCode.DAMAGED, done.stderr
    intact, damaged = done.stdout.split("✖ DAMAGED")
    assert "● intact up to position" in intact
    assert f"position {said[1]}" in damaged


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/.]+)`", README))))
def test_the_tests_that_hold_a_guarantee_are_there(path: str) -> None:
    """A guarantee without its test is none."""
    assert (ROOT / path).exists()
