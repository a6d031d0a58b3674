"""That an application of the eventsourcing library runs on the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg2
import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import DataError, IntegrityError, StoredEvent

from eventlog.keyring import keyring_file
from eventlog.log import Log
from tests.eventlog.facts import accepted

# Of words this long none stands in sealed bytes by chance.
NAME = "Augusta Lovelace"


class Household(Aggregate):
    """An aggregate as this system has them: every event class says its topic."""

    class Event(Aggregate.Event):
        """What happens to a household."""

        TOPIC = "test.household.changed.v1"

    class Founded(Event, Aggregate.Created):
        """A household begins."""

        TOPIC = "test.household.founded.v1"

        name: str

    class Joined(Event):
        """Somebody joins a household."""

        TOPIC = "test.household.joined.v1"

        name: str

    @event(Founded)
    def __init__(self, name: str) -> None:
        self.names = [name]

    @event(Joined)
    def join(self, name: str) -> None:
        """Take somebody in."""
        self.names.append(name)


class Households(Application[UUID]):
    """An application on the log."""

    name = "households"


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """Give the settings of an application."""
    return {
        "PERSISTENCE_MODULE": "eventlog.factory",
        "DATABASE_URL": database_url,
        "KEYRING_FILE": str(tmp_path / "keyring.json"),
    }


@pytest.fixture
def households(environment: dict[str, str]) -> Iterator[Households]:
    """Give an application on an empty log."""
    with Households(environment) as application:
        yield application


def test_an_aggregate_comes_back_as_it_was_saved(households: Households) -> None:
    """Saving answers with positions, getting replays the stream, also up to a version."""
    household = Household(NAME)
    household.join("Grace Hopper")
    recordings = households.save(household)
    restored: Household = households.repository.get(household.id)
    earlier: Household = households.repository.get(household.id, version=1)
    assert [recording.notification.id for recording in recordings] == [1, 2]
    assert restored == household
    assert earlier.names == [NAME]


def test_an_unknown_aggregate_is_not_found(households: Households) -> None:
    """A stream without entries is no aggregate."""
    with pytest.raises(AggregateNotFoundError):
        households.repository.get(Household(NAME).id)


def test_the_notification_log_tells_topics_and_positions(households: Households) -> None:
    """Sections and selections number as the log does."""
    household = Household(NAME)
    household.join("Grace Hopper")
    households.save(household)
    selected = households.notification_log.select(start=1, limit=10)
    assert [(n.id, n.topic) for n in selected] == [
        (1, "test.household.founded.v1"),
        (2, "test.household.joined.v1"),
    ]
    assert [n.id for n in households.notification_log["1,10"].items] == [1, 2]
    joined = households.mapper.to_domain_event(selected[1])
    assert isinstance(joined, Household.Joined)


def test_of_two_applications_that_change_one_aggregate_one_is_refused(
    households: Households, environment: dict[str, str]
) -> None:
    """The later one gets an integrity error, and succeeds on what is there now."""
    household = Household(NAME)
    households.save(household)
    with Households(environment) as others:
        theirs: Household = others.repository.get(household.id)
        household.join("Grace Hopper")
        households.save(household)
        theirs.join("Mary Somerville")
        with pytest.raises(IntegrityError):
            others.save(theirs)
        theirs = others.repository.get(household.id)
        theirs.join("Mary Somerville")
        others.save(theirs)
    restored: Household = households.repository.get(household.id)
    assert restored.names == [NAME, "Grace Hopper", "Mary Somerville"]


def test_facts_from_outside_and_aggregates_share_one_order(
    households: Households, environment: dict[str, str]
) -> None:
    """A fact between two saves stands between them in the log, and in nobody's aggregate."""
    log = Log(environment["DATABASE_URL"], keyring_file(Path(environment["KEYRING_FILE"])))
    household = Household(NAME)
    households.save(household)
    log.append(log.draft([accepted(1)]))
    log.close()
    household.join("Grace Hopper")
    [recording] = households.save(household)
    assert recording.notification.id == 3
    assert households.repository.get(household.id) == household


def test_nothing_of_an_aggregate_is_kept_in_plain_text(
    households: Households, environment: dict[str, str]
) -> None:
    """No column of any entry holds what the aggregate was told."""
    households.save(Household(NAME))
    connection = psycopg2.connect(environment["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT entries::text, sealed FROM log.entries")
        [(row, sealed)] = cursor.fetchall()
    connection.close()
    for part in NAME.split():
        assert part not in row
        assert part.encode() not in bytes(sealed)
        assert part.encode().hex() not in row


def test_a_state_under_a_type_of_the_contract_must_be_that_event(
    households: Households,
) -> None:
    """Readers take every entry of such a type for a fact; nothing else gets there."""
    stored = StoredEvent(uuid4(), 1, "toldonce.promise.lapsed.v1", b'{"promise_id": "P-1"}')
    with pytest.raises(DataError, match="is not an event of its type"):
        households.recorder.insert_events([stored])
    assert households.recorder.max_notification_id() is None


def test_what_events_erase_is_destroyed_with_them(households: Households) -> None:
    """The same transaction takes the keys; nothing is ever filed there again."""
    household, other = Household(NAME), Household(NAME)
    households.save(household)
    households.save(other, erases=[household.id])
    with pytest.raises(DataError, match="was erased"):
        households.repository.get(household.id)
    household.join("Grace Hopper")
    with pytest.raises(IntegrityError, match="was erased"):
        households.save(household)
    restored: Household = households.repository.get(other.id)
    assert restored == other
