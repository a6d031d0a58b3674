"""What the log promises about one append."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from domain.handles import Handle
from eventlog import append as append_module
from eventlog import merkle
from eventlog.database import Database
from eventlog.errors import LogBroken, LogNotMigrated, WrongKeyring
from eventlog.keyring import Keyring, keyring_file
from eventlog.log import Log
from eventlog.sealing import StreamKeys
from tests.eventlog.facts import accepted, raw_event


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """Give a new keyring."""
    return keyring_file(tmp_path / "keyring.json")


@pytest.fixture
def log(database_url: str, keyring: Keyring) -> Iterator[Log]:
    """Give an empty log, open for writing."""
    log = Log(database_url, keyring)
    yield log
    log.close()


def take(log: Log, *numbers: int, **changes: str) -> list[tuple[str, int | None]]:
    """Append events by number and return what became of each."""
    kept = log.append(log.draft([accepted(number, **changes) for number in numbers]))
    return [(one.outcome, one.position) for one in kept]


def test_positions_and_versions_count_from_one(log: Log) -> None:
    """Positions count the whole log, versions each stream."""
    take(log, 1, 2, account="A")
    take(log, 3, account="B")
    take(log, 4, account="A")
    entries = log.reader.read(0, 10)
    assert [entry.position for entry in entries] == [1, 2, 3, 4]
    assert [entry.stream_version for entry in entries] == [1, 2, 1, 3]


def test_an_event_is_known_by_source_and_id_for_ever(log: Log) -> None:
    """Same content is a duplicate, other content a conflict, another source another event."""
    assert take(log, 1) == [("stored", 1)]
    assert take(log, 1, 2) == [("duplicate", 1), ("stored", 2)]
    assert take(log, 1, purpose="other") == [("conflict", 1)]
    assert take(log, 1, source="elsewhere") == [("stored", 3)]
    assert log.reader.head().position == 3


def test_repeats_inside_one_batch_are_told_apart(log: Log) -> None:
    """The first of a key is stored; the same again is a duplicate, a changed one a conflict."""
    batch = [accepted(1), accepted(1), accepted(1, purpose="other"), accepted(2)]
    outcomes = [one.outcome for one in log.append(log.draft(batch))]
    assert outcomes == ["stored", "duplicate", "conflict", "stored"]


def test_a_rollback_gives_its_positions_back(log: Log) -> None:
    """What was rolled back leaves no hole and may come again."""
    take(log, 1)
    with pytest.raises(KeyError), log.transaction() as transaction:
        transaction.append(log.draft([accepted(2), accepted(3)]))
        raise KeyError
    assert take(log, 2) == [("stored", 2)]
    assert [entry.stream_version for entry in log.reader.read(0, 10)] == [1, 2]


def test_other_writes_commit_with_the_append_or_not_at_all(log: Log) -> None:
    """A write beside the append shares its fate."""
    insert = "INSERT INTO log.ingest_offsets (source, next_offset) VALUES (%s, 1)"
    with log.transaction() as transaction:
        transaction.cursor.execute(insert, ("kept",))
        transaction.append(log.draft([accepted(1)]))
    with pytest.raises(KeyError), log.transaction() as transaction:
        transaction.cursor.execute(insert, ("lost",))
        raise KeyError
    with log.transaction() as transaction:
        transaction.cursor.execute("SELECT source FROM log.ingest_offsets")
        assert transaction.cursor.fetchall() == [("kept",)]


def test_the_root_is_recomputed_from_stored_rows(log: Log, database_url: str) -> None:
    """Leaves and root follow from the rows alone; no key is needed to check them."""
    for start in range(0, 60, 7):
        take(log, *range(start, start + 7), account=str(start % 3))
    entries = log.reader.read(0, 1000)
    keys = StreamKeys(Database(database_url), log.reader._keyring)
    commitments = keys.find({entry.stream_id.bytes for entry in entries})
    leaves = [e.leaf(commitments[e.stream_id.bytes].commitment) for e in entries]
    assert leaves == [entry.leaf_hash for entry in entries]
    assert merkle.root(merkle.extend([], leaves, size=0)) == log.reader.head().root


def test_events_come_back_as_they_were_published(log: Log) -> None:
    """What was sealed opens to the same event, with its position."""
    take(log, 5)
    (event,) = log.reader.events(log.reader.read(0, 1))
    assert event is not None
    assert (event.id, event.position, event.data.contact_id) == ("e-5", 1, "c-5")


def test_a_stream_is_read_by_its_handle(log: Log) -> None:
    """An event is filed under its strongest identifier."""
    take(log, 1, 2, account="A")
    entries = log.reader.read_stream(Handle("account_no", "A"), after_version=1, limit=9)
    assert [entry.position for entry in entries] == [2]


def test_a_destroyed_key_hides_the_event_and_suppresses_the_next(
    log: Log, database_url: str, keyring: Keyring
) -> None:
    """Without its key an entry stays, hash and all, but nobody can read it or add to it."""
    take(log, 1)
    with log.transaction() as transaction:
        transaction.cursor.execute(
            "UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now()"
        )
    other = Log(database_url, keyring)
    assert other.reader.events(other.reader.read(0, 1)) == [None]
    assert take(other, 1, 2) == [("suppressed", None), ("suppressed", None)]
    other.close()


def test_parts_of_the_log_keep_duplicates_apart(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in an older part is found although the newest part's index does not hold it."""
    monkeypatch.setattr(append_module, "PART_ENTRIES", 5)
    take(log, *range(13))
    assert take(log, 3, 12, 13) == [("duplicate", 4), ("duplicate", 13), ("stored", 14)]
    assert [e.position for e in log.reader.read(0, 99)] == list(range(1, 15))
    versions = [entry.stream_version for entry in log.reader.read(0, 99)]
    assert versions == list(range(1, 15))


def test_two_writers_count_one_stream_together(
    log: Log, database_url: str, keyring: Keyring
) -> None:
    """Versions remembered by one process are caught up with what another wrote."""
    other = Log(database_url, keyring)
    for number in range(0, 20, 2):
        take(log, number)
        take(other, number + 1)
    assert [e.stream_version for e in log.reader.read(0, 99)] == list(range(1, 21))
    other.close()


def test_another_keyring_is_refused(log: Log, database_url: str, tmp_path: Path) -> None:
    """A log is never written with two sets of secrets."""
    stranger = keyring_file(tmp_path / "other.json")
    with pytest.raises(WrongKeyring, match="keyring is not the one"):
        Log(database_url, stranger)


def test_a_hole_is_damage_and_is_said_loudly(log: Log, database_url: str) -> None:
    """A reader stops at the first missing position and names it."""
    take(log, 1, 2, 3)
    with psycopg2.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; DELETE FROM log.entries WHERE position = 2"
        )
    with pytest.raises(LogBroken, match="position 2"):
        log.reader.read(0, 10)


def test_changed_bytes_are_damage(log: Log, database_url: str) -> None:
    """A flipped byte does not open and its position is named."""
    take(log, 1, 2)
    with psycopg2.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE log.entries SET sealed = set_byte(sealed, 30, 255 - get_byte(sealed, 30))"
            " WHERE position = 2"
        )
    with pytest.raises(LogBroken, match="position 2"):
        log.reader.events(log.reader.read(0, 10))


def test_a_database_without_the_log_is_named_as_such(
    empty_database_url: str, keyring: Keyring
) -> None:
    """Nobody writes into a database that was not migrated."""
    with pytest.raises(LogNotMigrated, match="toldonce migrate"):
        Log(empty_database_url, keyring)


def test_the_moment_of_a_position_is_found_by_halving(log: Log) -> None:
    """A recording time leads back to the newest position that was recorded by then."""
    take(log, 1, 2)
    take(log, 3)
    moments = [entry.recorded_at for entry in log.reader.read(0, 9)]
    assert [log.reader.position_at(moment) for moment in moments] == [2, 2, 3]


def test_raw_events_are_what_the_tests_think(log: Log) -> None:
    """The raw form and the stored body are the same JSON."""
    take(log, 9)
    (body,) = log.reader.bodies(log.reader.read(0, 1))
    assert body is not None
    assert len(body) <= len(raw_event(9))
