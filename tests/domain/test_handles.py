"""What handles promise: one form, found in one order, each once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event import Event, order_key
from domain.events import (
    EVENT_TYPES,
    ApologyGiven,
    EventData,
    EventRetracted,
    IdentityCustomersMerged,
    OrderReplacementSent,
    PromiseMade,
)
from domain.events.values import EventKey, Identifier
from domain.example import example
from domain.handles import (
    REFERENCE_TYPES,
    REFERENCES,
    Handle,
    Handles,
    NotAHandle,
    filing_handle,
    handles_of,
)
from domain.identifiers import IDENTIFIER_TYPES, STRONG_TYPES

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def apology(**members: Any) -> ApologyGiven:
    """Give an event that requires nothing."""
    return ApologyGiven.model_validate(members)


def who(*pairs: str) -> list[dict[str, str]]:
    """Give identifiers written as `type:value` or `type:value@issuer`."""
    found = []
    for pair in pairs:
        kind, _, value = pair.partition(":")
        value, _, issuer = (value, "", "") if kind == "email" else value.partition("@")
        found.append({"type": kind, "value": value} | ({"issuer": issuer} if issuer else {}))
    return found


def event(data: EventData, **changes: Any) -> Event:
    """Give an event that states some data."""
    members = {"id": "e-1", "source": "s", "type": data.TOPIC, "time": NOW, "data": data}
    return Event(**{**members, **changes})


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("phone:+1 717 555 0142", Handle("phone", "+17175550142")),
        ("email:A@X.example", Handle("email", "a@x.example")),
        ("account_no:7731", Handle("account_no", "7731")),
        ("account_no: 7731 @ bank", Handle("account_no", "7731", "bank")),
        ("customer_id:ann@home@shop", Handle("customer_id", "ann@home", "shop")),
        ("customer_id:ann@home@", Handle("customer_id", "ann@home")),
        ("order:O-2", Handle("order", "O-2")),
        ("order:a@b:c", Handle("order", "a@b:c")),
        ("event:e-1@urn:x", Handle("event", "e-1", "urn:x")),
    ],
)
def test_a_handle_is_read_in_its_normal_form(text: str, handle: Handle) -> None:
    """What people type becomes what is looked up."""
    assert Handle.parse(text) == handle


@pytest.mark.parametrize(
    ("handle", "text"),
    [
        (Handle("phone", "+17175550142"), "phone:+17175550142"),
        (Handle("account_no", "7731", "issuer"), "account_no:7731@issuer"),
        (Handle("customer_id", "ann@home"), "customer_id:ann@home@"),
        (Handle("event", "e-1", "a@b%"), "event:e-1@a%40b%25"),
    ],
)
def test_a_handle_is_printed_so_that_it_can_be_read(handle: Handle, text: str) -> None:
    """An issuer stands behind the last @, and an @ within it is escaped."""
    assert str(handle) == text
    assert Handle.parse(text) == handle


_WORDS = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=40)


@given(st.sampled_from([*STRONG_TYPES, "event"]), _WORDS, _WORDS | st.just(""))
def test_printing_and_reading_are_inverse_with_issuers(kind: str, value: str, issuer: str) -> None:
    """Whatever stands in value and issuer, they stay apart."""
    handle = Handle(kind, value, issuer)
    assert Handle.parse(str(handle)) == handle


@given(st.sampled_from([kind for kind in REFERENCE_TYPES if kind != "event"]), _WORDS)
def test_printing_and_reading_are_inverse_for_references(kind: str, value: str) -> None:
    """A reference is the id as it was given."""
    handle = Handle(kind, value)
    assert Handle.parse(str(handle)) == handle


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7731",
        ":",
        "ssn:1",
        "phone:5550142",
        "email:x",
        "account_no:",
        "order:",
        "order:" + "x" * 129,
        "order:a\0b",
        "account_no:\udcff",
    ],
)
def test_other_text_is_no_handle(text: str) -> None:
    """The reason does not repeat the text."""
    with pytest.raises(NotAHandle) as caught:
        Handle.parse(text)
    assert not text or text not in str(caught.value)


@given(st.from_regex(r"\+[1-9][0-9]{0,2}[ 0-9()-]{4,14}", fullmatch=True))
def test_the_form_of_a_phone_is_the_form_of_itself(text: str) -> None:
    """However a number is written, what is kept finds itself again."""
    try:
        handle = Handle.parse(f"phone:{text}")
    except NotAHandle:
        return
    assert Handle.parse(str(handle)) == handle


@given(st.emails())
def test_the_form_of_an_email_is_the_form_of_itself(text: str) -> None:
    """However an address is written, what is kept finds itself again."""
    handle = Handle.parse(f"email:{text}")
    assert Handle.parse(str(handle)) == handle == Handle.parse(f"email: {text.upper()}")


def test_handles_are_told_apart_by_kind_of_evidence() -> None:
    """Strong, weak, references and parties; each once, in a fixed order."""
    data = apology(
        identifiers=who(
            "phone:+17175550142", "member_id:M@p", "email:a@x.example", "member_id:M@p"
        ),
        parties=[{"role": "payer", "identifiers": who("account_no:9")}],
        order_id="O-1",
        contact_id="c-1",
        tracking_number="T-1",
    )
    assert handles_of(data) == Handles(
        strong=(Handle("member_id", "M", "p"),),
        weak=(Handle("phone", "+17175550142"), Handle("email", "a@x.example")),
        references=(
            Handle("tracking_number", "T-1"),
            Handle("contact", "c-1"),
            Handle("order", "O-1"),
        ),
        parties=(Handle("account_no", "9"),),
    )


def test_who_issued_a_phone_does_not_matter() -> None:
    """Two systems that observed one number mean one handle."""
    observed = Identifier(type="phone", value="+17175550142", issuer="pbx")
    assert observed.handle == Handle("phone", "+17175550142")


def test_every_reference_member_is_found() -> None:
    """Each member in REFERENCES yields its handle in every type that has it."""
    found = set()
    for topic, shape in EVENT_TYPES.items():
        given = {name: "x" for name in REFERENCES if name in shape.model_fields}
        data = shape.model_validate({**example(topic)["data"], **given})
        expected = {Handle(REFERENCES[name], "x") for name in given}
        assert set(handles_of(data).references) >= expected
        found |= set(given)
    assert found == set(REFERENCES)


def test_pointers_to_other_things_are_references_too() -> None:
    """A replacement leads to both deliveries."""
    sent = OrderReplacementSent(
        order_id="O", delivery_id="D-2", replaces_delivery_id="D-1", attempt_no=2
    )
    assert handles_of(sent).references == (
        Handle("delivery", "D-2"),
        Handle("delivery", "D-1"),
        Handle("order", "O"),
    )


def test_what_keeps_a_promise_is_a_reference() -> None:
    """A promise leads to the order whose delivery keeps it."""
    data = PromiseMade.model_validate(example(PromiseMade.TOPIC)["data"])
    assert handles_of(data).references == (Handle("promise", "P-2"), Handle("order", "O-2"))
    by_phone = {"event": "contact.started", "ref": "phone:+1 717 555 0142", "direction": "outbound"}
    data = PromiseMade.model_validate(
        {"promise_id": "P", "what": "call", "due_within": "PT1H", "fulfilled_when": by_phone}
    )
    assert data.fulfilled_when is not None
    assert data.fulfilled_when.ref == "phone:+17175550142"
    assert handles_of(data).references == (Handle("promise", "P"),)


def test_a_correction_leads_to_the_event_it_corrects() -> None:
    """That is how it finds its customer."""
    data = EventRetracted(corrects=EventKey(source="s", id="i"), reason="r", declared_by="d")
    assert handles_of(data).references == (Handle("event", "i", "s"),)
    assert filing_handle(event(data)) == Handle("event", "i", "s")


def test_identity_statements_state_two_identifiers_in_their_order() -> None:
    """They are stated, not observed."""
    data = IdentityCustomersMerged.model_validate(example(IdentityCustomersMerged.TOPIC)["data"])
    found = handles_of(data)
    assert found.stated == (Handle("account_no", "7731"), Handle("phone", "+17175550142"))
    assert (found.strong, found.weak) == ((), ())
    assert found.everything == found.stated


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"identifiers": who("phone:+17175550142", "email:a@x.example")}, "email:a@x.example"),
        ({"identifiers": who("phone:+17175550142", "loyalty_card:L")}, "loyalty_card:L"),
        ({"identifiers": who("member_id:M", "customer_id:C@x")}, "customer_id:C@x"),
        ({"identifiers": who("customer_id:C", "account_no:A")}, "account_no:A"),
        ({"identifiers": who("account_no:B", "account_no:A")}, "account_no:B"),
        ({"identifiers": who("email:a@x.example"), "order_id": "O"}, "email:a@x.example"),
        ({"order_id": "O", "delivery_id": "D"}, "delivery:D"),
        ({"asset_id": "A", "contact_id": "c", "issue_id": "I"}, "contact:c"),
        ({"parties": [{"role": "payer", "identifiers": who("account_no:9")}]}, "event:e-1@s"),
        ({}, "event:e-1@s"),
    ],
)
def test_an_event_is_filed_under_the_strongest_it_has(
    members: dict[str, Any], expected: str
) -> None:
    """Identifiers before references, references before the event itself, parties never."""
    filed = event(apology(**members))
    assert str(filing_handle(filed)) == expected
    assert filing_handle(filed, handles_of(filed.data)) == filing_handle(filed)


def test_an_identity_statement_is_filed_under_its_strongest_identifier() -> None:
    """It is about a person, so it is erased with that person."""
    data = IdentityCustomersMerged.model_validate(example(IdentityCustomersMerged.TOPIC)["data"])
    assert filing_handle(event(data)) == Handle("account_no", "7731")


def test_kinds_of_handle_know_what_they_are() -> None:
    """Strong ones anchor a customer; references are no identifiers."""
    assert all(Handle(kind, "x").is_identifier for kind in IDENTIFIER_TYPES)
    assert [k for k in IDENTIFIER_TYPES if Handle(k, "x").is_strong] == list(STRONG_TYPES)
    assert not Handle("order", "x").is_identifier


def test_events_stand_in_the_order_of_the_contract() -> None:
    """Time, then source, then sequence as a number where it is one, then position."""
    later = datetime(2026, 3, 3, 10, 0, 0, 1, tzinfo=UTC)
    data = apology()
    expected = [
        event(data, position=9),
        event(data, sequence="2", position=8),
        event(data, sequence="010", position=6),
        event(data, sequence="10", position=7),
        event(data, sequence="99999999999999999999", position=5),
        event(data, sequence="a", position=4),
        event(data, source="t", position=3),
        event(data, time=later, source="a", position=2),
        event(data, time=later, source="a", position=2, id="e-2"),
    ]
    assert sorted(reversed(expected), key=order_key) == expected


def test_times_before_1970_stand_before_later_ones() -> None:
    """Seventeen-year-old stories begin before any epoch."""
    times = [datetime(2, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC), NOW]
    keys = [order_key(event(apology(), time=time)) for time in times]
    assert keys == sorted(keys)
    assert keys[1][0] == -999_999
