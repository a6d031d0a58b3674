"""What listeners are told: each entry once, in order, or to read again."""

import asyncio
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from threading import Event
from uuid import UUID

import pytest

from cli.server import GRACE_S
from projections.timeline import live as feed
from projections.timeline.live import Changes, LiveReader, ReadAgain, Stand
from readers import listener as listeners
from readers.listener import Listener
from readers.routes import stream as streams
from tests.readers.desk import Desk
from tests.readers.served import PATIENCE_S, Message, listening, served

ADA = "account_no:7731"
BO = "account_no:7732"
ORDERS = f"""
2026-01-01T09:00 order.placed O-1 {ADA}
2026-01-01T10:00 order.placed O-2 {BO}
"""
MERGED = f"2026-01-03T10:00 identity.customers_merged merge_id=m1 survivor={ADA} absorbed={BO}"


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    """Serve a desk whose two customers placed an order each."""
    desk.tell(ORDERS)
    with served(desk.app) as url:
        yield url


def order(number: int, whose: str) -> str:
    """Return the line of an order."""
    return f"2026-01-02T10:{number:02} order.placed O-{number} {whose}"


def positions(messages: list[Message]) -> list[int]:
    """Return the positions of entries."""
    assert {message.event for message in messages} <= {"entry"}
    return [message.data["position"] for message in messages]


def test_a_listener_is_told_what_comes_into_one_timeline(desk: Desk, url: str) -> None:
    """As the timeline shows it, with the position as its id, and nothing of others."""
    ada = desk.customer_id(ADA)
    with listening(url, customer=ada) as stream:
        desk.tell(order(3, ADA), order(4, BO), order(5, ADA))
        told = [stream.next(), stream.next()]
    assert positions(told) == [3, 5]
    assert [message.last_event_id for message in told] == ["3", "5"]
    shown = desk.get(f"/v1/customers/{ada}/timeline", limit=1).json()["events"][0]
    assert told[-1].data == {"customer_id": ada, **shown}


def test_whoever_listens_to_all_is_told_everything_once(desk: Desk, url: str) -> None:
    """An entry of two customers is one event, and names both."""
    with listening(url) as stream:
        said = f"2026-01-03T10:00 identity.match_rejected a={ADA} b={BO} reason=twins"
        desk.tell(order(3, ADA), said, order(5, BO))
        told = [stream.next() for _ in range(3)]
    assert positions(told) == [3, 4, 5]
    both = {told[1].data["customer_id"], *told[1].data["others"]}
    assert both == {desk.customer_id(ADA), desk.customer_id(BO)}


def test_whoever_comes_back_is_told_what_was_missed(desk: Desk, url: str) -> None:
    """From the id told last, or from a position; of one customer and of all."""
    ada = desk.customer_id(ADA)
    desk.tell(*(order(number, ADA if number % 2 else BO) for number in range(3, 9)))
    with listening(url, customer=ada, last_event_id="3", after=1) as stream:
        desk.tell(order(9, ADA))
        assert positions([stream.next() for _ in range(3)]) == [5, 7, 9]
    with listening(url, after=6) as stream:
        assert positions([stream.next() for _ in range(3)]) == [7, 8, 9]


def test_a_merge_has_both_customers_read_again(desk: Desk, url: str) -> None:
    """Who listens by an id of before hears of the customer that it leads to now."""
    ada, bo = desk.customer_id(ADA), desk.customer_id(BO)
    with listening(url, customer=ada) as one, listening(url, customer=bo) as other:
        position = desk.tell(MERGED)
        survivor = desk.customer_id(BO)
        for stream in (one, other):
            told = stream.next()
            expected = {"position": position, "customer_id": survivor, "reason": "refolded"}
            assert (told.event, told.data) == ("reset", expected)
            assert told.last_event_id == str(position)
        desk.tell(order(9, BO))
        assert positions([one.next(), other.next()]) == [position + 1, position + 1]


def test_whoever_listens_reads_again_when_rebuilt_views_take_their_place(
    desk: Desk, url: str
) -> None:
    """Of one customer or of all; what comes after that is told as before."""
    ada = desk.customer_id(ADA)
    with listening(url, customer=ada) as one, listening(url) as every:
        desk.tell(order(3, ADA))
        assert positions([one.next(), every.next()]) == [3, 3]
        rebuilding = desk.parts.rebuilding()
        rebuilding.build(lambda _: None)
        rebuilding.swap(lambda _: None)
        for stream in (one, every):
            told = stream.next()
            assert (told.event, told.data["position"]) == ("reset", 3)
        desk.tell(order(9, ADA))
        assert positions([one.next(), every.next()]) == [4, 4]


def test_a_merge_that_was_missed_is_told_to_whoever_comes_back(desk: Desk, url: str) -> None:
    """Entries alone would not do: the absorbed customer's are the survivor's now."""
    ada, bo = desk.customer_id(ADA), desk.customer_id(BO)
    position = desk.tell(MERGED)
    with listening(url, customer=ada, last_event_id="2") as stream:
        told = stream.next()
    assert (told.event, told.data["reason"]) == ("reset", "behind")
    assert told.data["position"] == position
    with listening(url, after=2) as stream:
        named = {stream.next().data["customer_id"] for _ in range(2)}
        assert named == {ada, bo}


def test_whoever_comes_back_just_where_a_past_changed_is_told_so(desk: Desk, url: str) -> None:
    """An id at a merge's own position, or at which views were released, says nothing of either."""
    ada, bo = desk.customer_id(ADA), desk.customer_id(BO)
    position = desk.tell(MERGED)
    for whose in (ada, bo):
        with listening(url, customer=whose, last_event_id=str(position)) as stream:
            told = stream.next()
        assert (told.event, told.data["position"]) == ("reset", position)
    with listening(url, last_event_id=str(position)) as stream:
        assert {stream.next().data["customer_id"] for _ in range(2)} == {ada, bo}
    later = desk.tell(order(9, BO))
    desk.parts.runner.refold([UUID(desk.customer_id(BO))])
    with listening(url, customer=bo, last_event_id=str(later)) as stream:
        assert stream.next().event == "reset"
        desk.tell(order(10, BO))
        assert positions([stream.next()]) == [later + 1]


def test_whoever_arrives_while_much_happens_is_told_as_the_others_are(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Customers are folded anew between two looks; nobody waits, or is sent back, for that."""
    usual, is_told = LiveReader.changes, Event()

    def overtaken(reader: LiveReader, since: Stand, customers: Collection[UUID] | None) -> Changes:
        if since.position == 2:
            assert is_told.wait(PATIENCE_S)
            desk.tell(MERGED)
        return usual(reader, since, customers)

    monkeypatch.setattr(LiveReader, "changes", overtaken)
    ada = desk.customer_id(ADA)
    with listening(url), listening(url, customer=ada) as stream:
        desk.tell(order(3, ADA))
        is_told.set()
        assert stream.next().data["position"] == 4
        with listening(url, customer=ada, last_event_id="4") as late:
            assert late.next().data["position"] == 4
            desk.tell(order(5, ADA))
            assert positions([stream.next(), late.next()]) == [5, 5]


def test_reading_again_includes_what_was_told_before(desk: Desk) -> None:
    """Whoever was told to read again may have read further than the stream itself has come."""
    desk.tell(ORDERS)
    position = desk.tell(MERGED)
    ada = UUID(desk.customer_id(ADA))
    missed = desk.parts.live_reader.missed(position, 2, customer=ada)
    assert missed == ReadAgain(position)


def test_an_id_that_comes_to_lead_to_nobody_is_read_again(desk: Desk, url: str) -> None:
    """No story changes when a telephone is seen with a second customer; it leads nowhere now."""
    shared = "phone:+17175550142"
    desk.tell(f"2026-01-02T08:00 contact.started c1 {shared}")
    called = desk.customer_id(shared)
    desk.tell(f"2026-01-02T09:00 order.placed O-7 {ADA} {shared}")
    with listening(url, customer=called) as stream:
        position = desk.tell(f"2026-01-02T10:00 order.placed O-8 {BO} {shared}")
        told = stream.next()
        assert (told.event, told.data["position"]) == ("reset", position)
    assert desk.get("/v1/stream", customer=called, after=position).status_code == 404


def test_whoever_comes_back_by_an_id_of_before_reads_again(desk: Desk, url: str) -> None:
    """Nobody knows to whom it led when they went away."""
    absorbed = desk.customer_id(BO)
    desk.tell(MERGED)
    position = desk.tell(order(9, ADA))
    with listening(url, customer=absorbed, last_event_id=str(position)) as stream:
        told = stream.next()
        assert (told.event, told.data["position"]) == ("reset", position)
        desk.tell(order(10, BO))
        assert positions([stream.next()]) == [position + 1]


def test_whoever_was_away_while_rebuilt_views_took_their_place_is_told_so(
    desk: Desk, url: str
) -> None:
    """From before it or from just there, of one customer or of all, once nothing else is told."""
    ada = desk.customer_id(ADA)
    desk.tell(order(3, ADA))
    rebuilding = desk.parts.rebuilding()
    rebuilding.build(lambda _: None)
    rebuilding.swap(lambda _: None)
    for query in ({"customer": ada}, {}):
        for place in ("2", "3"):
            with listening(url, last_event_id=place, **query) as stream:
                told = stream.next()
            assert (told.event, told.data["position"]) == ("reset", 3)
    position = desk.tell(order(9, ADA))
    with listening(url, last_event_id=str(position)) as stream:
        desk.tell(order(10, ADA))
        assert positions([stream.next()]) == [position + 1]


def test_whoever_was_away_while_views_were_emptied_is_told_so(desk: Desk, url: str) -> None:
    """Though they are far behind the place that was told last."""
    desk.tell(order(3, ADA))
    desk.parts.runner.recreate()
    with listening(url, last_event_id="3") as stream:
        assert stream.next().event == "reset"


def test_too_much_to_tell_is_a_reset(desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading again is quicker; the stream goes on after it."""
    monkeypatch.setattr(feed, "MISSED_MAX", 3)
    position = desk.tell(*(order(number, ADA) for number in range(3, 9)))
    with listening(url, customer=desk.customer_id(ADA), after=2) as stream:
        told = stream.next()
        assert (told.event, told.data["reason"]) == ("reset", "behind")
        desk.tell(order(9, ADA))
        assert positions([stream.next()]) == [position + 1]


def test_a_position_that_the_log_never_had_is_a_reset(desk: Desk, url: str) -> None:
    """As after a database was restored to what it was before."""
    with listening(url, last_event_id="77") as stream:
        told = stream.next()
        assert (told.event, told.data["position"]) == ("reset", 2)
        desk.tell(order(3, ADA))
        assert positions([stream.next()]) == [3]


def test_a_position_that_the_views_have_not_reached_is_waited_for(desk: Desk, url: str) -> None:
    """Who published and listens from there hears of what comes after it."""
    desk.publish(order(3, ADA))
    with listening(url, after=3) as stream:
        desk.tell(order(4, ADA))
        assert positions([stream.next()]) == [4]


def test_a_silent_stream_has_heartbeats_that_move_its_place(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes back after hours of silence asks for little."""
    monkeypatch.setattr(listeners, "HEARTBEAT_S", 0.02)
    with listening(url, customer=desk.customer_id(ADA)) as stream:
        desk.tell(order(3, BO), order(4, BO))
        deadline = time.monotonic() + PATIENCE_S
        while stream.last_event_id != "4":
            assert time.monotonic() < deadline
            stream.last_event_id = ""
            stream.opened()


def test_a_slow_listener_is_let_go_and_told_to_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it is bounded, and the last word is where to go on."""
    monkeypatch.setattr(listeners, "WAITING_MAX", 3)

    async def told() -> list[bytes]:
        slow = Listener(None, after=None)
        slow.greet(0)
        for position in range(1, 9):
            slow.tell(position, b"entry\n\n")
        return [message async for message in slow.messages()]

    (message,) = asyncio.run(told())
    assert message.count(b"\n\n") == 1
    assert message.startswith(b"id: 2\nevent: reset\n")
    assert b'"reason":"slow"' in message


def test_what_cannot_be_listened_to_is_said(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody, a place that is none, and more streams than are served."""
    assert desk.get("/v1/stream", customer=UUID(int=1)).status_code == 404
    assert desk.get("/v1/stream", customer="x").status_code == 422
    assert desk.get("/v1/stream", after=-1).status_code == 422
    headers = {"Last-Event-ID": "x"}
    assert desk.send("GET", "/v1/stream", headers=headers).status_code == 422
    monkeypatch.setattr(streams, "LISTENERS_MAX", 0)
    assert desk.get("/v1/stream").status_code == 503


def test_a_server_that_stops_ends_its_streams(desk: Desk) -> None:
    """Nobody waits for a listener who would stay for ever."""
    with ExitStack() as streams_closed:
        with served(desk.app) as url:
            stream = streams_closed.enter_context(listening(url))
            begun = time.monotonic()
        assert time.monotonic() - begun < GRACE_S, "it was ended by force"
        with pytest.raises(EOFError):
            stream.next()
