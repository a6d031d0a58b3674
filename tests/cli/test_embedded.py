"""The embedded PostgreSQL: shared, stopped with its last user, silent about data."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from cli.embedded import EmbeddedPostgres, EmbeddedPostgresError, embedded_postgres

WAIT_S = 120
USER = """
import sys
from pathlib import Path
from cli.embedded import embedded_postgres
server = embedded_postgres(Path(sys.argv[1]))
print(server.url(), flush=True)
sys.stdin.read()
"""
CANARY = "canary-6f1d"


@pytest.fixture
def home() -> Iterator[Path]:
    """Lend a home that a server's own account can reach, whatever pytest does to its folders."""
    with tempfile.TemporaryDirectory(prefix="toldonce-home-") as folder:
        yield Path(folder)


def run(url: str, statement: str) -> list[Any]:
    """Run one statement by itself and return its rows."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def runs(home: Path) -> bool:
    """Say whether a server accepts connections in this home."""
    return (home / "postgres/data/.s.PGSQL.5432").exists()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, failing at a deadline."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


@contextmanager
def another_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that uses the server until its standard input closes."""
    with subprocess.Popen(
        [sys.executable, "-c", USER, home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """Return the URL that the process prints once it uses the server."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_it_starts_on_demand_and_stops_with_its_only_user(home: Path) -> None:
    """The database is there within the block and the server is gone after it."""
    with embedded_postgres(home) as server:
        assert run(server.url(), "SELECT current_database()") == [("toldonce",)]
        assert runs(home)
    assert not runs(home)


def test_data_are_there_again_after_the_next_start(home: Path) -> None:
    """A stopped server has lost nothing."""
    with embedded_postgres(home) as server:
        run(server.url(), "CREATE TABLE kept AS SELECT 7 AS n")
    with embedded_postgres(home) as server:
        assert run(server.url(), "SELECT n FROM kept") == [(7,)]


def test_our_settings_are_in_force_and_those_given_go_over_them(home: Path) -> None:
    """embedded settings, then the caller's, then the machine's own local.conf."""
    with embedded_postgres(home, settings={"work_mem": "9MB"}) as server:
        shown = {name: run(server.url(), f"SHOW {name}")[0][0] for name in ("jit", "work_mem")}
        assert shown == {"jit": "off", "work_mem": "9MB"}
        assert run(server.url(), "SHOW listen_addresses") == [("",)]
        assert run(server.url(), "SHOW synchronous_commit") == [("on",)]
    with (home / "postgres/data/local.conf").open("a") as local:
        local.write("jit = on\n")
    with embedded_postgres(home) as server:
        assert run(server.url(), "SHOW jit") == [("on",)]


def test_four_processes_that_start_at_once_share_one_server(home: Path) -> None:
    """All get in, to the same server, which stops when the last of them has ended."""
    with (
        another_process(home) as a,
        another_process(home) as b,
        another_process(home) as c,
        another_process(home) as d,
    ):
        urls = {first_line(process) for process in (a, b, c, d)}
        assert len(urls) == 1
        url = urls.pop()
        for process in (a, b, c):
            process.communicate()
            assert process.returncode == 0
            assert run(url, "SELECT 1") == [(1,)]
        d.communicate()
        assert not runs(home)


def test_a_killed_user_does_not_keep_the_server_running(home: Path) -> None:
    """Whoever is killed cannot say goodbye: the keeper notices."""
    with another_process(home) as process:
        assert run(first_line(process), "SELECT 1") == [(1,)]
        process.send_signal(signal.SIGKILL)
        process.wait(WAIT_S)
        wait_until(lambda: not runs(home))


def test_a_killed_user_is_not_in_the_way_of_the_next(home: Path) -> None:
    """The next start joins or starts anew, and stops the server as if nothing had been."""
    with another_process(home) as process:
        first_line(process)
        process.send_signal(signal.SIGKILL)
        with embedded_postgres(home) as server:
            assert run(server.url(), "SELECT 1") == [(1,)]
        process.wait(WAIT_S)
    assert not runs(home)


def test_a_killed_server_recovers_what_was_committed(home: Path) -> None:
    """After the server itself is killed, the next start replays its journal."""
    with embedded_postgres(home) as server:
        run(server.url(), "CREATE TABLE kept AS SELECT 7 AS n")
        pid = int((home / "postgres/data/postmaster.pid").read_text().split("\n")[0])
        os.kill(pid, signal.SIGKILL)
        with another_process(home) as process:
            assert run(first_line(process), "SELECT n FROM kept") == [(7,)]


def test_a_pid_file_whose_number_went_to_another_process_is_no_server(home: Path) -> None:
    """After a restart of the machine the old number can be anybody's."""
    with embedded_postgres(home) as server:
        data = home / "postgres/data"
        pid_file = (data / "postmaster.pid").read_text()
    lines = [str(os.getpid()), *pid_file.split("\n")[1:]]
    (data / "postmaster.pid").write_text("\n".join(lines))
    with embedded_postgres(home) as server:
        assert run(server.url(), "SELECT 1") == [(1,)]


def test_a_long_path_still_has_a_socket(home: Path) -> None:
    """A socket's path is limited to about a hundred bytes; a home's is not."""
    deep = home / ("a folder, with 'quotes' & a long name " * 3) / "b"
    deep.mkdir(parents=True)
    with embedded_postgres(deep) as server:
        assert run(server.url(), "SELECT 1") == [(1,)]


def test_a_half_made_data_directory_is_made_again(home: Path) -> None:
    """What an interrupted first start left behind is thrown away, not used."""
    rubbish = home / "postgres/making/data"
    rubbish.mkdir(parents=True)
    (rubbish / "PG_VERSION").write_text("18\n")
    with embedded_postgres(home) as server:
        assert run(server.url(), "SELECT 1") == [(1,)]


def test_a_home_that_was_removed_meanwhile_is_left_without_complaint(home: Path) -> None:
    """Nothing is left to stop: PostgreSQL notices the missing files by itself."""
    server = embedded_postgres(home)
    pid = int((home / "postgres/data/postmaster.pid").read_text().split("\n")[0])
    shutil.rmtree(home / "postgres")
    server.close()
    os.kill(pid, signal.SIGQUIT)


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT '{CANARY}'::uuid",
        f"DO $$ BEGIN RAISE EXCEPTION '{CANARY}'; END $$",
        f"DO $$ BEGIN RAISE WARNING '{CANARY}'; END $$",
        f"CREATE TABLE t (a text UNIQUE); INSERT INTO t VALUES ('{CANARY}'), ('{CANARY}')",
        f"SELECT syntax error {CANARY}",
    ],
)
def test_the_server_log_never_repeats_data(server: EmbeddedPostgres, statement: str) -> None:
    """Errors go to the client alone: their text can quote a value."""
    try:
        run(server.url(), statement)
    except psycopg2.Error as error:
        assert CANARY in str(error)
    assert CANARY not in server.log.read_text()


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """Lend one server to the tests that only ask it something."""
    with (
        tempfile.TemporaryDirectory(prefix="toldonce-home-") as folder,
        embedded_postgres(Path(folder)) as server,
    ):
        yield server


def test_data_of_another_version_are_refused_in_one_line(home: Path) -> None:
    """The message names the directory and both versions."""
    with embedded_postgres(home):
        pass
    (home / "postgres/data/PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedPostgresError, match="is of PostgreSQL 15, this is 18") as raised:
        embedded_postgres(home)
    assert "\n" not in str(raised.value)


def test_settings_that_cannot_be_read_point_to_the_log(home: Path) -> None:
    """A server that refuses to start says why in its log, and we say where that is."""
    with embedded_postgres(home):
        pass
    (home / "postgres/data/local.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedPostgresError, match=r"does not start, see .*server\.log"):
        embedded_postgres(home)


def test_a_home_that_cannot_be_made_is_said_in_one_line(home: Path) -> None:
    """A file in the way is named."""
    (home / "file").write_text("")
    with pytest.raises(EmbeddedPostgresError, match="file") as raised:
        embedded_postgres(home / "file")
    assert "\n" not in str(raised.value)


def test_a_public_socket_folder_of_somebody_else_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever puts the folder there first could otherwise pose as our server."""
    monkeypatch.setattr("cli.embedded.cluster.SHORT_PLACE", home)
    monkeypatch.setattr("cli.embedded.cluster.SOCKET_PATH_MAX", 0)
    with embedded_postgres(home):
        (planted,) = home.glob("toldonce-*")
    assert not planted.exists()
    planted.mkdir()
    planted.chmod(0o777)  # noqa: S103 - the attack
    with pytest.raises(EmbeddedPostgresError, match="directory of the server's account alone"):
        embedded_postgres(home)
