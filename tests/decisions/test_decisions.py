"""What a decision leaves in the log: one fact like any other, and no second one, whoever races."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Barrier

import pytest

from decisions.decisions import Decisions
from decisions.errors import NotAFact
from domain.decisions import (
    AlreadyDecided,
    Decided,
    DecidedLater,
    DecisionRefused,
    NothingToDecide,
    PairSaid,
)
from domain.decode import Accepted, decode
from domain.event import OUR_SOURCE, Event
from domain.events import EVENT_TYPES, ErasureRefused
from domain.events.values import Identifier
from eventlog.keyring import Keyring
from eventlog.log import Log
from tests.decisions.asked import (
    NOON,
    ONE,
    OTHER,
    by,
    executed,
    lapsed,
    linked,
    merged,
    rejected,
    related,
    requested,
    unlinked,
    unmerged,
)
from tests.decisions.racer import race
from tests.forked import FORKED

CLOCKS = 20
NOTHING = PairSaid()
EVERY: dict[str, Callable[[Decisions], object]] = {
    "identity.customers_merged": lambda d: d.merge(merged(), by()),
    "identity.customers_unmerged": lambda d: d.unmerge(unmerged(), by()),
    "identity.identifier_linked": lambda d: d.link(linked(), by(), said=NOTHING),
    "identity.identifier_unlinked": lambda d: d.unlink(unlinked(), by(minutes=1), said=NOTHING),
    "identity.match_rejected": lambda d: d.reject(rejected(), by(minutes=2), said=NOTHING),
    "identity.relationship_declared": lambda d: d.relate(related(), by()),
    "erasure.requested": lambda d: d.request_erasure(requested(), by()),
    "erasure.executed": lambda d: d.execute_erasure(executed(), by(), streams=[]),
    "promise.lapsed": lambda d: d.lapse(lapsed(), by("clock")),
}


def decide_everything(decisions: Decisions) -> None:
    """Decide one of each, in an order that allows all."""
    for decide in EVERY.values():
        decide(decisions)


def test_every_decision_is_one_fact_that_readers_see(decisions: Decisions, log: Log) -> None:
    """No second write, no outbox: one entry each, in the order of deciding."""
    decide_everything(decisions)
    events = log.reader.events(log.reader.read(0, 100))
    assert [event and event.name for event in events] == list(EVERY)
    assert {event.source for event in events if event} == {OUR_SOURCE}
    assert len({event.id for event in events if event}) == len(EVERY)


def test_the_body_of_a_decision_is_an_event_of_the_contract(decisions: Decisions, log: Log) -> None:
    """What is stored would be accepted from anybody, and says who decided and when."""
    decide_everything(decisions)
    bodies = log.reader.bodies(log.reader.read(0, 100))
    for body in bodies:
        assert body is not None
        read = decode(body, now=NOON + timedelta(hours=1))
        assert isinstance(read, Accepted), read
        assert read.body == body
        assert read.event.type in EVENT_TYPES
        assert read.event.extensions["authid"] in ("a1", "clock")


def test_an_entry_is_labelled_as_the_fact_that_it_is(
    decisions: Decisions, log: Log, keyring: Keyring
) -> None:
    """Its key is that of source and id, its time the decision's; all whom it names find it."""
    decided = decisions.merge(merged(), by())
    (entry,) = log.reader.read(0, 10)
    fact = decided.fact
    assert decided.position == 1
    assert entry.event_key.bytes == keyring.event_key(OUR_SOURCE, fact.id)
    assert (entry.source, entry.occurred_at) == (OUR_SOURCE, NOON)
    tokens = [entry.stream_id.bytes, keyring.token(ONE.handle), keyring.token(OTHER.handle)]
    assert entry.observed == b"".join(tokens)
    assert fact.id == f"{entry.stream_id}:1"


def test_a_merge_is_undone_once(decisions: Decisions, log: Log) -> None:
    """The second undoing is refused and names the first; nothing more is in the log."""
    decisions.merge(merged(), by())
    decisions.unmerge(unmerged(actor="a2"), by("a2", minutes=5))
    with pytest.raises(AlreadyDecided) as refused:
        decisions.unmerge(unmerged(actor="a3"), by("a3", minutes=9))
    said = str(refused.value)
    assert "identity.customers_unmerged by a3" in said
    assert "a2 decided identity.customers_unmerged at 2026-03-02T12:05:00+00:00" in said
    assert log.reader.head().position == 2


def test_a_merge_that_another_system_published_is_undone_by_us(
    decisions: Decisions, log: Log
) -> None:
    """It exists only as a published fact, which is handed in; once undone it is undone."""
    theirs = published_merge(log)
    with pytest.raises(NothingToDecide):
        decisions.unmerge(unmerged("m-9"), by())
    decisions.unmerge(unmerged("m-9"), by(), published=theirs)
    with pytest.raises(AlreadyDecided):
        decisions.unmerge(unmerged("m-9"), by(), published=theirs)
    with pytest.raises(AlreadyDecided):
        decisions.merge(merged("m-9"), by(), published=theirs)
    assert log.reader.head().position == 2


def test_a_pair_can_be_spoken_of_again_and_again(decisions: Decisions, log: Log) -> None:
    """Only the same twice in a row is refused, whichever of the two is named first."""
    decisions.link(linked(), by(), said=NOTHING)
    with pytest.raises(AlreadyDecided):
        decisions.link(linked(OTHER, ONE), by(minutes=1), said=NOTHING)
    decisions.unlink(unlinked(), by(minutes=2), said=NOTHING)
    decisions.link(linked(), by(minutes=3), said=NOTHING)
    assert log.reader.head().position == 3


def test_what_the_contract_would_refuse_is_not_decided(decisions: Decisions, log: Log) -> None:
    """A control character in an actor's name would make an event that nobody can read."""
    with pytest.raises(NotAFact):
        decisions.merge(merged(), by("a\x00"))
    assert log.reader.head().position == 0


def test_an_erasure_is_answered_once(decisions: Decisions) -> None:
    """What was refused cannot be executed any more, nor what was never requested."""
    with pytest.raises(NothingToDecide):
        decisions.execute_erasure(executed(), by(), streams=[])
    decisions.request_erasure(requested(), by())
    decisions.refuse_erasure(ErasureRefused(request_id="r-1", reason="owes"), by())
    with pytest.raises(AlreadyDecided):
        decisions.execute_erasure(executed(), by(), streams=[])


def test_a_rescheduled_promise_can_lapse_again(decisions: Decisions, log: Log) -> None:
    """Each due time lapses once."""
    assert decisions.lapse(lapsed(), by("clock"))
    assert decisions.lapse(lapsed(), by("clock")) is None
    assert decisions.lapse(lapsed(NOON + timedelta(days=1)), by("clock"))
    assert log.reader.head().position == 2


def test_many_clocks_lapse_a_promise_once(database_url: str, keyring: Keyring, log: Log) -> None:
    """Twenty clocks find it due at the same moment; one of them says so."""
    with ExitStack() as opened, ThreadPoolExecutor(CLOCKS) as pool:
        clocks = [opened.enter_context(Decisions(database_url, keyring)) for _ in range(CLOCKS)]
        start = Barrier(CLOCKS)

        def strike(clock: Decisions) -> Decided | None:
            start.wait()
            return clock.lapse(lapsed(), by("clock"))

        said = list(pool.map(strike, clocks))
    assert sum(decided is not None for decided in said) == 1
    assert log.reader.head().position == 1


def test_of_two_processes_that_race_one_decides(
    database_url: str, keyring: Keyring, log: Log, decisions: Decisions
) -> None:
    """The loser is told what was decided meanwhile, and by whom."""
    for number in range(5):
        merge_id = f"m-{number}"
        decisions.merge(merged(merge_id), by())
        with FORKED.Pool(2) as pool:
            work = [(database_url, keyring.kek, keyring.pepper, merge_id, a) for a in ("a2", "a3")]
            answers = pool.starmap(race, work)
        winners = [actor for actor, answer in answers if answer == "decided"]
        (loser_said,) = [answer for _, answer in answers if answer != "decided"]
        assert len(winners) == 1
        assert f"{winners[0]} decided identity.customers_unmerged" in loser_said
    assert log.reader.head().position == 10


def test_a_refusal_says_nothing_of_what_was_said(decisions: Decisions) -> None:
    """Messages reach logs: ids, actors and times, and no identifier of anybody."""
    account = Identifier(type="account_no", value="ANN-77310042")
    decisions.link(linked(account), by(), said=NOTHING)
    with pytest.raises(DecisionRefused) as refused:
        decisions.link(linked(account), by(minutes=1), said=NOTHING)
    assert account.value not in str(refused.value)
    assert OTHER.value not in str(refused.value)


def published_merge(log: Log) -> list[object]:
    """Have another system publish merge m-9, and return the fact as the log has it."""
    raw = (
        b'{"specversion":"1.0","id":"1","source":"crm","time":"2026-03-01T10:00:00Z",'
        b'"type":"toldonce.identity.customers_merged.v1","data":{"merge_id":"m-9","actor":"crm",'
        b'"reason":"same","survivor":{"type":"account_no","value":"1"},'
        b'"absorbed":{"type":"account_no","value":"2"}}}'
    )
    accepted = decode(raw, now=NOON)
    assert isinstance(accepted, Accepted)
    log.append(log.draft([accepted]))
    return [event for event in log.reader.events(log.reader.read(0, 10)) if event]


def test_a_relationship_is_declared_once_and_changed_by_another_role(decisions: Decisions) -> None:
    """In its direction; what others published of a later time stands."""
    decisions.relate(related(), by())
    with pytest.raises(AlreadyDecided):
        decisions.relate(related(), by("a2", minutes=1))
    decisions.relate(related("works_for"), by(minutes=2))
    decisions.relate(related(subject=OTHER), by(minutes=3))
    theirs = Event.of(related(), id="x", source="/crm", time=by(minutes=9).at)
    with pytest.raises(DecidedLater):
        decisions.relate(related(), by(minutes=4), published=[theirs])
    with pytest.raises(AlreadyDecided):
        decisions.relate(related(), by(minutes=10), published=[theirs])
