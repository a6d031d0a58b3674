"""Whatever changes what is shown of somebody without an entry of theirs is told to who listens."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import pytest

from domain.events import DeadlineRecorded
from domain.story import folding
from projections.live import Changes, LiveReader, Stand
from readers import listener as listeners
from readers.listener import Listener
from tests.projections.test_parking import POISON, poisoned
from tests.readers.desk import Desk
from tests.readers.served import listening
from tests.readers.test_stream import ADA, order, positions, url

__all__ = ["url"]


def test_a_calendar_that_a_promise_waited_for_is_told(desk: Desk, url: str) -> None:
    """When it falls due is known from then on, and no entry of the customer says so."""
    ada = desk.customer_id(ADA)
    made = f"promise.made P-1 {ADA} due_business_days=1 calendar_id=cal"
    desk.tell(f"2026-01-02T10:00 {made}")
    with listening(url, customer=ada) as stream:
        position = desk.tell("2026-01-02T11:00 calendar.defined cal")
        told = stream.next()
        assert (told.event, told.data["position"]) == ("reset", position)


def test_whoever_is_parked_is_told(desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown is incomplete from then on, and nothing else of the customer will say so."""
    steps = dict(folding.STEPS)
    steps[DeadlineRecorded] = (*steps[DeadlineRecorded], poisoned)
    monkeypatch.setattr(folding, "STEPS", steps)
    ada = desk.customer_id(ADA)
    with listening(url, customer=ada) as stream:
        bad = f'deadline.recorded need_by=2026-02-01 order:O-1 reason="{POISON}"'
        position = desk.tell(f"2026-01-02T10:00 {bad}")
        told = stream.next()
        assert (told.event, told.data["position"]) == ("reset", position)
    assert desk.brief(ADA)["incomplete_since"] is not None


def test_views_that_are_emptied_between_two_looks_hold_nobody_up(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody moves them on for now; who listens is told so, and who arrives is admitted."""
    usual = LiveReader.changes

    def overtaken(reader: LiveReader, since: Stand, customers: Collection[UUID] | None) -> Changes:
        if since.position == 2:
            desk.parts.runner.recreate()
        return usual(reader, since, customers)

    monkeypatch.setattr(LiveReader, "changes", overtaken)
    with listening(url) as stream:
        desk.tell(order(3, ADA))
        told = stream.next()
        assert (told.event, told.data["position"]) == ("reset", 0)
        with listening(url) as late:
            desk.tell(order(4, ADA))
            assert positions([stream.next(), late.next()]) == [1, 1]


def test_word_that_somebody_is_to_be_read_again_is_not_lost_on_a_slow_listener(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many as are folded anew at once, whoever cannot take them all is to read everything."""
    monkeypatch.setattr(listeners, "WAITING_MAX", 3)

    async def told() -> list[bytes]:
        slow = Listener(None, after=None)
        slow.greet(0)
        for _ in range(9):
            slow.notice(b"refolded\n\n")
        return [message async for message in slow.messages()]

    (message,) = asyncio.run(asyncio.wait_for(told(), 10))
    assert message.startswith(b"id: 0\nevent: reset\n")
    assert b'"reason":"slow"' in message
