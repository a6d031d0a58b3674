"""Generated histories of every type of event, for people who may share, merge and part.

Each history is of a few people and things of its own: § stands for the number that keeps those of
one history apart from those of all others. Event times differ, the order of arrival is arbitrary.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, get_args

from hypothesis import strategies as st

from domain.events import EVENT_TYPES, EventData
from domain.example import example
from domain.handles import REFERENCES, Handle

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 45
END = START + timedelta(days=DAYS)
EVENTS_MAX = 14
NUMBER_MIN = 100_000  # all numbers have six digits, so that the same sorts the same
PEOPLE = (
    {"type": "account_no", "value": "A-§"},
    {"type": "account_no", "value": "B-§"},
    {"type": "member_id", "value": "M-§", "issuer": "payer", "verified": True},
    {"type": "email", "value": "n-§@x.example"},
    {"type": "phone", "value": "+17172§"},
)
THINGS = ("x-§", "y-§")
MERGES = ("m-§", "k-§")
FIELDS = ("name", "size", "address")
STATED = {"a", "b", "survivor", "absorbed", "subject", "object"}
AWAITED = ("delivery.completed", "contact.started", "issue.resolved")
CORRECTION, RETRACTION = "toldonce.event.corrected.v1", "toldonce.event.retracted.v1"
CALENDAR, PROMISE = "toldonce.calendar.defined.v1", "toldonce.promise.made.v1"
# What people do most, so that stories come about; every other type comes up too.
FREQUENT = tuple(
    f"toldonce.{name}.v1"
    for name in (
        *("contact.started", "contact.answered", "contact.ended", "contact.information_provided"),
        *("contact.information_requested", "issue.reported", "issue.resolved", "order.placed"),
        *("promise.made", "delivery.dispatched", "delivery.completed", "order.replacement_sent"),
        *("identity.identifier_linked", "identity.identifier_unlinked"),
        *("identity.customers_merged", "identity.customers_unmerged", "identity.match_rejected"),
        *("event.corrected", "event.retracted"),
    )
)
# Without calendars: which of their definitions counts depends on when each arrived.
TOPICS = tuple(topic for topic in (*EVENT_TYPES, *FREQUENT, *FREQUENT) if topic != CALENDAR)
# With them, promises in working days come up too.
BY_CALENDAR = (*TOPICS, *[CALENDAR, PROMISE] * 8)

_minutes = st.integers(0, DAYS * 24 * 60 - 1)
_people = st.sampled_from(PEOPLE)
_things = st.sampled_from(THINGS)
_more = st.sampled_from(sorted(REFERENCES.keys() & EventData.model_fields.keys()))
_values = st.sampled_from(("Ann §", "Bob §"))
_times = st.lists(_minutes, unique=True, min_size=1, max_size=EVENTS_MAX)
_any_topic, _or_calendar = st.sampled_from(TOPICS), st.sampled_from(BY_CALENDAR)
_working_days = st.integers(0, 3)
_any_more = st.lists(_more, max_size=1)
_two_people = st.permutations(PEOPLE)
_any_merge = st.sampled_from(MERGES)
_awaited = st.sampled_from(AWAITED)
_fields = st.sampled_from(FIELDS)
_observed = st.lists(_people, max_size=2, unique_by=lambda one: one["value"])


@st.composite
def histories(draw: st.DrawFn, *, with_calendars: bool = False) -> list[str]:
    """Draw the JSON of events in the order of arrival."""
    times = draw(_times)
    topics = [draw(_or_calendar if with_calendars else _any_topic) for _ in times]
    events = [_event(draw, topics, number, minutes) for number, minutes in enumerate(times)]
    if with_calendars:
        for event in events:
            _count_by_calendar(draw, event["data"])
            _count_by_calendar(draw, event["data"].get("data", {}))
    return [json.dumps(event, ensure_ascii=False) for event in events]


def of_number(history: list[str], number: int) -> list[bytes]:
    """Return the events of a history as the people with this number tell them."""
    return [event.replace("§", f"{NUMBER_MIN + number}").encode() for event in history]


def whom(number: int) -> list[Handle]:
    """Return everything that the people of a history may be asked for by."""
    named = [f"{one['type']}:{one['value']}" for one in PEOPLE]
    named[2] += "@payer"
    named += [f"{kind}:{THINGS[0]}" for kind in ("contact", "order", "delivery", "issue")]
    return [Handle.parse(name.replace("§", f"{NUMBER_MIN + number}")) for name in named]


def _event(draw: st.DrawFn, topics: list[str], number: int, minutes: int) -> dict[str, Any]:
    topic = topics[number]
    event = example(topic)
    event |= {"id": f"§-{number}", "source": "test"}
    event["time"] = (START + timedelta(minutes=minutes)).isoformat()
    event["data"] = _members(draw, topic)
    if topic in (CORRECTION, RETRACTION):
        about = draw(st.integers(0, len(topics) - 1))
        event["data"]["corrects"] = {"source": "test", "id": f"§-{about}"}
        if topic == CORRECTION:
            event["data"]["data"] = _members(draw, topics[about])
    return event


def _count_by_calendar(draw: st.DrawFn, data: dict[str, Any]) -> None:
    if "calendar_id" in data:
        data["calendar_id"] = draw(_things)
    if "due_at" in data and "made_by" in data and (days := draw(_working_days)):
        del data["due_at"]
        data |= {"due_business_days": days, "calendar_id": draw(_things)}


# Strategies are made once: to make and check one takes longer than to draw from it.
@cache
def _choices(topic: str) -> dict[str, st.SearchStrategy[str]]:
    """Return the members that are one of a few words, with what draws one of these."""
    found = {
        name: [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
        for name, field in EVENT_TYPES[topic].model_fields.items()
    }
    return {name: st.sampled_from(choices) for name, choices in found.items() if choices}


def _members(draw: st.DrawFn, topic: str) -> dict[str, Any]:
    data: dict[str, Any] = example(topic)["data"]
    choices = _choices(topic)
    for name in EVENT_TYPES[topic].model_fields:
        if name in data and name in choices:
            data[name] = draw(choices[name])
        elif name in REFERENCES and name in data:
            data[name] = draw(_things)
    data |= {name: draw(_things) for name in draw(_any_more)}
    two = draw(_two_people)
    data |= dict(zip(sorted(data.keys() & STATED), two, strict=False))
    if "merge_id" in data:
        data["merge_id"] = draw(_any_merge)
    if "fulfilled_when" in data:
        awaited = draw(_awaited)
        data["fulfilled_when"] = {"event": awaited, "ref": f"order:{THINGS[0]}"}
    if "facts" in data:
        data["facts"] = [{"field": draw(_fields), "value": draw(_values)}]
    observed = draw(_observed)
    return data | ({"identifiers": observed} if observed else {})
