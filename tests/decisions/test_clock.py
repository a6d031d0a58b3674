"""What the clock promises, on promises in memory: never early, once, whatever stands in its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from threading import Thread
from uuid import UUID

import pytest

from decisions import clock as clock_module
from decisions.clock import LOOK_S, Clock, Struck
from domain.decisions.lapse import lapse_handle
from domain.lapses import Due, lapse_of

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
MADE = datetime(2026, 3, 1, tzinfo=UTC)
ENDED_S = 120


def due(number: int, at: datetime = NOON) -> Due:
    """Return a promise that falls due."""
    return Due(UUID(int=number), f"P-{number}", MADE, at)


@dataclass
class Desk:
    """Promises that fall due, and what was said of them; the views learn of it when `look` is."""

    promises: list[Due]
    now: datetime = NOON
    is_current: bool = True
    refused: set[Due] = field(default_factory=set)
    said: list[Due] = field(default_factory=list)
    asked: list[Due] = field(default_factory=list)

    def clock(self) -> Clock:
        """Return a clock over these promises."""
        return Clock(
            self.falling_due,
            self.lapse,
            now=lambda: self.now,
            is_current=lambda: self.is_current,
        )

    def falling_due(self, after: Due | None, limit: int) -> list[Due]:
        """Return what falls due next, by time and id."""
        ordered = sorted(self.promises, key=lambda one: (one.due_at, one.promise_id))
        first = 0 if after is None else ordered.index(after) + 1
        return ordered[first : first + limit]

    def lapse(self, one: Due, at: datetime) -> bool:
        """Keep what is said first."""
        assert at == self.now
        self.asked.append(one)
        if one in self.refused or one in self.said:
            return False
        self.said.append(one)
        return True

    def look(self) -> None:
        """Let the views learn of what was said."""
        self.promises = [one for one in self.promises if one not in self.said]


def test_a_promise_lapses_at_its_due_time_and_not_before() -> None:
    """At noon, not a microsecond earlier; until then the clock knows what it waits for."""
    desk = Desk([due(1)], now=NOON - timedelta(microseconds=1))
    assert desk.clock().strike() == Struck(0, NOON)
    desk.now = NOON
    assert desk.clock().strike() == Struck(1, None)
    assert desk.said == [due(1)]


def test_what_was_said_is_not_said_again_while_the_views_do_not_know() -> None:
    """The list still has it; the log is not asked twice."""
    desk = Desk([due(1), due(2)])
    clock = desk.clock()
    assert [clock.strike().said for _ in range(3)] == [2, 0, 0]
    assert desk.asked == [due(1), due(2)]
    desk.look()
    assert clock.strike() == Struck(0, None)


def test_another_clock_hears_that_it_was_said() -> None:
    """Only what its own call said counts as said by it."""
    desk = Desk([due(1)])
    assert desk.clock().strike().said == 1
    assert desk.clock().strike().said == 0
    assert desk.asked == [due(1), due(1)]


def test_what_is_refused_stands_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than are read at a time: the others lapse all the same, none is asked twice."""
    monkeypatch.setattr(clock_module, "DUES_READ", 2)
    promises = [due(number) for number in range(1, 10)]
    desk = Desk(promises, refused=set(promises[:5]))
    clock = desk.clock()
    assert clock.strike().said == 4
    desk.promises.append(due(10))
    assert clock.strike().said == 1
    assert len(desk.asked) == 10


def test_nothing_is_said_by_views_that_are_behind() -> None:
    """The promise may have been kept in what they have not read."""
    desk = Desk([due(1)], is_current=False)
    clock = desk.clock()
    assert clock.strike() == Struck(0, None)
    desk.is_current = True
    assert clock.strike().said == 1


def test_a_promise_that_is_moved_lapses_again_at_its_new_time() -> None:
    """It is the due time that lapses."""
    desk = Desk([due(1)])
    clock = desk.clock()
    clock.strike()
    moved = due(1, NOON + timedelta(hours=1))
    desk.promises = [moved]
    assert clock.strike() == Struck(0, moved.due_at)
    desk.now = moved.due_at
    assert clock.strike().said == 1


def test_a_clock_that_failed_goes_on_where_it_was() -> None:
    """Whatever it had said before it died is said; the next clock says the rest."""
    desk = Desk([due(1), due(2), due(3)])

    def dying(one: Due, at: datetime) -> bool:
        if one == due(2):
            raise OSError
        return desk.lapse(one, at)

    dead = Clock(desk.falling_due, dying, now=lambda: NOON, is_current=lambda: True)
    with pytest.raises(OSError):
        dead.strike()
    assert desk.clock().strike().said == 2
    assert desk.said == [due(1), due(2), due(3)]


@pytest.mark.parametrize(
    ("next_in_s", "wait_s"), [(None, LOOK_S), (0.5, 0.5), (3600, LOOK_S), (-1, 0.01), (1e-6, 0.01)]
)
def test_it_waits_for_what_is_due_next_but_never_long(
    next_in_s: float | None, wait_s: float
) -> None:
    """Something may be promised meanwhile that falls due sooner."""
    next_at = None if next_in_s is None else NOON + timedelta(seconds=next_in_s)
    assert Desk([]).clock()._wait_s(next_at) == pytest.approx(wait_s)


def test_a_clock_ends_when_it_is_told_to() -> None:
    """Also in the middle of its waiting, and what was due is said."""
    desk, stop = Desk([due(1)]), Stop()
    thread = Thread(target=desk.clock().run_forever, args=(stop,))
    thread.start()
    stop.set()
    thread.join(ENDED_S)
    assert not thread.is_alive()
    stopped = Stop()
    stopped.set()
    desk = Desk([due(2)])
    assert desk.clock().strike(stopped).said == 0


def test_a_lapse_is_one_decision_whoever_says_it() -> None:
    """What is said follows from the promise; another customer's is a decision of its own."""
    one = Due(UUID(int=1), "P-1", MADE, NOON, "account_no:7731@lab", (("order_id", "O-1"),))
    said = lapse_of(one)
    assert (said, one.overdue_from, said.order_id) == (lapse_of(one), NOON, "O-1")
    (identifier,) = said.identifiers
    assert str(identifier.handle) == "account_no:7731@lab"
    others = [
        Due(UUID(int=1), "P-1", MADE, NOON, "account_no:7732@lab", (("order_id", "O-1"),)),
        Due(UUID(int=1), "P-1", MADE, NOON, "account_no:7731@lab"),
        Due(UUID(int=1), "P-2", MADE, NOON, "account_no:7731@lab", (("order_id", "O-1"),)),
        Due(UUID(int=1), "P-1", MADE, NOON + timedelta(seconds=1), "account_no:7731@lab"),
    ]
    assert len({lapse_handle(lapse_of(each)) for each in (one, *others)}) == 5


def test_what_was_overdue_when_it_was_made_lapses_then() -> None:
    """Nothing happens to a promise before it is made."""
    assert Due(UUID(int=1), "P-1", NOON, MADE).overdue_from == NOON
