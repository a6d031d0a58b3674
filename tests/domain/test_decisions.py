"""Given what was decided before, a decision says one more fact or is refused, and says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from eventsourcing.utils import resolve_topic

from domain.decisions import (
    AlreadyDecided,
    By,
    DecidedLater,
    Decision,
    DecisionRefused,
    Erasure,
    Lapse,
    Merge,
    NothingToDecide,
    Pair,
    PairSaid,
    PersonErased,
)
from domain.decisions.decision import Facts, Said
from domain.decisions.erasure import erasure_handle
from domain.decisions.lapse import lapse_handle
from domain.decisions.pair import pair_handle
from domain.decode import Accepted, decode, encode, restore
from domain.event import Event
from domain.events import EVENT_TYPES, ErasureRefused, PromiseLapsed
from domain.handles import Handle, NotAHandle
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
    requested,
    unlinked,
    unmerged,
)

ID = UUID(int=7)
LATER = timedelta(hours=1)


def published(data: object, at: datetime = NOON, *, source: str = "crm") -> Event:
    """Return what another system said."""
    return Event.of(data, id="1", source=source, time=at)  # type: ignore[arg-type]


def names(decision: Decision) -> list[str]:
    """Return what a decision has said, in order."""
    return [fact.name for fact in decision.facts]


def merge(*steps: Callable[[Merge], None]) -> Merge:
    """Return a merge to which all this happened."""
    decision = Merge.undecided(ID)
    for step in steps:
        step(decision)
    return decision


def make(decision: Merge) -> None:
    """Make the merge."""
    decision.make(merged(), by())


def undo(decision: Merge) -> None:
    """Undo the merge."""
    decision.undo(unmerged(actor="a2"), by("a2", minutes=1))


def test_a_merge_is_made_and_undone() -> None:
    """Two facts, numbered as its versions, at the times and by the actors that were given."""
    decision = merge(make, undo)
    assert names(decision) == ["identity.customers_merged", "identity.customers_unmerged"]
    assert [fact.id for fact in decision.facts] == [f"{ID}:1", f"{ID}:2"]
    assert [fact.time for fact in decision.facts] == [NOON, NOON + timedelta(minutes=1)]
    assert [fact.extensions["authid"] for fact in decision.facts] == ["a1", "a2"]


@pytest.mark.parametrize(
    ("before", "then", "because"),
    [
        ((make,), make, "a1 decided identity.customers_merged"),
        ((make, undo), make, "a2 decided identity.customers_unmerged"),
        ((make, undo), undo, "a2 decided identity.customers_unmerged"),
    ],
)
def test_deciding_twice_names_both(
    before: tuple[Callable[[Merge], None], ...], then: Callable[[Merge], None], because: str
) -> None:
    """What was decided, by whom and when; what was asked and by whom."""
    decision = merge(*before)
    with pytest.raises(AlreadyDecided) as refused:
        then(decision)
    assert because in str(refused.value)
    assert refused.value.values["asked_by"] in ("a1", "a2")
    assert len(decision.facts) == len(before)


def test_what_nobody_merged_is_not_undone() -> None:
    """There is no merge with that id, ours or another's."""
    with pytest.raises(NothingToDecide, match="no merge m-1"):
        merge(undo)


@pytest.mark.parametrize(
    ("known", "is_undoable"),
    [
        ([published(merged(actor="crm"))], True),
        ([published(merged(actor="crm")), published(unmerged(actor="crm"))], False),
        ([published(unmerged(actor="crm"))], False),
    ],
)
def test_a_published_merge_is_undone_like_our_own(known: Facts, is_undoable: bool) -> None:
    """Unless it is undone already, by whomever."""
    decision = Merge.undecided(ID)
    if is_undoable:
        decision.undo(unmerged(), by(), published=known)
        assert names(decision) == ["identity.customers_unmerged"]
        return
    with pytest.raises(AlreadyDecided, match="crm decided identity.customers_unmerged"):
        decision.undo(unmerged(), by(), published=known)


def test_an_id_that_another_system_used_is_taken() -> None:
    """Of two merges with one id only the earlier would stand."""
    with pytest.raises(AlreadyDecided, match="event 1 of crm"):
        Merge.undecided(ID).make(merged(), by(), published=[published(merged(actor="crm"))])


def test_the_newest_statement_about_a_pair_stands() -> None:
    """Another one replaces it, the same one is refused."""
    pair = Pair.undecided(ID)
    for minutes, data in enumerate((linked(), unlinked(), rejected(), linked())):
        pair.state(data, by(minutes=minutes), said=PairSaid())
    with pytest.raises(AlreadyDecided):
        pair.state(linked(OTHER, ONE), by(minutes=9), said=PairSaid())
    assert len(pair.facts) == 4


def test_what_others_said_of_a_pair_counts() -> None:
    """A link that was taken back elsewhere can be said again; one that stands cannot."""
    pair = Pair.undecided(ID)
    pair.state(linked(), by(), said=PairSaid())
    taken_back = PairSaid([published(unlinked(), NOON + LATER)])
    pair.state(linked(), by(minutes=90), said=taken_back)
    with pytest.raises(AlreadyDecided, match="event 1 of crm"):
        Pair.undecided(ID).state(linked(), by(minutes=1), said=PairSaid([published(linked())]))


def test_a_statement_that_would_not_stand_is_refused() -> None:
    """Others can date theirs later than now; ours would change nothing."""
    said = PairSaid([published(unlinked(), NOON + LATER)])
    with pytest.raises(DecidedLater, match="would change nothing"):
        Pair.undecided(ID).state(linked(), by(), said=said)


def test_what_was_seen_together_again_can_be_parted_again() -> None:
    """Unlinking holds until the two are seen together; rejecting holds whatever is seen."""
    pair = Pair.undecided(ID)
    pair.state(unlinked(), by(), said=PairSaid())
    seen = PairSaid(last_seen_at=NOON + timedelta(minutes=1))
    pair.state(unlinked(), by(minutes=2), said=seen)
    pair.state(rejected(), by(minutes=3), said=seen)
    with pytest.raises(AlreadyDecided):
        pair.state(rejected(), by(minutes=9), said=PairSaid(last_seen_at=NOON + LATER))


def test_a_request_to_be_forgotten_is_answered_once() -> None:
    """Executed or refused, and only after it was made."""
    with pytest.raises(NothingToDecide, match="no erasure request r-1"):
        Erasure.undecided(ID).execute(executed(), by())
    erasure = Erasure.undecided(ID)
    erasure.request(requested(), by())
    with pytest.raises(AlreadyDecided):
        erasure.request(requested(), by())
    erasure.execute(executed(), by())
    for again in (
        lambda: erasure.execute(executed(), by()),
        lambda: erasure.refuse(ErasureRefused(request_id="r-1"), by()),
    ):
        with pytest.raises(AlreadyDecided, match=r"a1 decided erasure\.executed"):
            again()


def test_a_due_time_lapses_once() -> None:
    """The second clock is told that the first was quicker."""
    lapse = Lapse.undecided(ID)
    lapse.lapse(lapsed(), by("clock"))
    with pytest.raises(AlreadyDecided, match="clock decided promise.lapsed"):
        lapse.lapse(lapsed(), by("clock"))


def everything() -> list[Said]:
    """Return one of each that a decision can say."""
    pair, erasure, refusal = Pair.undecided(ID), Erasure.undecided(ID), Erasure.undecided(ID)
    lapse = Lapse.undecided(ID)
    for minutes, data in enumerate((linked(), unlinked(), rejected())):
        pair.state(data, by(minutes=minutes), said=PairSaid())
    erasure.request(requested(), by())
    erasure.execute(executed(), by())
    refusal.request(requested(), by())
    refusal.refuse(ErasureRefused(request_id="r-1"), by())
    lapse.lapse(lapsed(), by("clock"))
    all_of_them = (merge(make, undo), pair, erasure, refusal, lapse)
    return [said for one in all_of_them for said in one.collect_events() if isinstance(said, Said)]


def test_what_is_said_is_what_is_published() -> None:
    """Each topic is a type of the contract, and the body survives the contract unchanged."""
    for said in everything():
        assert said.TOPIC == said.data.TOPIC
        assert said.TOPIC in EVENT_TYPES
        assert resolve_topic(said.TOPIC) is type(said)
        body = encode(said.fact)
        read = decode(body, now=NOON + LATER)
        assert isinstance(read, Accepted), read
        assert restore(body) == said.fact


def test_a_decision_is_replayed_from_what_it_said() -> None:
    """The library builds the same decision from its events alone."""
    decision = merge(make, undo)
    replayed = None
    for said in decision.collect_events():
        replayed = said.mutate(replayed)
    assert replayed == decision


def test_a_pair_has_one_name() -> None:
    """Whichever is named first; and no text of an identifier can imitate another pair."""
    one, other = ONE.handle, OTHER.handle
    assert pair_handle(one, other) == pair_handle(other, one)
    a, b, c = (Handle("account_no", value) for value in ("1", "2\naccount_no:3", "3"))
    assert pair_handle(a, b) != pair_handle(Handle("account_no", "1\naccount_no:2"), c)


def test_nobody_outside_can_name_a_decision() -> None:
    """What is filed under a decision comes from decisions alone."""
    for handle in (
        erasure_handle("r-1"),
        lapse_handle(PromiseLapsed(promise_id="P-1", due_at=NOON)),
        Handle("merge", "m-1"),
    ):
        with pytest.raises(NotAHandle):
            Handle.parse(str(handle))


def test_a_refusal_is_one_line() -> None:
    """It ends up in terminals, logs and answers over HTTP."""
    fact = published(merged())
    asked_by = By("a1", NOON)
    refusals: list[DecisionRefused] = [
        AlreadyDecided.by_fact(fact, asked=merged(), by=asked_by),
        DecidedLater.by_fact(fact, asked=merged(), by=asked_by),
        PersonErased(),
    ]
    for refusal in refusals:
        assert "\n" not in str(refusal)
        assert ONE.value not in str(refusal)
