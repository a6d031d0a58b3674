"""What an event states: from the bytes that were stored where they say it, else from the fact."""

import json
from typing import Any

import pytest
from hypothesis import given
from pydantic_core import from_json

from domain.decode import encode, restore
from domain.event import Event, Kept, order_key
from domain.events import EVENT_TYPES
from domain.events.checks import TRUSTED
from domain.example import example
from domain.stating import stated, stated_by
from tests.domain.arbitrary import events


def kept(topic: str, **members: Any) -> Event:
    """Return an event of a type as it is read back, with some of its data told otherwise."""
    told = example(topic)
    told["data"] |= members
    return restore(json.dumps(told).encode())


@pytest.mark.parametrize("topic", EVENT_TYPES)
def test_the_stored_bytes_say_what_the_fact_does(topic: str) -> None:
    """Of every type: as it was stored, and written anew."""
    for event in (kept(topic), restore(encode(kept(topic)))):
        assert from_json(stated_by(event)) == from_json(stated(event.data))


@pytest.mark.parametrize(
    "members",
    [
        {"identifiers": [{"type": "phone", "value": "+1 (717) 555-0142"}]},
        {"identifiers": [{"type": "account_no", "value": " 7731"}]},
        {"identifiers": [{"type": "account_no", "value": "7731", "issuer": None}]},
        {"identifiers": [{"type": "email", "value": "A@x.example", "verified": True}] * 2},
        {"from": None},
        {"parties": [{"role": "owner", "identifiers": [{"type": "email", "value": "A@x.dev"}]}]},
    ],
)
def test_what_is_not_in_its_normal_form_is_written_anew(members: dict[str, Any]) -> None:
    """Telephones, spaces, letters of addresses, and what is null."""
    event = kept("toldonce.contact.started.v1", **members)
    said = from_json(stated_by(event))
    assert said == from_json(stated(event.data))
    assert said != example("toldonce.contact.started.v1")["data"] | members


def test_a_moment_is_written_in_utc() -> None:
    """Whatever offset it was stated with."""
    event = kept("toldonce.delivery.dispatched.v1", expected_by="2026-03-05T10:00:00+02:00")
    assert from_json(stated_by(event))["expected_by"] == "2026-03-05T08:00:00Z"


@given(events())
def test_arbitrary_events_state_the_same(told: list[Event]) -> None:
    """From the bytes or from the fact; and what is worked out once is what any event gives."""
    for event in told[:9]:
        back = restore(encode(event), position=event.position)
        assert from_json(stated_by(back)) == from_json(stated(event.data))
        assert order_key(back) == order_key(back) == order_key(Event(*back))


def test_an_event_made_anew_is_as_any_other() -> None:
    """With other data it states that, and at another position it has another place."""
    event = kept("toldonce.contact.started.v1")
    assert isinstance(event, Kept)
    assert order_key(event) != order_key(event._replace(position=7))
    other = kept("toldonce.contact.ended.v1").data
    assert stated_by(event._replace(data=other)) == stated(other)


@pytest.mark.parametrize("topic", EVENT_TYPES)
def test_identifiers_met_before_are_what_the_rules_make(topic: str) -> None:
    """Of each list that is given, with all that identifiers can have."""
    named = [
        {"type": "phone", "value": "+1 717 555 0142"},
        {"value": "7731 ", "type": "account_no", "issuer": " shop", "verified": True},
    ]
    event = kept(topic, identifiers=named)
    data = {**example(topic)["data"], "identifiers": named}
    published = EVENT_TYPES[topic].model_validate(data, context=TRUSTED, by_alias=True)
    assert event.data.identifiers == published.identifiers
    assert [one.model_fields_set for one in event.data.identifiers] == [
        one.model_fields_set for one in published.identifiers
    ]
