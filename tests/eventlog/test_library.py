"""That the log is a persistence module of the eventsourcing library: its own tests, and ours."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from uuid import UUID, uuid4

import psycopg2
import pytest
from eventsourcing.persistence import (
    DatabaseError,
    DataError,
    InfrastructureFactory,
    InfrastructureFactoryError,
    IntegrityError,
    Notification,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Tracking,
)
from eventsourcing.tests import persistence as library
from eventsourcing.utils import Environment

from eventlog import sealing as sealing_module
from eventlog import streams as streams_module
from eventlog import subscription as subscription_module
from eventlog.factory import EventLogFactory
from eventlog.keyring import Keyring, keyring_file
from eventlog.log import Log
from eventlog.recorders import (
    EventLogAggregateRecorder,
    EventLogApplicationRecorder,
    EventLogProcessRecorder,
    EventLogTrackingRecorder,
)
from eventlog.streams import SealedStreams
from tests.eventlog.facts import accepted

# Long before a subscription would look by itself, also on a machine that is busy.
PROMPTLY_S = 60.0


class OwnTrackingRecorder(EventLogTrackingRecorder):
    """A reader's own recorder, as the library lets applications have."""


class AskedRecorder(EventLogApplicationRecorder):
    """Lets a test know that a subscription has looked for news, and so is about to wait."""

    def __init__(self, streams: SealedStreams) -> None:
        super().__init__(streams)
        self.asked = Event()

    def max_notification_id(self) -> int | None:
        """Answer as ever, and note it."""
        newest = super().max_notification_id()
        self.asked.set()
        return newest


class OnFreshLog:
    """Gives each test of the library a log of its own."""

    streams: SealedStreams

    @pytest.fixture(autouse=True)
    def _open(self, streams: SealedStreams) -> None:
        self.streams = streams


class TestAggregateRecorder(OnFreshLog, library.AggregateRecorderTestCase):
    """The library's test of an aggregate recorder."""

    def create_recorder(self) -> EventLogAggregateRecorder:
        """Give the recorder under test."""
        return EventLogAggregateRecorder(self.streams)


class TestApplicationRecorder(
    OnFreshLog, library.ApplicationRecorderTestCase[EventLogApplicationRecorder]
):
    """The library's test of an application recorder."""

    def create_recorder(self) -> EventLogApplicationRecorder:
        """Give the recorder under test."""
        return EventLogApplicationRecorder(self.streams)

    def test_insert_subscribe(self) -> None:
        """The library's test of subscriptions passes."""
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(OnFreshLog, library.TrackingRecorderTestCase):
    """The library's test of a tracking recorder."""

    def create_recorder(self) -> EventLogTrackingRecorder:
        """Give the recorder under test."""
        return EventLogTrackingRecorder(self.streams)


class TestProcessRecorder(OnFreshLog, library.ProcessRecorderTestCase):
    """The library's test of a process recorder."""

    def create_recorder(self) -> EventLogProcessRecorder:
        """Give the recorder under test."""
        return EventLogProcessRecorder(self.streams)


class TestNonInterleaving(OnFreshLog, library.NonInterleavingNotificationIDsBaseCase):
    """The library's test that concurrent batches do not interleave."""

    def create_recorder(self) -> EventLogApplicationRecorder:
        """Give the recorder under test."""
        return EventLogApplicationRecorder(self.streams)


class TestFactory(library.InfrastructureFactoryTestCase[EventLogFactory]):
    """The library's test of an infrastructure factory."""

    @pytest.fixture(autouse=True)
    def _environment(self, environment: dict[str, str]) -> None:
        self.env = Environment(env=environment)

    def expected_factory_class(self) -> type[EventLogFactory]:
        """Give the class that is to be found."""
        return EventLogFactory

    def expected_aggregate_recorder_class(self) -> type[EventLogAggregateRecorder]:
        """Give the class that is to be made."""
        return EventLogAggregateRecorder

    def expected_application_recorder_class(self) -> type[EventLogApplicationRecorder]:
        """Give the class that is to be made."""
        return EventLogApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[EventLogTrackingRecorder]:
        """Give the class that is to be made."""
        return EventLogTrackingRecorder

    def tracking_recorder_subclass(self) -> type[EventLogTrackingRecorder]:
        """Give another class that is to be made on demand."""
        return OwnTrackingRecorder

    def expected_process_recorder_class(self) -> type[EventLogProcessRecorder]:
        """Give the class that is to be made."""
        return EventLogProcessRecorder


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """Give the keyring that `environment` names."""
    return keyring_file(tmp_path / "keyring.json")


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """Give the settings of a factory."""
    return {
        "PERSISTENCE_MODULE": "eventlog.factory",
        "DATABASE_URL": database_url,
        "KEYRING_FILE": str(tmp_path / "keyring.json"),
    }


@pytest.fixture
def streams(database_url: str, keyring: Keyring) -> Iterator[SealedStreams]:
    """Give the empty log as the recorders use it."""
    opened = SealedStreams(database_url, keyring)
    yield opened
    opened.close()


@pytest.fixture
def recorder(streams: SealedStreams) -> EventLogProcessRecorder:
    """Give a recorder of every kind at once."""
    return EventLogProcessRecorder(streams)


def stored(
    stream: UUID, *versions: int, topic: str = "topic", state: bytes = b"{}"
) -> list[StoredEvent]:
    """Return events of these versions."""
    return [StoredEvent(stream, version, topic, state) for version in versions]


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run a statement past the log and return its rows."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


ERASE_ALL = "UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now()"


def test_a_database_url_is_all_that_is_needed(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keyring is made in the user's data directory when none is named."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    env = {"PERSISTENCE_MODULE": "eventlog.factory", "DATABASE_URL": database_url}
    factory = InfrastructureFactory.construct(env)
    assert factory.application_recorder().insert_events(stored(uuid4(), 1)) == [1]
    factory.close()
    assert (tmp_path / "toldonce" / "keyring.json").stat().st_mode & 0o777 == 0o600


def test_a_factory_without_database_url_is_refused() -> None:
    """The message names the missing setting."""
    with pytest.raises(InfrastructureFactoryError, match="DATABASE_URL is not set"):
        InfrastructureFactory.construct({"PERSISTENCE_MODULE": "eventlog.factory"})


def test_snapshots_are_refused(environment: dict[str, str]) -> None:
    """A log that only grows keeps no snapshots."""
    factory = InfrastructureFactory.construct(environment)
    with pytest.raises(InfrastructureFactoryError, match="snapshots are not kept"):
        factory.aggregate_recorder(purpose="snapshots")


def test_a_topic_must_name_a_recorder_of_this_log(environment: dict[str, str]) -> None:
    """A recorder of another store is refused before anything is opened."""
    topic = "eventsourcing.popo:POPOProcessRecorder"
    factory = InfrastructureFactory.construct(environment | {"PROCESS_RECORDER_TOPIC": topic})
    with pytest.raises(InfrastructureFactoryError, match="PROCESS_RECORDER_TOPIC must name"):
        factory.process_recorder()


def test_an_empty_database_is_migrated_unless_told_not_to(
    environment: dict[str, str], empty_database_url: str
) -> None:
    """CREATE_TABLE=f leaves the database as it is and says what it lacks."""
    empty = environment | {"DATABASE_URL": empty_database_url}
    refusing = InfrastructureFactory.construct(empty | {"CREATE_TABLE": "f"})
    with pytest.raises(ProgrammingError, match="toldonce migrate"):
        refusing.application_recorder()
    factory = InfrastructureFactory.construct(empty)
    assert factory.application_recorder().max_notification_id() is None
    factory.close()


def test_another_keyring_is_refused(
    environment: dict[str, str], streams: SealedStreams, tmp_path: Path
) -> None:
    """A log is opened with the secrets that it was begun with, or not at all."""
    other = environment | {"KEYRING_FILE": str(tmp_path / "other.json")}
    with pytest.raises(DatabaseError, match="not the one"):
        InfrastructureFactory.construct(other).application_recorder()


def test_a_database_that_is_away_is_the_librarys_operational_error(
    environment: dict[str, str],
) -> None:
    """Users of the library meet the library's errors alone."""
    nowhere = environment | {"DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    with pytest.raises(OperationalError, match="cannot be reached"):
        InfrastructureFactory.construct(nowhere).application_recorder()


def test_a_refusal_of_the_database_is_the_librarys_error(recorder: EventLogProcessRecorder) -> None:
    """A type that PostgreSQL cannot store is a data error, and nothing is kept."""
    with pytest.raises(DataError):
        recorder.insert_events(stored(uuid4(), 1, topic="nul\0"))
    assert recorder.max_notification_id() is None


def test_an_originator_id_must_be_a_uuid(recorder: EventLogProcessRecorder) -> None:
    """A text names no stream."""
    with pytest.raises(ProgrammingError, match="a UUID, not a str"):
        recorder.insert_events([StoredEvent("text", 1, "topic", b"")])
    with pytest.raises(ProgrammingError, match="a UUID, not a str"):
        recorder.select_events("text")


@pytest.mark.parametrize("version", [-1, 2**31])
def test_a_version_must_fit(recorder: EventLogProcessRecorder, version: int) -> None:
    """Versions count from 0 within four bytes."""
    with pytest.raises(DataError, match="is not between"):
        recorder.insert_events(stored(uuid4(), version))


def test_every_state_is_sealed(recorder: EventLogProcessRecorder, database_url: str) -> None:
    """Neither the table nor the ids that can be computed from it tell a state."""
    recorder.insert_events(stored(uuid4(), 1, state=b"Ada Lovelace"))
    [(sealed, source, observed)] = run(
        database_url, "SELECT sealed, source, observed = ARRAY[stream_id] FROM log.entries"
    )
    assert isinstance(sealed, memoryview)
    assert b"Lovelace" not in bytes(sealed)
    assert (source, observed) == ("toldonce", True)


def test_entries_of_the_library_are_leaves_like_all_others(
    recorder: EventLogProcessRecorder, database_url: str, keyring: Keyring
) -> None:
    """An auditor recomputes every leaf from the stored columns and the key's commitment."""
    recorder.insert_events(stored(uuid4(), 0, 1))
    [(commitment,)] = run(database_url, "SELECT commitment FROM log.stream_keys")
    log = Log(database_url, keyring)
    entries = log.reader.read(0, 10)
    log.close()
    assert isinstance(commitment, memoryview)
    assert [entry.leaf(bytes(commitment)) for entry in entries] == [e.leaf_hash for e in entries]


def test_an_erased_stream_takes_and_tells_nothing_more(
    streams: SealedStreams, database_url: str, keyring: Keyring
) -> None:
    """Its states are gone, its version cannot grow, its places stay as empty notifications."""
    stream, other = uuid4(), uuid4()
    EventLogProcessRecorder(streams).insert_events(stored(stream, 1))
    run(database_url, ERASE_ALL)
    reopened = SealedStreams(database_url, keyring)
    recorder = EventLogProcessRecorder(reopened)
    recorder.insert_events(stored(other, 1))
    with pytest.raises(IntegrityError, match="erased"):
        recorder.insert_events(stored(stream, 2))
    with pytest.raises(DataError, match="erased"):
        recorder.select_events(stream)
    notifications = recorder.select_notifications(1, 10)
    assert [(n.id, n.state) for n in notifications] == [(1, b""), (2, b"{}")]
    reopened.close()


def test_facts_from_outside_are_notifications_too(
    recorder: EventLogProcessRecorder, database_url: str, keyring: Keyring
) -> None:
    """One log holds both, in one order, and topics choose among them."""
    log = Log(database_url, keyring)
    recorder.insert_events(stored(uuid4(), 1))
    fact = accepted(1)
    log.append(log.draft([fact]))
    recorder.insert_events(stored(uuid4(), 1))
    topics = [n.topic for n in recorder.select_notifications(None, 10)]
    [chosen] = recorder.select_notifications(None, 10, topics=[fact.event.type])
    assert topics == ["topic", "toldonce.contact.started.v1", "topic"]
    assert (chosen.id, chosen.state) == (2, fact.body)
    [entry] = log.reader.read(1, 1)
    assert chosen.originator_id == entry.stream_id
    assert recorder.select_events(entry.stream_id)[0].state == fact.body
    log.close()


def test_a_long_stream_is_read_completely(
    recorder: EventLogProcessRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are invisible, in both directions, with any bounds and limits."""
    monkeypatch.setattr(streams_module, "PAGE_ENTRIES", 3)
    stream = uuid4()
    recorder.insert_events(stored(stream, *range(10)))

    def versions(**bounds: int | bool) -> list[int]:
        selected = recorder.select_events(stream, **bounds)  # type: ignore[arg-type]
        return [event.originator_version for event in selected]

    assert versions() == list(range(10))
    assert versions(desc=True) == list(range(9, -1, -1))
    assert versions(gt=1, lte=7) == [2, 3, 4, 5, 6, 7]
    assert versions(gt=1, lte=7, desc=True, limit=4) == [7, 6, 5, 4]
    assert versions(limit=9) == list(range(9))
    assert versions(limit=0) == []


def test_a_full_memory_of_keys_loses_none(
    recorder: EventLogProcessRecorder,
    database_url: str,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However few keys are remembered, every entry is opened."""
    first, second = uuid4(), uuid4()
    recorder.insert_events(stored(first, 1) + stored(second, 1))
    monkeypatch.setattr(sealing_module, "KEY_CACHE_MAX", 1)
    reopened = SealedStreams(database_url, keyring)
    again = EventLogProcessRecorder(reopened)
    assert len(again.select_events(first)) == 1
    assert [n.state for n in again.select_notifications(1, 2)] == [b"{}", b"{}"]
    reopened.close()


@pytest.mark.parametrize(
    ("start", "stop", "expected"), [(-5, 2, [1, 2]), (0, 0, []), (3, 2, []), (2, 99, [2, 3])]
)
def test_bounds_outside_the_log_are_harmless(
    recorder: EventLogProcessRecorder, start: int, stop: int, expected: list[int]
) -> None:
    """Whatever lies outside the log is simply not there."""
    recorder.insert_events(stored(uuid4(), 1, 2, 3))
    plain = recorder.select_notifications(start, 10, stop)
    chosen = recorder.select_notifications(start, 10, stop, topics=["topic"])
    assert [n.id for n in plain] == [n.id for n in chosen] == expected


def test_events_and_tracking_stand_or_fall_together(recorder: EventLogProcessRecorder) -> None:
    """A refused version takes the tracking back, a refused tracking the events."""
    stream = uuid4()
    recorder.insert_events(stored(stream, 1), tracking=Tracking("upstream", 1))
    with pytest.raises(IntegrityError, match="version 1 of stream .* is already there"):
        recorder.insert_events(stored(stream, 2, 1), tracking=Tracking("upstream", 2))
    with pytest.raises(IntegrityError, match="tracking of upstream"):
        recorder.insert_events(stored(stream, 2), tracking=Tracking("upstream", 1))
    assert recorder.max_tracking_id("upstream") == 1
    assert [event.originator_version for event in recorder.select_events(stream)] == [1]
    assert recorder.max_notification_id() == 1


def test_of_threads_that_add_one_version_one_wins(recorder: EventLogProcessRecorder) -> None:
    """The others get an integrity error, nothing else, and positions stay gapless."""
    stream = uuid4()
    outcomes: list[tuple[int, str]] = []

    def compete() -> None:
        for version in range(20):
            try:
                recorder.insert_events(stored(stream, version))
                outcomes.append((version, "stored"))
            except Exception as error:  # whatever it is, it is compared below
                outcomes.append((version, type(error).__name__))

    threads = [Thread(target=compete) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {outcome for _, outcome in outcomes} == {"stored", "IntegrityError"}
    assert sorted(v for v, outcome in outcomes if outcome == "stored") == list(range(20))
    assert [n.id for n in recorder.select_notifications(1, 100)] == list(range(1, 21))


def test_a_waiting_subscription_gives_what_another_process_adds(
    streams: SealedStreams, database_url: str, keyring: Keyring
) -> None:
    """It is woken by its clock, so it depends on nobody's notification."""
    recorder = AskedRecorder(streams)
    elsewhere = SealedStreams(database_url, keyring)

    def add() -> None:
        assert recorder.asked.wait(PROMPTLY_S)
        elsewhere.append(stored(uuid4(), 1))

    adding = Thread(target=add)
    adding.start()
    with recorder.subscribe() as subscription:
        assert next(subscription).id == 1
    adding.join()
    elsewhere.close()


def test_a_waiting_subscription_stops_promptly(
    streams: SealedStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopping from another thread ends a wait that would otherwise last for long."""
    monkeypatch.setattr(subscription_module, "POLL_S", 10 * PROMPTLY_S)
    recorder = AskedRecorder(streams)
    subscription = recorder.subscribe()
    given: list[Notification] = []
    waiting = Thread(target=lambda: given.extend(subscription))
    waiting.start()
    assert recorder.asked.wait(PROMPTLY_S)
    subscription.stop()
    waiting.join(PROMPTLY_S)
    assert not waiting.is_alive()
    assert given == []


def test_a_subscription_to_a_rare_topic_reads_on(
    recorder: EventLogProcessRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It passes windows without such an entry and pages that are full, and repeats nothing."""
    monkeypatch.setattr(subscription_module, "WINDOW_POSITIONS", 4)
    monkeypatch.setattr(subscription_module, "PAGE_NOTIFICATIONS", 2)
    for _ in range(2):
        recorder.insert_events(stored(uuid4(), *range(9)))
        recorder.insert_events(stored(uuid4(), 1, 2, 3, topic="rare"))
    with recorder.subscribe(topics=["rare"]) as subscription:
        assert [n.id for n in islice(subscription, 6)] == [10, 11, 12, 22, 23, 24]
