"""What a desk is told of everything that happened to a customer."""

from typing import Any

from tests.readers.desk import Desk

STORY = """
2026-01-01T09:00 order.placed O-1 account_no:7731
2026-01-02T10:00 contact.started c1 account_no:7731
2026-01-02T10:05 contact.ended c1
2026-01-03T10:00 contact.started c2 account_no:7731
2026-01-03T10:05 contact.ended c2
"""


def path_of(desk: Desk) -> str:
    """Return the path of the timeline of the customer of STORY."""
    return f"/v1/customers/{desk.customer_id('account_no:7731')}/timeline"


def times(answer: Any) -> list[str]:
    """Return when the events of a page happened."""
    return [event["occurred_at"] for event in answer.json()["events"]]


def test_a_timeline_is_newest_first_and_names_its_position(desk: Desk) -> None:
    """Every event has its sentence, its position and when it happened."""
    position = desk.tell(STORY)
    answer = desk.get(path_of(desk))
    assert times(answer) == sorted(times(answer), reverse=True)
    assert len(answer.json()["events"]) == 5
    assert answer.json()["position"] == position
    assert answer.headers["toldonce-position"] == str(position)
    assert answer.json()["next"] is None
    assert all(event["sentence"] for event in answer.json()["events"])


def test_pages_follow_each_other_while_the_timeline_grows(desk: Desk) -> None:
    """Nothing is skipped or shown twice, and a new event does not push others over an edge."""
    desk.tell(STORY)
    path = path_of(desk)
    first = desk.get(path, limit=2)
    desk.tell("2026-01-04T10:00 contact.started c3 account_no:7731")
    second = desk.get(path, limit=2, cursor=first.json()["next"])
    third = desk.get(path, limit=2, cursor=second.json()["next"])
    shown = times(first) + times(second) + times(third)
    assert shown == sorted(shown, reverse=True)
    assert len(shown) == 5
    assert third.json()["next"] is None


def test_a_timeline_can_be_asked_for_a_part(desk: Desk) -> None:
    """By type, by thing, by moment, by what was known, from either end."""
    desk.tell(STORY)
    path = path_of(desk)
    assert len(times(desk.get(path, type="contact.started"))) == 2
    assert len(times(desk.get(path, type="toldonce.order.placed.v1"))) == 1
    assert len(times(desk.get(path, reference="contact:c2"))) == 2
    assert times(desk.get(path, as_of="2026-01-01T23:00:00Z")) == ["2026-01-01T09:00:00Z"]
    assert len(times(desk.get(path, known_at=3))) == 3
    assert times(desk.get(path, order="oldest_first", limit=1)) == ["2026-01-01T09:00:00Z"]


def test_a_timeline_can_be_asked_for_a_channel_and_a_time(desk: Desk) -> None:
    """`since` is included, `until` is not; other channels do not exist."""
    desk.tell(STORY)
    path = path_of(desk)
    assert times(desk.get(path, channel="voice")) == [
        "2026-01-03T10:00:00Z",
        "2026-01-02T10:00:00Z",
    ]
    assert times(desk.get(path, channel="chat")) == []
    assert desk.get(path, channel="phone").status_code == 422
    asked = {"since": "2026-01-02T10:05:00Z", "until": "2026-01-03T10:05:00Z"}
    assert times(desk.get(path, **asked)) == ["2026-01-03T10:00:00Z", "2026-01-02T10:05:00Z"]


def test_what_is_known_already_is_not_sent_again(desk: Desk) -> None:
    """304 with the position, for as long as nothing of the customer changed, whatever others do."""
    desk.tell(STORY)
    for path in (path_of(desk), path_of(desk).replace("timeline", "brief")):
        query = {"as_of": "2026-02-01T00:00:00Z"}
        tag = desk.get(path, **query).headers["etag"]
        position = desk.tell(f"2026-01-05T10:00 contact.started {tag[5:12]} account_no:8842")
        asked = {"headers": {"If-None-Match": f'"other", {tag}'}, "params": query}
        again = desk.send("GET", path, **asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["toldonce-position"] == str(position)
        desk.tell(f"2026-01-05T10:00 contact.started d{tag[5:12]} account_no:7731")
        assert desk.send("GET", path, **asked).status_code == 200
