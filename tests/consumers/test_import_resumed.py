"""An import that was interrupted goes on where it stopped: nothing lost, nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from consumers import files
from consumers.files import Watcher, import_files
from consumers.intake import Intake
from eventlog.log import Log
from tests.consumers.importer import BATCH_LINES
from tests.consumers.published import ids_kept, raw, rows, write_lines
from tests.databases import until_nobody_writes

LINES = 20_000
BAD_EVERY = 97
KILLS = 4
DEADLINE_S = 120
POLL_S = 0.005
ROOT = Path(__file__).parents[2]


class Interrupted(Exception):
    """The test breaks an import off."""


class Heard(Watcher):
    """Remembers where an import began, and breaks it off after some batches."""

    def __init__(self, batches: int = 1_000_000) -> None:
        self.begun: list[tuple[str, str, int]] = []
        self.refusals: list[int] = []
        self._left = batches

    def resumed(self, file: str, line: int) -> None:
        """Remember that an import goes on."""
        self.begun.append(("resumed", file, line))

    def started_again(self, file: str) -> None:
        """Remember that an import starts again."""
        self.begun.append(("again", file, 1))

    def refused(self, file: str, line: int, *, verdict: object) -> None:
        """Remember a refused line."""
        self.refusals.append(line)

    def advanced(self, done: int, total: int | None, *, counts: Mapping[str, int]) -> None:
        """Break off when it is time."""
        self._left -= 1
        if not self._left:
            raise Interrupted


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make batches of ten lines."""
    monkeypatch.setattr(files, "BATCH_LINES", 10)


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """Give a file of a hundred events."""
    return write_lines(tmp_path / "story.ndjson", map(raw, range(100)))


def interrupt(path: Path, intake: Intake, *, batches: int = 3) -> int:
    """Break an import off and return how many events it stored."""
    with pytest.raises(Interrupted):
        import_files([path], intake, watcher=Heard(batches))
    stored = intake.log.reader.head().position
    assert 0 < stored < 100
    return stored


def test_an_interrupted_import_goes_on_where_it_stopped(intake: Intake, story: Path) -> None:
    """It says at which line, and meets none of its own events again."""
    stored = interrupt(story, intake)
    heard = Heard()
    tally = import_files([story], intake, watcher=heard)
    assert heard.begun == [("resumed", "story.ndjson", stored + 1)]
    assert (tally.stored, tally.duplicate) == (100 - stored, 0)
    assert ids_kept(intake.log) == [f"e-{number}" for number in range(100)]
    assert import_files([story], intake).duplicate == 100


def test_restarting_ignores_the_interruption(intake: Intake, story: Path) -> None:
    """On request everything is read from the beginning."""
    stored = interrupt(story, intake)
    heard = Heard()
    tally = import_files([story], intake, restart=True, watcher=heard)
    assert heard.begun == []
    assert (tally.stored, tally.duplicate) == (100 - stored, stored)


def test_a_changed_file_starts_again(intake: Intake, story: Path) -> None:
    """One byte before the place where it stopped is enough, and what was changed is not missed."""
    stored = interrupt(story, intake)
    events = [raw(number) for number in range(100)]
    events[4] = raw(4, purpose="other")
    write_lines(story, events)
    heard = Heard()
    tally = import_files([story], intake, watcher=heard)
    assert heard.begun == [("again", "story.ndjson", 1)]
    assert heard.refusals == [5]
    assert (tally.stored, tally.duplicate, tally.conflict) == (100 - stored, stored - 1, 1)


def test_a_file_that_grew_goes_on(intake: Intake, story: Path) -> None:
    """Appending to a file does not make it another."""
    stored = interrupt(story, intake)
    write_lines(story, map(raw, range(120)))
    heard = Heard()
    tally = import_files([story], intake, watcher=heard)
    assert heard.begun == [("resumed", "story.ndjson", stored + 1)]
    assert tally.stored == 120 - stored


def test_a_file_that_shrank_starts_again(intake: Intake, story: Path) -> None:
    """What is shorter than what was read of it is another file."""
    interrupt(story, intake)
    write_lines(story, map(raw, range(5)))
    heard = Heard()
    tally = import_files([story], intake, watcher=heard)
    assert heard.begun == [("again", "story.ndjson", 1)]
    assert (tally.stored, tally.duplicate) == (0, 5)


def test_only_the_interrupted_one_of_several_files_goes_on(
    intake: Intake, tmp_path: Path, story: Path
) -> None:
    """Files before it were finished: they are read again and give duplicates."""
    first = write_lines(tmp_path / "first.ndjson", (raw(n, source="first") for n in range(20)))
    with pytest.raises(Interrupted):
        import_files([first, story], intake, watcher=Heard(5))
    heard = Heard()
    tally = import_files([first, story], intake, watcher=heard)
    assert [name for _, name, _ in heard.begun] == ["story.ndjson"]
    assert tally.duplicate == 20
    assert intake.log.reader.head().position == 120


def test_kill_9_in_the_middle_loses_nothing_and_takes_nothing_twice(
    intake: Intake, log: Log, database_url: str, tmp_path: Path
) -> None:
    """Four times killed while it runs, then finished: every line has exactly one verdict."""
    lines = [b"{" if n % BAD_EVERY == 0 else raw(n) for n in range(LINES)]
    path = write_lines(tmp_path / "long.ndjson", lines)
    stored = [0]
    for _ in range(KILLS):
        kill_in_the_middle(log, database_url, path)
        stored.append(log.reader.head().position)
        assert stored[-2] < stored[-1] < LINES * 3 // 4, "the kill was not in the middle"
    marks = rows(log, "SELECT next_line - 1 FROM log.ingest_offsets")
    heard = Heard()
    tally = import_files([path], intake, watcher=heard)
    assert heard.begun == [("resumed", "long.ndjson", marks[0][0] + 1)]
    assert tally.duplicate == tally.conflict == 0
    good = [number for number in range(LINES) if number % BAD_EVERY]
    assert ids_kept(log) == [f"e-{number}" for number in good]
    assert tally.stored == len(good) - stored[-1]
    held = "SELECT seen_count, count(*)::int FROM log.quarantine GROUP BY seen_count"
    assert rows(log, held) == [(1, LINES - len(good))]


def kill_in_the_middle(log: Log, url: str, path: Path) -> None:
    """Start an import in a process of its own and kill it once the log has grown."""
    keyring = path.parent / "keyring.json"
    command = [sys.executable, "-m", "tests.consumers.importer", url, str(keyring), str(path)]
    before = log.reader.head().position
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        deadline = time.monotonic() + DEADLINE_S
        while log.reader.head().position < before + 3 * BATCH_LINES:
            assert process.poll() is None, "the import ended by itself"
            assert time.monotonic() < deadline, "the log does not grow"
            time.sleep(POLL_S)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    until_nobody_writes(url)
