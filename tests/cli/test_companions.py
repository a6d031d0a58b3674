"""Companions: processes beside the HTTP interface that never outlive it, and are missed."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from cli.companions import CompanionEnded, Order, companions
from cli.exit_codes import ExitCode
from cli.failures import exit_code_of
from cli.settings import Settings
from projections.ownership import OWNER_LOCK_ID
from tests.cli.running import COMMAND, environment
from tests.databases import holders, until_nobody_holds
from tests.over_http import get

DEADLINE_S = 120


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `serve` on a free port, and give the process with its URL."""
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home, **settings),
    ) as process:
        try:
            assert process.stderr
            said = next(line for line in process.stderr if line.startswith("serving"))
            yield process, said.split()[1].rstrip(",")
        finally:
            process.kill()


def companion_of(process: subprocess.Popen[str], role: str) -> psutil.Process:
    """Return the companion of a process that has this role."""
    (found,) = [
        child for child in psutil.Process(process.pid).children() if child.cmdline()[-1] == role
    ]
    return found


def eventually(is_so: Callable[[], bool]) -> None:
    """Poll until something is so."""
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_companion_that_is_killed_ends_the_command(database_url: str, tmp_path: Path) -> None:
    """With the exit code of what whoever supervises starts again, and a line that says which."""
    with serving(tmp_path, TOLDONCE_DATABASE_URL=database_url) as (process, _):
        companion_of(process, "projector").kill()
        out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (ExitCode.INFRASTRUCTURE, "")
    assert err.splitlines() == ["toldonce: the projector ended with signal 9"]


def test_no_companion_outlives_the_command(database_url: str, tmp_path: Path) -> None:
    """Killed as the kernel kills, it leaves nobody who projects, and the views to the next."""
    with serving(tmp_path, TOLDONCE_DATABASE_URL=database_url) as (process, url):
        eventually(lambda: get(f"{url}/readyz").is_success)
        projector = companion_of(process, "projector")
        eventually(lambda: holders(database_url, OWNER_LOCK_ID) == 1)
        process.kill()
        eventually(lambda: not projector.is_running())
    until_nobody_holds(database_url, OWNER_LOCK_ID)


def test_signals_for_all_processes_are_answered_by_one(database_url: str, tmp_path: Path) -> None:
    """A service manager tells all of them to end: that is no failure."""
    with serving(tmp_path, TOLDONCE_DATABASE_URL=database_url) as (process, url):
        # Before it answers, a signal ends it as it ends any command that is not done.
        eventually(lambda: get(f"{url}/readyz").is_success)
        projector = companion_of(process, "projector")
        for number in (signal.SIGINT, signal.SIGTERM):
            projector.send_signal(number)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=DEADLINE_S)
        assert not projector.is_running()
    assert (process.returncode, out, err) == (0, "", "")


def test_a_companion_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The line is its own, and so is the exit code."""
    settings = Settings(home=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/nothing")
    order = Order("projector", settings)
    with (
        pytest.raises(CompanionEnded, match="the projector ended: The database") as told,
        companions([order]) as beside,
    ):
        beside.wait_until_at_work()
    assert exit_code_of(told.value) is ExitCode.INFRASTRUCTURE
