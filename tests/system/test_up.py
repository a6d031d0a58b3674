"""`toldonce up`: one command that reads Kafka, projects, tells lapses and serves."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.cli.running import COMMAND, environment, run
from tests.over_http import get, post
from tests.system.consumers import NOWHERE, until
from tests.system.topics import Sent, Topic

STOP_S = 300
# No number of a process, a port or a moment has letters in it.
ACCOUNT = "ANN-7731"
CALL = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "test",
    "type": "toldonce.contact.started.v1",
    "time": "2026-01-02T10:00:00Z",
    "data": {
        "identifiers": [{"type": "account_no", "value": ACCOUNT}],
        "contact_id": "c-1",
        "channel": "voice",
        "direction": "inbound",
    },
}
PROMISE = {
    **CALL,
    "id": "e-2",
    "type": "toldonce.promise.made.v1",
    "data": {
        "identifiers": [{"type": "account_no", "value": ACCOUNT}],
        "promise_id": "P-1",
        "what": "call back",
        "due_at": "2026-01-03T10:00:00Z",
    },
}


@contextmanager
def up(home: Path, *arguments: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run everything on a free port, and give the process with what it says first."""
    with subprocess.Popen(
        [COMMAND, "up", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home, **settings),
    ) as process:
        try:
            assert process.stderr
            yield process, next(line for line in process.stderr if line.startswith("serving"))
        finally:
            process.kill()


def variables(topic: Topic, database_url: str) -> dict[str, str]:
    """Return the settings of an installation that reads a topic."""
    return {
        "TOLDONCE_DATABASE_URL": database_url,
        "TOLDONCE_KAFKA_BOOTSTRAP_SERVERS": topic.bootstrap,
        "TOLDONCE_KAFKA_TOPIC": topic.name,
        "TOLDONCE_KAFKA_GROUP": topic.name,
    }


def test_what_is_published_is_in_the_brief_until_it_is_stopped(
    home: Path, database_url: str, topic: Topic
) -> None:
    """A call and a promise come by Kafka, an event by HTTP; the promise's lapse is told too."""
    topic.publish([Sent(json.dumps(event).encode(), ACCOUNT.encode()) for event in (CALL, PROMISE)])
    settings = variables(topic, database_url)
    with up(home, "--from", "earliest", **settings) as (process, said):
        url = said.split()[1].rstrip(",")
        assert f"reading {topic.name}" in said
        posted = post(
            f"{url}/v1/events",
            json=CALL | {"id": "e-3"},
            headers={"content-type": "application/cloudevents+json"},
        )
        assert posted.status_code == 201

        def known() -> list[str]:
            asked = {"identifier": f"account_no:{ACCOUNT}"}
            brief = get(f"{url}/v1/brief", params=asked).json()
            if not brief.get("customer_id"):
                return []
            told = get(f"{url}/v1/customers/{brief['customer_id']}/timeline").json()
            return sorted(event["type"].split(".")[-2] for event in told["events"])

        until(lambda: known() == ["lapsed", "made", "started", "started"], lambda: str(known()))

        def measured() -> str:
            return get(f"{url}/metrics").text

        # The consumer's own figures, and those of the views, are told by the one that serves.
        until(lambda: "toldonce_consume_batches_total" in measured(), measured)
        until(lambda: 'toldonce_view_lag_entries{view="story"} 0.0' in measured(), measured)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=STOP_S)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
    assert ACCOUNT not in err
    status = run(home, "consume", "--status", "--json", **settings).json()
    assert sum(one["stored"] for one in status["partitions"]) == 2
    assert all(one["is_complete"] for one in status["partitions"])


def test_a_consumer_that_is_killed_ends_it_all(home: Path, database_url: str, topic: Topic) -> None:
    """Whoever watches over it sees which one it was; nothing is left running."""
    with up(home, **variables(topic, database_url)) as (process, _):
        children = psutil.Process(process.pid).children(recursive=True)
        (consumer,) = [one for one in children if one.cmdline()[-1:] == ["consumer"]]
        consumer.kill()
        out, err = process.communicate(timeout=STOP_S)
        _, left = psutil.wait_procs(children, timeout=STOP_S)
        assert left == []
    assert (process.returncode, out) == (3, "")
    assert err.splitlines()[-1] == "toldonce: the consumer ended with signal 9"


def test_without_brokers_it_serves_alone(home: Path, database_url: str) -> None:
    """A machine that is fed by HTTP and files needs no Kafka."""
    with up(home, TOLDONCE_DATABASE_URL=database_url) as (process, said):
        assert "reading" not in said
        ready = f"{said.split()[1].rstrip(',')}/readyz"
        until(lambda: get(ready).status_code == 200, lambda: get(ready).text)
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_S) == 0


def test_brokers_that_are_not_there_are_one_line(home: Path, database_url: str) -> None:
    """Nothing is served then, and whoever watches over it starts it again."""
    done = run(home, "up", "--port", 0, TOLDONCE_DATABASE_URL=database_url, **NOWHERE)
    assert (done.code, done.out) == (3, "")
    said = done.err.splitlines()[-1]
    assert said.startswith("toldonce: the consumer ended: The brokers 127.0.0.1:1"), said
    assert "Traceback" not in done.err
