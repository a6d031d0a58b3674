"""Whatever changes what is shown of somebody without an entry of theirs is told to who listens."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import pytest

from domain.events import DeadlineRecorded
from domain.story import folding
from projections.timeline.live import Changes, LiveReader, Stand
from readers import listener as listeners
from readers.listener import Listener
from tests.projections.test_parking import POISON, poisoned
from tests.readers.desk import Desk
from tests.readers.routes.test_stream import ADA, BO, order, positions, url
from tests.readers.served import listening

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


def test_whoever_loses_an_identifier_is_told(desk: Desk, url: str) -> None:
    """A telephone that turns out to be shared is nobody's, though all their entries stay theirs."""
    shared = "phone:+17175550142"
    desk.tell(f"2026-01-02T09:00 order.placed O-7 {ADA} {shared}")
    before = desk.brief(ADA)["who"]["identifiers"]
    with listening(url, customer=desk.customer_id(ADA)) as stream:
        position = desk.tell(f"2026-01-02T10:00 order.placed O-8 {BO} {shared}")
        told = stream.next()
        assert (told.event, told.data["position"]) == ("reset", position)
    assert len(desk.brief(ADA)["who"]["identifiers"]) == len(before) - 1


def test_whoever_had_no_entries_is_told_to_whom_the_id_leads(desk: Desk, url: str) -> None:
    """Two accounts in one event are nobody's until a person says whose one of them is."""
    other = "account_no:7733"
    desk.tell(f"2026-01-02T09:00 order.placed O-7 {other} account_no:7734")
    with listening(url, customer=desk.customer_id(other)) as stream:
        position = desk.tell(f"2026-01-02T10:00 order.placed O-8 {other} loyalty_card:1")
        assert positions([stream.next()]) == [position]
    nobody = desk.customer_id("account_no:7734")
    with listening(url, customer=nobody) as stream:
        pair = f"survivor={ADA} absorbed=account_no:7734"
        position = desk.tell(f"2026-01-03 identity.customers_merged merge_id=m-1 {pair}")
        told = stream.next()
        assert (told.event, told.data["position"]) == ("reset", position)
        assert told.data["customer_id"] == desk.customer_id(ADA)


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
