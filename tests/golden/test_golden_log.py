"""What any version ever stored can be read, and hashes to what it hashed to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from decisions.decisions import Decisions
from domain.decisions.refusals import DecisionRefused
from domain.events import EVENT_TYPES
from eventlog import merkle
from eventlog.database import Database
from eventlog.log import Log
from tests.decisions.asked import by, merged, unmerged
from tests.golden.kept import golden_keyring, kept_readings, load, readings

SELECT_COMMITMENTS = "SELECT stream_id, commitment FROM log.stream_keys"
ADDS = "python -m tests.golden.record adds what is missing"


@pytest.fixture
def golden_url(database_url: str) -> str:
    """Give the golden log in a database."""
    load(database_url)
    return database_url


@pytest.fixture
def log(golden_url: str) -> Iterator[Log]:
    """Give the golden log, opened."""
    with closing(Log(golden_url, golden_keyring())) as opened:
        yield opened


def test_every_type_and_version_that_can_be_published_is_in_it() -> None:
    """A new type of event is recorded there before it is released."""
    assert {one["stored"] for one in kept_readings()} >= EVENT_TYPES.keys(), ADDS


def test_every_entry_reads_as_it_did(log: Log) -> None:
    """Facts of all versions, as the newest states them; who was erased stays erased."""
    assert readings(log.reader) == kept_readings()
    assert sum(one["reads"] is None for one in kept_readings()) == 1


def test_leaves_and_root_follow_from_the_bytes(golden_url: str, log: Log) -> None:
    """The format of a leaf never drifts."""
    head = log.reader.head()
    entries = log.reader.read(0, head.position)
    with closing(Database(golden_url)) as database, database.transaction() as cursor:
        cursor.execute(SELECT_COMMITMENTS)
        commitments = {stream: bytes(commitment) for stream, commitment in cursor.fetchall()}
    leaves = [entry.leaf(commitments[str(entry.stream_id)]) for entry in entries]
    assert leaves == [entry.leaf_hash for entry in entries]
    frontier = merkle.extend([], leaves, size=0)
    assert merkle.root(frontier) == head.root


def test_what_was_decided_stays_decided(golden_url: str) -> None:
    """Aggregates stored by any version know what they were told."""
    with Decisions(golden_url, golden_keyring()) as decisions:
        for decide in (
            lambda: decisions.merge(merged(), by()),
            lambda: decisions.unmerge(unmerged(), by()),
        ):
            with pytest.raises(DecisionRefused):
                decide()


def test_the_golden_log_takes_new_facts(log: Log, golden_url: str) -> None:
    """A log of an older version is gone on with, not only read."""
    before = log.reader.head().position
    with Decisions(golden_url, golden_keyring()) as decisions:
        decisions.merge(merged("m-new"), by())
    assert log.reader.head().position == before + 1
