"""Where events would be lost, or a topic is another one, that partition stands and says why."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from kafka import TopicPartition

from tests.brokers import EXTERNAL
from tests.conftest import FOLDER
from tests.needed import need
from tests.system.checking import NOTHING, found_in
from tests.system.consumers import Installed, until
from tests.system.lives import Life
from tests.system.topics import Topic, admin, events

# What is promised; it takes a fraction of it.
HALT_S = 10


@pytest.fixture
def installed(home: Path, database_url: str, topic: Topic) -> Installed:
    """Give an installation that reads the test's topic."""
    return Installed(home, database_url, topic, {})


def read_through(installed: Installed, life: Life) -> None:
    """Wait until everything acknowledged is consumed."""
    ends = {at: end for at, end in installed.topic.ends().items() if end}
    until(lambda: installed.reached() == ends, life.said)


def publish_to(installed: Installed, partition: int, numbers: range) -> None:
    """Publish events to one partition."""
    installed.topic.publish(sent._replace(partition=partition) for sent in events(numbers))


def delete_before(topic: Topic, partition: int, offset: int) -> None:
    """Have the broker delete records, as retention does."""
    with closing(admin(topic.bootstrap)) as asking:
        asking.delete_records({TopicPartition(topic.name, partition): offset})


def test_a_partition_that_was_never_begun_stands_until_somebody_says_where(
    installed: Installed,
) -> None:
    """No default begins to read; the command that does is named, and noted with who gave it."""
    installed.topic.publish(events(range(100)))
    life = Life(installed, begin="")
    try:
        until(lambda: len(installed.halts()) == 3, life.said)
        assert set(installed.halts().values()) == {"not_begun"}
        assert "`toldonce consume --from" in life.said()
        moved = installed.command("consume", "--skip-to", "earliest", "--actor", "ops")
        assert moved.code == 0, moved.err
        read_through(installed, life)
    finally:
        life.kill()
    assert installed.halts() == {}
    assert installed.moves() == [("ops", None, 0)] * 3


def test_retention_that_overtakes_halts_that_partition_alone(installed: Installed) -> None:
    """What was deleted unread is named by its offsets; going on is a command; the rest goes on."""
    publish_to(installed, 0, range(100))
    publish_to(installed, 1, range(100, 200))
    life = Life(installed)
    read_through(installed, life)
    assert life.stop() == 0
    publish_to(installed, 0, range(200, 300))
    delete_before(installed.topic, 0, 150)
    life = Life(installed)
    try:
        until(lambda: installed.halts() == {0: "overtaken"}, life.said, HALT_S)
        assert "offsets 100 to 149 were deleted" in life.said()
        publish_to(installed, 1, range(300, 400))
        until(lambda: installed.reached()[1] == 200, life.said)
        status = installed.command("consume", "--status")
        assert status.code == 1
        assert "--skip-to earliest --partition 0" in status.out.replace("\n", " ")
        installed.command("consume", "--skip-to", "earliest", "--actor", "ops")
        until(lambda: installed.reached()[0] == 200, life.said)
    finally:
        life.kill()
    one = installed.status()[0]
    assert (one["stored"], one["moved"], one["is_complete"]) == (150, 50, True)
    assert ("ops", 100, 150) in installed.moves()


def test_retention_of_what_was_read_is_no_reason_to_halt(installed: Installed) -> None:
    """The record that proves the source may be gone, as long as all that follows is there."""
    publish_to(installed, 0, range(100))
    life = Life(installed)
    read_through(installed, life)
    assert life.stop() == 0
    delete_before(installed.topic, 0, 100)
    publish_to(installed, 0, range(100, 150))
    life = Life(installed)
    try:
        until(lambda: installed.reached() == {0: 150}, life.said)
    finally:
        life.kill()
    truth = installed.topic.truth
    assert found_in(installed.database_url, installed.home, truth=truth) == NOTHING


@pytest.mark.parametrize("is_running", [True, False], ids=["while it runs", "between two runs"])
def test_a_topic_deleted_and_made_anew_halts_and_can_be_read_from_its_beginning(
    installed: Installed, is_running: bool
) -> None:
    """The same name and offsets are not the same topic."""
    publish_to(installed, 0, range(100))
    life = Life(installed)
    read_through(installed, life)
    if not is_running:
        assert life.stop() == 0
    installed.topic.delete()
    installed.topic.create()
    publish_to(installed, 0, range(1_000, 1_200))
    if not is_running:
        life = Life(installed)
    try:
        until(lambda: installed.halts().get(0) == "recreated", life.said, HALT_S)
        installed.command("consume", "--skip-to", "earliest")
        until(lambda: installed.reached().get(0) == 200, life.said)
        until(lambda: installed.halts() == {}, life.said)
    finally:
        life.kill()
    one = installed.status()[0]
    assert one["is_complete"]
    assert one["stored"] == 300


def test_a_topic_that_ends_before_what_was_read_halts(installed: Installed) -> None:
    """Brokers that lost what they acknowledged are not simply read on."""
    publish_to(installed, 0, range(100))
    life = Life(installed)
    read_through(installed, life)
    assert life.stop() == 0
    run_sql(installed, "UPDATE {} SET next_offset = 300, moved = 200, fingerprint = NULL {}")
    life = Life(installed)
    try:
        until(lambda: installed.halts() == {0: "truncated"}, life.said)
    finally:
        life.kill()


def test_another_record_where_the_last_one_was_read_halts(installed: Installed) -> None:
    """Another cluster can have the same topic, with other records at the same offsets."""
    publish_to(installed, 0, range(100))
    life = Life(installed)
    read_through(installed, life)
    assert life.stop() == 0
    run_sql(installed, "UPDATE {} SET topic_id = NULL, fingerprint = sha256('') {}")
    life = Life(installed)
    try:
        until(lambda: installed.halts() == {0: "changed"}, life.said)
        assert installed.reached() == {0: 100}
    finally:
        life.kill()


def test_a_batch_damaged_on_the_broker_halts_that_partition_after_all_before_it(
    installed: Installed, pytestconfig: pytest.Config
) -> None:
    """It is fetched twice, then named with why and where it ends; going on is a command."""
    need(EXTERNAL not in os.environ, "a broker whose files are here")
    publish_to(installed, 0, range(100))
    publish_to(installed, 0, range(100, 101))
    damage_end(segment_of(installed.topic, pytestconfig.stash[FOLDER]))
    publish_to(installed, 0, range(101, 120))
    publish_to(installed, 1, range(200, 300))
    life = Life(installed)
    try:
        until(lambda: installed.halts() == {0: "unreadable"}, life.said)
        until(lambda: installed.reached() == {0: 100, 1: 100}, life.said)
        assert "offset 100 cannot be read (its checksum is wrong)" in life.said()
        assert "--skip-to 101 --partition 0" in life.said()
        installed.command("consume", "--skip-to", "101", "--partition", "0")
        until(lambda: installed.reached()[0] == 120, life.said)
    finally:
        life.kill()


def segment_of(topic: Topic, folder: Path) -> Path:
    """Return the file in which the shared broker keeps partition 0."""
    (found,) = folder.glob(f"kafka/broker-*/data/{topic.name}-0/*.log")
    return found


def damage_end(segment: Path) -> None:
    """Change the last byte of the newest batch, behind the broker's back."""
    with segment.open("rb+") as stream:
        stream.seek(-1, os.SEEK_END)
        (last,) = stream.read()
        stream.seek(-1, os.SEEK_END)
        stream.write(bytes([last ^ 1]))


def run_sql(installed: Installed, statement: str) -> None:
    """Change what is known of partition 0, as nobody should."""
    with closing(psycopg2.connect(installed.database_url)) as connection, connection:
        where = "WHERE partition = 0"
        connection.cursor().execute(statement.format("log.ingest_offsets", where))
