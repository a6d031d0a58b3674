"""What the event classes promise: the contract, and nothing but the contract."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from domain.decode import Accepted, decode, encode, restore
from domain.event import Event
from domain.events import (
    EVENT_TYPES,
    CalendarDefined,
    ContactHandoffNoted,
    ContactInformationProvided,
    ContactStarted,
    DeliveryCompleted,
    EventCorrected,
    EventData,
    OrderPlaced,
    PromiseMade,
    ServiceMeasured,
    TopicInvalid,
    VisitTimeReported,
)
from domain.events.checks import TRUSTED
from domain.events.values import Identifier
from domain.example import example
from tests.domain.contract import COMMON, INTERNAL, members_by_type

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
TOPICS = sorted(EVENT_TYPES)


def made(data: EventData) -> Event:
    """Give the event that states some data."""
    return Event.of(data, id="e-1", source="urn:example", time=NOW)


def promise(**due: Any) -> PromiseMade:
    """Give a promise that is due in some way."""
    return PromiseMade(promise_id="P-1", what="call back", **due)


def identifier(type: str, value: str, **more: Any) -> Identifier:
    """Give an identifier as it is observed."""
    return Identifier.model_validate({"type": type, "value": value, **more})


def test_the_types_are_those_of_the_contract() -> None:
    """No type is missing and none was invented."""
    assert {data.NAME for data in EVENT_TYPES.values()} == set(members_by_type())


@pytest.mark.parametrize("topic", TOPICS)
def test_a_type_has_exactly_the_members_of_the_contract(topic: str) -> None:
    """Required and optional members are as written, and the common ones are optional everywhere."""
    shape = EVENT_TYPES[topic]
    fields = {field.alias or name: field for name, field in shape.model_fields.items()}
    required, optional = members_by_type()[shape.NAME]
    assert {name for name, field in fields.items() if field.is_required()} == required
    assert set(fields) == required | optional | COMMON


@pytest.mark.parametrize("topic", TOPICS)
def test_a_type_says_its_topic_and_what_it_means(topic: str) -> None:
    """The topic stands in the class itself, with one sentence beside it."""
    shape = EVENT_TYPES[topic]
    assert shape.__dict__["TOPIC"] == topic == f"toldonce.{shape.NAME}.v1"
    assert shape.__doc__ is not None
    assert shape.__doc__.endswith(".")
    assert shape.__name__ == "".join(
        word.capitalize() for word in shape.NAME.replace(".", "_").split("_")
    )


@pytest.mark.parametrize("topic", TOPICS)
def test_visibility_is_internal_only_where_the_contract_says_so(topic: str) -> None:
    """Each type has a default, which an event can override."""
    shape = EVENT_TYPES[topic]
    assert ("internal" if shape.NAME in INTERNAL else "customer") == shape.VISIBILITY


@pytest.mark.parametrize("topic", TOPICS)
def test_every_type_survives_a_round_trip(topic: str) -> None:
    """Decoding, encoding, decoding and restoring give one and the same event."""
    event = made(EVENT_TYPES[topic].model_validate(example(topic)["data"]))
    decoded = decode(encode(event), now=NOW)
    assert isinstance(decoded, Accepted)
    assert decoded.event == event
    assert decoded.body == encode(event)
    assert restore(decoded.body) == event


@pytest.mark.parametrize("topic", TOPICS)
def test_every_type_takes_the_common_members(topic: str) -> None:
    """Identifiers, parties, visibility and the fourteen references fit into every event."""
    references = {name: "x-1" for name in COMMON - {"identifiers", "parties", "visibility"}}
    who = [{"type": "member_id", "value": "M-1", "issuer": "payer", "verified": True}]
    common = {
        "identifiers": who,
        "parties": [{"role": "patient", "identifiers": who}],
        "visibility": "internal",
        **references,
    }
    data = EVENT_TYPES[topic].model_validate({**common, **example(topic)["data"]})
    assert data.model_fields_set >= set(common)
    assert data.shown_to == "internal"


def test_an_event_can_override_the_visibility_of_its_type() -> None:
    """A note that is meant for the customer says so."""
    note = {"contact_id": "c", "note_id": "n", "tried": (), "measured": (), "ruled_out": ()}
    assert ContactHandoffNoted(**note).shown_to == "internal"
    assert ContactHandoffNoted(**note, visibility="customer").shown_to == "customer"


def test_events_cannot_be_changed() -> None:
    """A fact is frozen, and so are its parts."""
    started = ContactStarted(contact_id="c", channel="voice", direction="inbound", from_="+1")
    with pytest.raises(ValidationError):
        started.contact_id = "d"
    assert started.model_dump(by_alias=True, exclude_unset=True)["from"] == "+1"


def test_a_topic_belongs_to_one_class() -> None:
    """A second class for a topic is refused."""
    with pytest.raises(TopicInvalid, match=r"toldonce\.contact\.started\.v1"):

        class Again(EventData):
            """A contact began twice."""

            TOPIC: ClassVar[str] = "toldonce.contact.started.v1"

    assert EVENT_TYPES["toldonce.contact.started.v1"] is ContactStarted


@pytest.mark.parametrize("topic", ["contact.begun.v1", "toldonce.contact.begun", "toldonce.C.d.v1"])
def test_a_topic_has_one_form(topic: str) -> None:
    """The form is toldonce.<family>.<participle>.v<N>."""
    with pytest.raises(TopicInvalid):
        type("Begun", (EventData,), {"TOPIC": topic, "__module__": __name__})


def test_the_registry_cannot_be_changed_from_outside() -> None:
    """Types come from classes alone."""
    with pytest.raises(TypeError):
        EVENT_TYPES["x"] = ContactStarted  # type: ignore[index]


@pytest.mark.parametrize(
    ("type", "given", "kept"),
    [
        ("phone", "+1 (717) 555-0142", "+17175550142"),
        ("phone", " +44 (0)20 7946 0018 ", "+442079460018"),
        ("phone", "+17175550142", "+17175550142"),
        ("email", " Ann.Smith@Example.COM ", "ann.smith@example.com"),
        ("email", "STRASSE@x.example", "strasse@x.example"),
        ("account_no", " LAB-48213 ", "LAB-48213"),
        ("loyalty_card", "Ab", "Ab"),
    ],
)
def test_identifiers_are_kept_in_their_normal_form(type: str, given: str, kept: str) -> None:
    """Phones become E.164, e-mails are case-folded, all else is only trimmed."""
    assert identifier(type, given).value == kept


def test_what_was_accepted_once_stays_readable() -> None:
    """A number that today's numbering plan refuses is taken from the log all the same."""
    data = {"type": "phone", "value": " +1717 "}
    with pytest.raises(ValidationError):
        Identifier.model_validate(data)
    assert Identifier.model_validate(data, context=TRUSTED).value == "+1717"


def test_reasons_do_not_show_what_they_refuse() -> None:
    """Even the exception of the model itself keeps the value to itself."""
    with pytest.raises(ValidationError) as caught:
        identifier("email", "ann-at-home")
    assert "ann" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02t10:00:00z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02T10:00:00+02:00", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("2026-03-02T10:00:00-00:00", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02T10:00:00.5Z", datetime(2026, 3, 2, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-02T10:00:00.123456789Z", datetime(2026, 3, 2, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("0002-01-01T00:00:00Z", datetime(2, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_moments_become_utc(text: str, moment: datetime) -> None:
    """Every RFC 3339 time is read, whatever its offset, to the microsecond."""
    due_at = promise(due_at=text).due_at
    assert due_at == moment
    assert due_at is not None
    assert due_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT24H", timedelta(hours=24)),
        ("P2D", timedelta(days=2)),
        ("P1W", timedelta(weeks=1)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("PT90M", timedelta(minutes=90)),
    ],
)
def test_durations_are_of_fixed_length(text: str, duration: timedelta) -> None:
    """Weeks, days, hours, minutes and seconds are read."""
    assert promise(due_within=text).due_within == duration


def test_a_calendar_is_read_into_times_and_days() -> None:
    """Local times stay local, and closed days are dates."""
    calendar = CalendarDefined.model_validate(example(CalendarDefined.TOPIC)["data"])
    assert (calendar.opens, calendar.closes) == (time(9), time(17))
    assert calendar.closed_dates == (date(2026, 4, 3), date(2026, 4, 6))


@pytest.mark.parametrize("value", ["38", 38, 38.5, True, False, "", ["a", 1, 2.5, True], []])
def test_a_fact_keeps_the_type_of_its_value(value: object) -> None:
    """Text stays text and numbers stay numbers; lists are frozen."""
    told = ContactInformationProvided.model_validate(
        {"contact_id": "c", "facts": [{"field": "a", "value": value}]}
    )
    kept = told.facts[0].value
    assert kept == (tuple(value) if isinstance(value, list) else value)
    assert type(kept) is (tuple if isinstance(value, list) else type(value))


def test_a_measurement_keeps_whole_numbers_whole() -> None:
    """38 does not become 38.0."""
    measured = ServiceMeasured(service_id="S", metric="download_kbps", value=38)
    assert repr(measured.value) == "38"


@pytest.mark.parametrize("quantity", [0, -1, True, "2", float("nan"), float("inf")])
def test_a_quantity_is_a_positive_number(quantity: object) -> None:
    """Nothing else can be ordered."""
    with pytest.raises(ValidationError):
        OrderPlaced.model_validate(
            {"order_id": "O", "items": [{"name": "lens", "quantity": quantity}]}
        )


def test_a_correction_keeps_the_corrected_data_as_it_is() -> None:
    """Nulls, nesting and numbers stay; what they mean is known where the event is."""
    data = {"a": None, "b": [{"c": 1.5}, "x"], "d": {"e": True}}
    corrected = EventCorrected.model_validate(
        {
            "corrects": {"source": "s", "id": "i"},
            "data": data,
            "reason": "r",
            "declared_by": "d",
        }
    )
    decoded = decode(encode(made(corrected)), now=NOW)
    assert isinstance(decoded, Accepted)
    assert decoded.event.data == corrected
    assert corrected.data == data


def test_null_is_the_same_as_absent() -> None:
    """Publishers whose serialisers write nulls for what they do not know are understood."""
    data = DeliveryCompleted.model_validate({"delivery_id": "D", "proof": None, "order_id": None})
    assert data == DeliveryCompleted(delivery_id="D")


def test_a_span_may_be_empty() -> None:
    """Somebody may have left at once."""
    span = VisitTimeReported(visit_id="V", claimed_by="x", start=NOW, end=NOW)
    assert span.start == span.end
