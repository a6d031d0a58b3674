"""Arbitrary stories for hypothesis: every type of event, few ids, so that everything meets.

Events are the examples of the contract with their ids, choices and times drawn anew, and with
references to other things added; all of them go through the real decoding.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from hypothesis import strategies as st

from domain.event import Event
from domain.events import EVENT_TYPES, EventCorrected, EventRetracted
from domain.example import example
from domain.handles import REFERENCES
from tests.given import accepted

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 120
IDS = ("x1", "x2", "x3")
CONTACTS = tuple(f"c{n}" for n in range(20))
TOPICS_AND_CORRECTIONS = tuple(EVENT_TYPES)
TOPICS = tuple(
    topic for topic, shape in EVENT_TYPES.items() if shape not in (EventCorrected, EventRetracted)
)
CONTACT_TOPICS = tuple(
    f"toldonce.contact.{name}.v1"
    for name in ("started", "answered", "transferred", "handoff_noted", "ended", "ended")
)
CATEGORIES = ("not_arrived", "late")
AWAITED = ("delivery.completed", "contact.started", "issue.resolved")

_minutes = st.integers(0, DAYS * 24 * 60)


def _stamp(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


@st.composite
def _members(draw: st.DrawFn, topic: str, ids: tuple[str, ...]) -> dict[str, Any]:
    shape = EVENT_TYPES[topic]
    data: dict[str, Any] = example(topic)["data"]
    for name, field in shape.model_fields.items():
        choices = [c for c in get_args(field.annotation) if isinstance(c, str)]
        if name in data and choices:
            data[name] = draw(st.sampled_from(choices))
        elif name in REFERENCES and (name in data or draw(st.integers(0, 5)) == 0):
            data[name] = draw(st.sampled_from(ids))
        elif name in ("due_at", "eta", "need_by", "valid_to") and name in data:
            data[name] = _stamp(draw(_minutes))
    if "category" in data:
        data["category"] = draw(st.sampled_from(CATEGORIES))
    if "fulfilled_when" in data:
        awaited, ref = draw(st.sampled_from(AWAITED)), draw(st.sampled_from(ids))
        data["fulfilled_when"] = {"event": awaited, "ref": f"order:{ref}"}
    return data


@st.composite
def events(draw: st.DrawFn, topics: tuple[str, ...] = TOPICS) -> list[Event]:
    """Draw events of some types at distinct times, in the order of their positions."""
    times = draw(st.lists(_minutes, unique=True, min_size=1, max_size=60))
    return [
        draw(_event(draw(st.sampled_from(topics)), number, minutes, IDS))
        for number, minutes in enumerate(times, 1)
    ]


@st.composite
def contacts(draw: st.DrawFn) -> list[Event]:
    """Draw the events of many contacts, so that old ones are forgotten."""
    times = draw(st.lists(_minutes, unique=True, min_size=40, max_size=80))
    topics = st.sampled_from(CONTACT_TOPICS)
    return [
        draw(_event(draw(topics), number, minutes, CONTACTS))
        for number, minutes in enumerate(times, 1)
    ]


@st.composite
def _event(draw: st.DrawFn, topic: str, number: int, minutes: int, ids: tuple[str, ...]) -> Event:
    members = example(topic)
    members |= {"id": f"e{number}", "source": "test", "time": _stamp(minutes)}
    members["data"] = draw(_members(topic, ids))
    if "corrects" in members["data"]:
        members["data"]["corrects"] = {"source": "test", "id": f"e{draw(st.integers(1, 9))}"}
    if draw(st.booleans()):
        members["data"]["identifiers"] = [{"type": "account_no", "value": "7731"}]
    return accepted(json.dumps(members).encode())
