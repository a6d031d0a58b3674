"""After an erasure nobody reads the person or stores more about them, whatever they remembered."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from decisions.decisions import Decisions
from domain.decisions import PairSaid, PersonErased
from domain.handles import Handle
from eventlog import merkle
from eventlog.database import Database
from eventlog.keyring import Keyring
from eventlog.log import Log
from eventlog.sealing import StreamKeys
from tests.decisions.asked import ONE, OTHER, by, executed, linked, requested, unlinked
from tests.decisions.waiter import wait_and_append, wait_until
from tests.eventlog.facts import accepted
from tests.forked import FORKED

WAIT_S = 180
ACCOUNT = ONE.handle


@pytest.fixture
def other(database_url: str, keyring: Keyring) -> Iterator[Log]:
    """Give the log as yet another process has it, which knows no key yet."""
    opened = Log(database_url, keyring)
    yield opened
    opened.close()


def erase(decisions: Decisions, *streams: UUID, request_id: str = "r-1") -> None:
    """Request an erasure and execute it."""
    decisions.request_erasure(requested(request_id), by())
    decisions.execute_erasure(executed(request_id), by(), streams=streams)


def test_every_hash_stays_valid(
    decisions: Decisions, log: Log, keyring: Keyring, database_url: str
) -> None:
    """The root over the stored bytes is the head's, with keys destroyed before and after."""
    log.append(log.draft([accepted(1), accepted(2, account="8"), accepted(3)]))
    erase(decisions, keyring.stream_of(ACCOUNT))
    log.append(log.draft([accepted(4, account="8")]))
    head = log.reader.head()
    entries = log.reader.read(0, 100)
    keys = StreamKeys(Database(database_url), keyring).find({e.stream_id.bytes for e in entries})
    leaves = [entry.leaf(keys[entry.stream_id.bytes].commitment) for entry in entries]
    assert leaves == [entry.leaf_hash for entry in entries]
    assert merkle.root(merkle.extend([], leaves, size=0)) == head.root
    assert head.position == 6


def test_what_another_remembers_is_read_no_more(
    decisions: Decisions, log: Log, keyring: Keyring
) -> None:
    """A reader that has the key in memory opens nothing with it."""
    log.append(log.draft([accepted(1), accepted(2, account="8")]))
    entries = log.reader.read(0, 2)
    assert None not in log.reader.bodies(entries)
    erase(decisions, keyring.stream_of(ACCOUNT))
    mine, theirs = log.reader.bodies(entries)
    assert mine is None
    assert theirs is not None


def test_what_another_had_sealed_already_is_suppressed(
    decisions: Decisions, log: Log, other: Log, keyring: Keyring
) -> None:
    """Drafts that were ready before the erasure come too late, and harm no neighbour."""
    other.append(other.draft([accepted(1)]))
    ready = other.draft([accepted(2), accepted(3, account="8"), accepted(4)])
    erase(decisions, keyring.stream_of(ACCOUNT))
    kept = other.append(ready)
    assert [one.outcome for one in kept] == ["suppressed", "stored", "suppressed"]
    assert [one.outcome for one in other.append(other.draft([accepted(5)]))] == ["suppressed"]
    assert log.reader.head().position == 4


def test_another_process_suppresses_too(
    decisions: Decisions, log: Log, keyring: Keyring, database_url: str
) -> None:
    """A process that stored the person before stores nothing more, without being told."""
    with FORKED.Pool(1) as pool:
        arguments = (database_url, keyring.kek, keyring.pepper, WAIT_S)
        waiting = pool.apply_async(wait_and_append, arguments)
        wait_until(log, 1, WAIT_S)
        erase(decisions, keyring.stream_of(ACCOUNT))
        assert waiting.get(WAIT_S) == ["stored", "suppressed", "stored", "None"]


def test_what_was_never_filed_under_is_fenced_as_well(
    decisions: Decisions, log: Log, keyring: Keyring
) -> None:
    """An identifier that only stood beside another one leads nobody back in."""
    erase(decisions, keyring.stream_of(Handle("account_no", "never")))
    (kept,) = log.append(log.draft([accepted(1, account="never")]))
    assert kept.outcome == "suppressed"


def test_the_fact_names_the_streams_and_nobody(
    decisions: Decisions, log: Log, keyring: Keyring
) -> None:
    """Views learn from what it observes whose rows to purge; the body holds no personal value."""
    streams = [keyring.stream_of(ACCOUNT), keyring.stream_of(OTHER.handle)]
    erase(decisions, *streams)
    entry = log.reader.read(1, 1)[0]
    observed = [entry.observed[at : at + 16] for at in range(0, len(entry.observed), 16)]
    assert observed == [entry.stream_id.bytes, *sorted(stream.bytes for stream in streams)]
    (event,) = log.reader.events([entry])
    assert event is not None
    assert (event.name, event.data.identifiers) == ("erasure.executed", ())
    with pytest.raises(ValueError, match="name nobody"):
        decisions.request_erasure(requested("r-2").model_copy(update={"identifiers": (ONE,)}), by())


def test_a_decision_about_somebody_erased_is_refused(decisions: Decisions, log: Log) -> None:
    """What was said about a pair is gone with it, and nothing more is said."""
    decisions.link(linked(), by(), said=PairSaid())
    erase(decisions, log.reader.read(0, 1)[0].stream_id)
    with pytest.raises(PersonErased):
        decisions.unlink(unlinked(), by(minutes=1), said=PairSaid())


def test_an_erasure_that_fails_destroys_nothing(
    decisions: Decisions, log: Log, keyring: Keyring
) -> None:
    """Fact and keys share one transaction: a version that is taken leaves the key alone."""
    log.append(log.draft([accepted(1)]))
    decisions.request_erasure(requested(), by())
    stale = decisions.erasure("r-1")
    decisions.execute_erasure(executed(), by(), streams=[])
    stale.execute(executed(), by())
    with pytest.raises(Exception, match="already there"):
        decisions.save(stale, erases=[keyring.stream_of(ACCOUNT)])
    assert None not in log.reader.bodies(log.reader.read(0, 10))
