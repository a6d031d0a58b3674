"""Arbitrary stories for hypothesis: every type of event, few ids, so that everything meets.

Events are the examples of the contract with their ids, choices and times drawn anew, and with
references to other things added; all of them go through the real decoding.
"""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
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

REFERENCES_MAX = 4

_minutes = st.integers(0, DAYS * 24 * 60)
_some_times = st.lists(_minutes, unique=True, min_size=1, max_size=60)
_many_times = st.lists(_minutes, unique=True, min_size=40, max_size=80)
_numbers = st.integers(1, 9)
_either = st.booleans()


def _stamp(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


@st.composite
def events(draw: st.DrawFn, topics: tuple[str, ...] = TOPICS) -> list[Event]:
    """Draw events of some types at distinct times, in the order of their positions."""
    times = draw(_some_times)
    return [
        _event(draw, draw(_one_of(topics)), number, minutes, IDS)
        for number, minutes in enumerate(times, 1)
    ]


@st.composite
def contacts(draw: st.DrawFn) -> list[Event]:
    """Draw the events of many contacts, so that old ones are forgotten."""
    times = draw(_many_times)
    return [
        _event(draw, draw(_one_of(CONTACT_TOPICS)), number, minutes, CONTACTS)
        for number, minutes in enumerate(times, 1)
    ]


# Strategies are made once: to make and check one takes longer than to draw from it.
@cache
def _one_of(choices: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


@cache
def _some_of(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), max_size=REFERENCES_MAX, unique=True)


@cache
def _choices(topic: str) -> dict[str, tuple[str, ...]]:
    """Return the members that are one of a few words, with these words."""
    found = {
        name: tuple(choice for choice in get_args(field.annotation) if isinstance(choice, str))
        for name, field in EVENT_TYPES[topic].model_fields.items()
    }
    return {name: choices for name, choices in found.items() if choices}


def _members(draw: st.DrawFn, topic: str, ids: tuple[str, ...]) -> dict[str, Any]:
    data: dict[str, Any] = example(topic)["data"]
    references = tuple(name for name in EVENT_TYPES[topic].model_fields if name in REFERENCES)
    more = draw(_some_of(references)) if references else []
    for name in (*(name for name in references if name in data), *more):
        data[name] = draw(_one_of(ids))
    for name, choices in _choices(topic).items():
        if name in data:
            data[name] = draw(_one_of(choices))
    for name in ("due_at", "eta", "need_by", "valid_to"):
        if name in data:
            data[name] = _stamp(draw(_minutes))
    if "category" in data:
        data["category"] = draw(_one_of(CATEGORIES))
    if "fulfilled_when" in data:
        awaited, ref = draw(_one_of(AWAITED)), draw(_one_of(ids))
        data["fulfilled_when"] = {"event": awaited, "ref": f"order:{ref}"}
    return data


def _event(draw: st.DrawFn, topic: str, number: int, minutes: int, ids: tuple[str, ...]) -> Event:
    members = example(topic)
    members |= {"id": f"e{number}", "source": "test", "time": _stamp(minutes)}
    members["data"] = _members(draw, topic, ids)
    if "corrects" in members["data"]:
        members["data"]["corrects"] = {"source": "test", "id": f"e{draw(_numbers)}"}
    if draw(_either):
        members["data"]["identifiers"] = [{"type": "account_no", "value": "7731"}]
    return accepted(json.dumps(members).encode())
