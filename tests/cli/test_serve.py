"""`toldonce serve` as a process: what is posted is in the next brief, and it stops cleanly."""

import base64
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import psycopg2
import pytest

from cli.following import following
from cli.listening import CannotListen, listener, listener_near, url_of
from eventlog.keyring import keyring_from
from projections.runner import Runner
from tests.cli.running import COMMAND, Done, environment, run
from tests.notation import cloud_event
from tests.over_http import get, post

STOP_S = 120
SECRET = base64.b64encode(bytes(32)).decode()
END_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
PHONE = "phone:+17175550142"
CALL = "2026-01-02T10:00 contact.started c1 phone:+17175550142 account_no:7731"
STRUCTURED = {"content-type": "application/cloudevents+json"}


@pytest.fixture
def settings(database_url: str) -> dict[str, str]:
    """Give the settings of an installation with a database of its own."""
    return {"TOLDONCE_DATABASE_URL": database_url}


@contextmanager
def serving(
    home: Path, *arguments: str, **settings: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a process that serves on a free port, and give it with its URL."""
    with subprocess.Popen(
        [COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home, TOLDONCE_HTTP_PORT="0", **settings),
    ) as process:
        try:
            yield process, _url(process)
        finally:
            process.kill()


def _url(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    said = process.stderr.readline()
    assert "serving http://" in said, said
    return said.split()[1].rstrip(",")


def stopped(process: subprocess.Popen[str], number: int) -> Done:
    """Stop a process with a signal and return what it left."""
    process.send_signal(number)
    out, err = process.communicate(timeout=STOP_S)
    return Done(process.returncode, out, err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_posted_is_in_the_next_brief_until_it_is_stopped(
    tmp_path: Path, settings: dict[str, str], number: int
) -> None:
    """One process takes events, projects and answers; nothing personal is logged."""
    with serving(tmp_path, "serve", **settings) as (process, url):
        event = json.dumps(cloud_event(CALL, id="t1"))
        posted = post(f"{url}/v1/events", content=event, headers=STRUCTURED)
        assert posted.status_code == 201
        asked = {"identifier": PHONE, "wait_for": posted.json()["position"]}
        brief = get(f"{url}/v1/brief", params=asked).json()
        assert brief["who"]["match"]["level"] == "known"
        assert get(f"{url}/readyz").json()["lag"] == 0
        # A command beside it waits for the running projector instead of doing its work.
        assert (
            run(tmp_path, "brief", PHONE, "--json", **settings).json()["known_at"]
            == posted.json()["position"]
        )
        done = stopped(process, number)
    assert (done.code, done.out) == (0, "")
    assert "7175550142" not in done.err
    assert "Traceback" not in done.err


def test_a_promise_lapses_while_it_is_served(tmp_path: Path, settings: dict[str, str]) -> None:
    """The clock beside the projector says so within seconds of the due time, and not before."""
    with serving(tmp_path, "serve", **settings) as (process, url):
        due_at = datetime.now(UTC) + timedelta(seconds=2)
        line = f"2026-01-02T10:00 promise.made P-1 {PHONE} due_at=2026-01-03"
        event = cloud_event(line, id="p1")
        event["data"]["due_at"] = due_at.isoformat()
        posted = post(f"{url}/v1/events", content=json.dumps(event), headers=STRUCTURED)
        assert posted.status_code == 201
        lapse = the_lapse(url, wait_for=posted.json()["position"])
        assert due_at <= datetime.fromisoformat(lapse["recorded_at"])
        assert datetime.fromisoformat(lapse["occurred_at"]) == due_at
        assert get(f"{url}/v1/promises").json()["promises"][0]["state"] == "broken"
        done = stopped(process, signal.SIGTERM)
    assert (done.code, done.out) == (0, "")


def the_lapse(url: str, *, wait_for: int) -> dict[str, Any]:
    """Wait for the one lapse in the timeline of the customer with PHONE."""
    brief = get(f"{url}/v1/brief", params={"identifier": PHONE, "wait_for": wait_for}).json()
    path = f"{url}/v1/customers/{brief['customer_id']}/timeline?type=promise.lapsed"
    deadline = time.monotonic() + STOP_S
    while not (found := get(path).json()["events"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (lapse,) = found
    return dict(lapse)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_clock_runs_until_it_is_stopped(
    tmp_path: Path, settings: dict[str, str], number: int
) -> None:
    """It needs nothing beside it, and ends without a trace."""
    with subprocess.Popen(
        [COMMAND, "clock"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path, **settings),
    ) as process:
        event = cloud_event(f"2026-01-02T10:00 promise.made P-1 {PHONE} due_at=2026-01-03", id="p")
        run(tmp_path, "import", "-", stdin=json.dumps(event), **settings)
        deadline = time.monotonic() + STOP_S
        while len(run(tmp_path, "timeline", PHONE, "--json", **settings).json()["events"]) < 2:
            assert time.monotonic() < deadline
        done = stopped(process, number)
    assert (done.code, done.out) == (0, "")
    assert "Traceback" not in done.err


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path, settings: dict[str, str]) -> None:
    """Nothing is started then."""
    with listener("127.0.0.1", 0) as taken:
        done = run(tmp_path, "serve", "--port", taken.getsockname()[1], **settings)
    assert done.code == 3
    assert "cannot listen on 127.0.0.1" in done.err
    assert done.err.count("\n") == 1


def test_a_server_whose_database_goes_away_ends(tmp_path: Path, settings: dict[str, str]) -> None:
    """With one line and an exit code, to be started again by whoever watches over it."""
    with serving(tmp_path, "serve", **settings) as (process, url):
        get(f"{url}/readyz")
        forget_connections(settings["TOLDONCE_DATABASE_URL"])
        out, err = process.communicate(timeout=STOP_S)
    assert (process.returncode, out) == (3, "")
    said = err.splitlines()[-1]
    assert said.startswith("toldonce: the projector ended: The database of the log"), said
    assert "Traceback" not in err


def forget_connections(url: str) -> None:
    """End every connection to the database, as a restart of PostgreSQL does."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(END_CONNECTIONS)


def test_what_ends_the_projector_ends_what_it_stands_beside(database_url: str) -> None:
    """The failure is told at once, and raised when the block ends."""
    runner = Runner(database_url, keyring_from(SECRET, SECRET), page_entries=-1)
    told = Event()
    with (
        pytest.raises(psycopg2.Error),
        following(runner.run_forever, name="projector", on_failure=told.set),
    ):
        assert told.wait(STOP_S)
    runner.close()


def test_what_ends_the_clock_ends_what_it_stands_beside() -> None:
    """A clock that nobody hears stop would let promises pass in silence."""

    def failing(stop: Event) -> None:
        raise OSError

    told = Event()
    with pytest.raises(OSError), following(failing, name="clock", on_failure=told.set):
        assert told.wait(STOP_S)


def test_a_demo_takes_any_port_when_its_own_is_taken() -> None:
    """A demo that cannot be shown is none; an address that is not ours stays an error."""
    with listener("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with listener_near("127.0.0.1", port) as other:
            assert other.getsockname()[1] != port
    with pytest.raises(CannotListen):
        listener_near("192.0.2.1", 0)


def test_an_answer_is_not_held_back_by_the_network() -> None:
    """A listening socket names its protocol, or every answer waits 40 ms to be sent."""
    with listener("127.0.0.1", 0) as listens:
        assert listens.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")])  # noqa: S104
def test_a_listening_socket_is_named_as_one_reaches_it(host: str, shown: str) -> None:
    """All addresses are none that a browser can open."""
    with listener(host, 0) as listens:
        assert url_of(listens) == f"http://{shown}:{listens.getsockname()[1]}"
