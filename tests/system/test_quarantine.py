"""From a publisher's mistake to quarantine and back, through Kafka."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.consumers.published import raw, write_lines
from tests.system.consumers import Installed, consumer, until
from tests.system.topics import Topic


@pytest.fixture
def installed(home: Path, database_url: str, topic: Topic) -> Installed:
    """Give an installation that reads the test's topic."""
    return Installed(home, database_url, topic, {})


def test_what_was_published_by_mistake_is_found_and_decided_about(
    installed: Installed, tmp_path: Path
) -> None:
    """The good neighbour is stored, and the counts add up before and after the decision."""
    mistake = b'\xff{"not": "an event"'
    path = write_lines(tmp_path / "events.ndjson", [raw(1), mistake, raw(2)])
    assert installed.command("publish", path, "--no-check", "--json").json()["acknowledged"] == 3

    def taken() -> bool:
        return sum(installed.reached().values()) == 3

    with consumer(installed, "--from", "earliest") as running:
        until(taken, running.said)
        assert running.stop() == 0
    origin = f"{installed.topic.name}/"
    (held,) = installed.command("quarantine", "list", "--origin", origin, "--json").json()["events"]
    assert held["origin"].startswith(origin)
    shown = installed.command("quarantine", "show", held["id"], "--json").json()
    assert shown["sent"]["base64"] == "/3sibm90IjogImFuIGV2ZW50Ig=="
    assert installed.command("quarantine", "retry", "--all", "--origin", origin).code == 1
    decided = ("quarantine", "discard", held["id"], "--reason", "no event at all")
    assert installed.command(*decided).code == 0
    status = installed.status().values()
    assert all(one["is_complete"] for one in status)
    assert (sum(one["stored"] for one in status), sum(one["invalid"] for one in status)) == (2, 1)
