"""What decoding promises: one event, one body, however it was carried."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.batch import BATCH_BYTES_MAX, BATCH_EVENTS_MAX
from domain.decode import (
    EVENT_BYTES_MAX,
    FUTURE_MAX,
    Accepted,
    Invalid,
    decode,
    decode_binary,
    encode,
    restore,
    same_content,
    split_batch,
)
from domain.event import Event
from domain.events import EVENT_TYPES, ContactInformationProvided, EventCorrected
from domain.example import example
from tests.domain.malformed import VALID

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
TOLD = ContactInformationProvided.TOPIC


def taken(raw: bytes) -> Accepted:
    """Decode what must be accepted."""
    verdict = decode(raw, now=NOW)
    assert isinstance(verdict, Accepted), verdict
    return verdict


def written(event: dict[str, Any], **style: Any) -> bytes:
    """Write an event as some publisher would."""
    return json.dumps(event, **style).encode()


def test_an_event_is_decoded_into_its_type() -> None:
    """The envelope is read, the data is typed, the extensions are kept as received."""
    event = {
        **example(TOLD),
        "time": "2026-03-02T12:00:00+02:00",
        "subject": "calls/1",
        "sequence": 17,
        "datacontenttype": "application/json",
        "dataschema": "urn:schema",
        "traceparent": "00-1-2-03",
        "retried": True,
        "partition": 3,
        "empty": "",
    }
    assert taken(written(event)).event == Event(
        id="e-1",
        source="urn:example:publisher",
        type=TOLD,
        time=datetime(2026, 3, 2, 10, tzinfo=UTC),
        data=ContactInformationProvided.model_validate(event["data"]),
        subject="calls/1",
        sequence="17",
        extensions={"traceparent": "00-1-2-03", "retried": True, "partition": 3, "empty": ""},
    )


def test_the_body_is_compact_json_of_what_was_published() -> None:
    """Values stay as they were published, telephone numbers too: the form is made on reading."""
    body = taken(VALID).body
    assert body == json.dumps(json.loads(VALID), separators=(",", ":")).encode()


def _backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _backwards(value[name]) for name in reversed(value)}
    return [_backwards(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("topic", sorted(EVENT_TYPES))
def test_one_event_has_one_content(topic: str) -> None:
    """Order, blanks, escapes, nulls and the default media type make no difference."""
    event = example(topic)
    event["subject"] = "é: \\u003a \u2028"
    body = taken(written(event)).body
    assert taken(body).body == body
    backwards = taken(written(_backwards(event), indent=3, ensure_ascii=False)).body
    assert same_content(backwards, body)
    assert taken(written({**event, "sequence": None, "traceparent": None})).body == body
    for media_type in ("application/json", "Application/JSON; charset=utf-8"):
        assert taken(written({**event, "datacontenttype": media_type})).body == body


def test_contents_are_compared_whatever_the_order_of_members() -> None:
    """What states something else is told apart, also true from 1 and 1 from 1.0."""
    assert same_content(b'{"a":{"b":1,"c":[{"d":1,"e":2}]}}', b'{"a":{"c":[{"e":2,"d":1}],"b":1}}')
    for one, other in ((b"1", b"true"), (b"1", b"1.0"), (b"[1,2]", b"[2,1]"), (b'"1"', b"1")):
        assert not same_content(b'{"a":%b}' % one, b'{"a":%b}' % other)


def test_another_media_type_of_json_is_kept() -> None:
    """What says more than JSON belongs to the event."""
    raw = written({**example(TOLD), "datacontenttype": "application/vnd.example+json"})
    assert b'"datacontenttype":"application/vnd.example+json"' in taken(raw).body


def test_colons_in_strings_are_no_members() -> None:
    """The quick look for repeated members is wrong in no direction."""
    event = example(TOLD)
    event["data"]["facts"] = [
        {"field": "a", "value": '::":":"'},
        {"field": "b", "value": "é\\u003a"},
    ]
    taken(written(event))
    taken(written(event, ensure_ascii=False))
    taken(written(event).replace(b"::", b"\\u003a\\u003A"))


def test_a_time_may_be_a_day_ahead_but_no_more() -> None:
    """Clocks run ahead; nothing happens the day after tomorrow."""
    event = {**example(TOLD), "time": (NOW + FUTURE_MAX).isoformat()}
    taken(written(event))
    event["time"] = (NOW + FUTURE_MAX + timedelta(microseconds=1)).isoformat()
    assert isinstance(decode(written(event), now=NOW), Invalid)


def test_an_event_may_be_as_large_as_the_limit() -> None:
    """64 KiB are taken, and not a byte more."""
    raw = VALID + b" " * (EVENT_BYTES_MAX - len(VALID))
    assert taken(raw).body == taken(VALID).body
    assert isinstance(decode(raw + b" ", now=NOW), Invalid)


def test_a_body_may_not_outgrow_the_limit_either() -> None:
    """A short number such as 1e15 is written out in full."""
    data = {
        "corrects": {"source": "s", "id": "i"},
        "data": {"a": [0]},
        "reason": "r",
        "declared_by": "d",
    }
    raw = written({**example(EventCorrected.TOPIC), "data": data})
    raw = raw.replace(b"[0]", b"[" + b"1e15," * 9_999 + b"0]")
    assert len(raw) < EVENT_BYTES_MAX
    verdict = decode(raw, now=NOW)
    assert isinstance(verdict, Invalid)
    assert verdict.problems[0].reason == "is larger than 64 KiB"


@pytest.mark.parametrize("topic", sorted(EVENT_TYPES))
def test_binary_mode_gives_the_same_event(topic: str) -> None:
    """An event that comes again in another mode is a duplicate."""
    event = {**example(topic), "traceparent": "00-1", "sequence": "7", "subject": "x"}
    attributes = {name: value for name, value in event.items() if name != "data"}
    attributes["datacontenttype"] = "application/json; charset=utf-8"
    verdict = decode_binary(attributes, written(event["data"], indent=1), now=NOW)
    structured = taken(written(event))
    assert isinstance(verdict, Accepted)
    assert verdict.event == structured.event
    assert same_content(verdict.body, structured.body)


@pytest.mark.parametrize(
    ("changes", "data", "pointer", "reason"),
    [
        ({"id": ""}, b"{}", "/id", "must not be empty"),
        ({"data": "{}"}, b"{}", "/data", "data is the message itself"),
        ({"data_base64": "e30="}, b"{}", "/data_base64", "is not taken"),
        ({"datacontenttype": "text/xml"}, b"<a/>", "/data", "is not JSON"),
        ({"datacontenttype": "text/xml"}, b"{}", "/datacontenttype", "must be a JSON media type"),
        ({"trace": "\udcff"}, b"{}", "/trace", "must not contain control characters"),
        ({"id": "\udcff"}, b"{}", "/id", "must be valid Unicode"),
        ({"\udcff": "x"}, b"{}", "", "must be valid Unicode"),
        ({}, b"", "/data", "is empty"),
        ({}, b"null", "/data", "is required"),
        ({}, b"[]", "/data", "must be an object"),
        ({}, b"{}", "/data/contact_id", "is required"),
        ({}, b'{"contact_id":"c","queue":"a","queue":"b"}', "/data/queue", "more than once"),
        ({}, b" " * (EVENT_BYTES_MAX + 1), "", "is larger than 64 KiB"),
    ],
)
def test_binary_mode_refuses_with_pointers_into_the_event(
    changes: dict[str, str], data: bytes, pointer: str, reason: str
) -> None:
    """A pointer is the same as in structured mode."""
    event = {k: v for k, v in example("toldonce.contact.queued.v1").items() if k != "data"}
    verdict = decode_binary({**event, **changes}, data, now=NOW)
    assert isinstance(verdict, Invalid)
    assert any(p.pointer == pointer and reason in p.reason for p in verdict.problems)


def test_a_stored_body_is_restored_with_its_place_in_the_log() -> None:
    """Reading back gives what was accepted, and where and when it was kept."""
    verdict = taken(VALID)
    assert restore(verdict.body) == verdict.event
    kept = restore(verdict.body, position=7, recorded_at=NOW)
    assert (kept.position, kept.recorded_at, kept.data) == (7, NOW, verdict.event.data)


def test_what_the_rules_of_today_refuse_is_still_restored() -> None:
    """Numbering plans, time zones and event names change; the log does not."""
    told = example(TOLD)
    told["data"]["identifiers"] = [{"type": "phone", "value": "+1717"}]
    calendar = example("toldonce.calendar.defined.v1")
    calendar["data"]["timezone"] = "Europe/Atlantis"
    promise = example("toldonce.promise.made.v1")
    promise["data"]["fulfilled_when"] = {"event": "delivery.sent", "ref": "phone:+1717"}
    for event in (told, calendar, promise):
        assert isinstance(decode(written(event), now=NOW), Invalid)
        assert restore(written(event)).data.NAME in event["type"]


def test_a_batch_is_taken_apart() -> None:
    """Each element comes out whole and decodes as it would alone."""
    parts = split_batch(b" [ " + VALID + b" ,\n" + VALID + b" ] ")
    assert isinstance(parts, list)
    assert [taken(part) for part in parts] == [taken(VALID)] * 2
    assert split_batch(b" [ ] ") == []


@pytest.mark.parametrize("wrong", [b'{"id":1,"id" : 2}', b"1e400", b"[-1e999, {}]", b'"\\u0000:"'])
def test_a_batch_keeps_what_is_wrong_with_an_element(wrong: bytes) -> None:
    """What parsing would lose is handed on as it came, and only that element is invalid."""
    parts = split_batch(b"[" + VALID + b" , " + wrong + b"," + VALID + b"]")
    assert isinstance(parts, list)
    assert parts[1] == wrong
    assert [isinstance(decode(part, now=NOW), Accepted) for part in parts] == [True, False, True]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is empty"),
        (b"{}", "must be a JSON array"),
        (b"[1,]", "is not JSON"),
        (b"[" + b"1," * BATCH_EVENTS_MAX + b"1]", "more than 1000 events"),
        (b"[" + b" " * BATCH_BYTES_MAX + b"]", "larger than 4 MiB"),
    ],
)
def test_a_batch_has_limits(raw: bytes, reason: str) -> None:
    """What is no batch is refused as a whole."""
    parts = split_batch(raw)
    assert isinstance(parts, Invalid)
    assert reason in parts.problems[0].reason


def test_a_full_batch_is_taken() -> None:
    """A thousand events are within the limit."""
    parts = split_batch(b"[" + b"1," * (BATCH_EVENTS_MAX - 1) + b"1]")
    assert isinstance(parts, list)
    assert len(parts) == BATCH_EVENTS_MAX


_PLAIN = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r"),
    min_size=1,
    max_size=60,
)
_SCALARS = (
    _PLAIN
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
_FACTS = st.fixed_dictionaries(
    {"field": st.from_regex(r"[a-z]{1,8}(_[a-z0-9]{1,8})?", fullmatch=True)}
    | {"value": _SCALARS | st.lists(_SCALARS, max_size=3)}
)
_TIMES = st.datetimes(datetime(2, 1, 1), datetime(2026, 3, 3), timezones=st.just(UTC))
_NAMES = st.from_regex(r"x[a-z0-9]{0,19}", fullmatch=True)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Draw an event of any type with any envelope and common members."""
    topic = draw(st.sampled_from(sorted(EVENT_TYPES)))
    data = example(topic)["data"]
    data["identifiers"] = [{"type": "customer_id", "value": "C", "issuer": draw(_PLAIN) + "x"}]
    data["asset_id"] = draw(_PLAIN)
    if topic == TOLD:
        data["facts"] = draw(st.lists(_FACTS, max_size=4))
    return Event(
        id=draw(_PLAIN),
        source=draw(_PLAIN),
        type=topic,
        time=draw(_TIMES),
        data=EVENT_TYPES[topic].model_validate(data),
        subject=draw(st.none() | _PLAIN),
        sequence=draw(st.none() | _PLAIN),
        extensions=draw(st.dictionaries(_NAMES, _PLAIN | st.booleans() | st.integers(-9, 9))),
    )


@given(events())
def test_decoding_is_the_inverse_of_encoding(event: Event) -> None:
    """Any event that can be made is published and read back as itself."""
    verdict = taken(encode(event))
    assert verdict.event == event
    assert verdict.body == encode(event)
    assert restore(verdict.body) == event
