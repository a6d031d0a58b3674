"""Every kind of malformed event we know of: (name, raw bytes, pointer, part of the reason).

Each must end as a verdict, whichever way it comes in.
"""

import json
from typing import Any

_VALID: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "urn:example:calls",
    "type": "toldonce.contact.information_provided.v1",
    "time": "2026-03-02T10:00:00Z",
    "data": {
        "contact_id": "c-1",
        "identifiers": [{"type": "phone", "value": "+1 717 555 0142"}],
        "facts": [{"field": "account_no", "value": "7731"}],
    },
}
VALID = json.dumps(_VALID).encode()
"""A valid event, from which most of the others differ in one place."""

_TEXT = VALID.decode()
Case = tuple[str, bytes, str, str]


def _event(**changes: Any) -> bytes:
    return json.dumps({**_VALID, **changes}).encode()


def _data(**changes: Any) -> bytes:
    return _event(data={**_VALID["data"], **changes})


def _without(name: str) -> bytes:
    return json.dumps({k: v for k, v in _VALID.items() if k != name}).encode()


def _of(name: str, **data: Any) -> bytes:
    return _event(type=f"toldonce.{name}.v1", data=data)


def _identifier(**members: Any) -> bytes:
    return _data(identifiers=[members])


def _swapped(old: str, new: str) -> bytes:
    assert old in _TEXT
    return _TEXT.replace(old, new).encode()


def _promise(**due: Any) -> bytes:
    return _of("promise.made", promise_id="P-1", what="call back", **due)


def _calendar(**changes: Any) -> bytes:
    week = {"weekdays": [1, 2], "opens": "09:00", "closes": "17:00", "closed_dates": []}
    return _of(
        "calendar.defined", **{"calendar_id": "k", "timezone": "Europe/Paris", **week, **changes}
    )


_BYTES: list[Case] = [
    ("nothing", b"", "", "is empty"),
    ("blanks", b" \n\t", "", "is not JSON"),
    ("byte order mark", b"\xef\xbb\xbf" + VALID, "", "byte order mark"),
    ("UTF-16", _TEXT.encode("utf-16-le"), "", "is not JSON"),
    ("invalid UTF-8", _swapped("c-1", "@").replace(b"@", b"\xff\xfe"), "", "is not JSON"),
    ("overlong UTF-8", _swapped("c-1", "@").replace(b"@", b"\xc0\xaf"), "", "is not JSON"),
    ("UTF-8 surrogate", _swapped("c-1", "@").replace(b"@", b"\xed\xa0\x80"), "", "is not JSON"),
    ("random bytes", bytes(range(256)), "", "is not JSON"),
    ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "", "is not JSON"),
    ("cut off", VALID[:-2], "", "is not JSON"),
    ("two values", VALID + VALID, "", "is not JSON"),
    ("trailing comma", VALID[:-1] + b",}", "", "is not JSON"),
    ("single quotes", _TEXT.replace('"', "'").encode(), "", "is not JSON"),
    ("comment", b"/* */" + VALID, "", "is not JSON"),
    ("raw NUL", _swapped("c-1", "c\0"), "", "is not JSON"),
    ("raw line feed in a string", _swapped("c-1", "c\n"), "", "is not JSON"),
    ("lone leading surrogate", _swapped("c-1", "\\ud800"), "", "is not JSON"),
    ("lone trailing surrogate", _swapped("c-1", "\\udc00"), "", "is not JSON"),
    ("NaN", _swapped('"7731"', "NaN"), "", "is not JSON"),
    ("Infinity", _swapped('"7731"', "-Infinity"), "", "is not JSON"),
    ("10,000 levels of lists", b"[" * 10_000, "", "is not JSON"),
    ("10,000 levels of objects", b'{"a":' * 10_000, "", "is not JSON"),
    ("a number of 5,000 digits", _swapped('"7731"', "1" * 5_000), "", "is not JSON"),
    ("64 KiB and a byte", VALID + b" " * (65_537 - len(VALID)), "", "larger than 64 KiB"),
    ("a string", b'"event"', "", "must be a JSON object"),
    ("a number", b"12", "", "must be a JSON object"),
    ("null", b"null", "", "must be a JSON object"),
    ("a list", b"[" + VALID + b"]", "", "must be a JSON object"),
    ("an empty object", b"{}", "/specversion", "is required"),
    ("id twice", _swapped('"id"', '"id": "e-0", "id"'), "/id", "more than once"),
    ("id twice, once escaped", _swapped('"id"', '"\\u0069d": "e-0", "id"'), "/id", "more than"),
    (
        "a value hiding a colon",
        _swapped('"id"', '"subject": "\\u003a", "id" :"e-0", "id"'),
        "/id",
        "more than once",
    ),
    (
        "contact_id twice",
        _swapped('"contact_id"', '"contact_id": "c-0", "contact_id"'),
        "/data/contact_id",
        "more than once",
    ),
    (
        "value twice, deep down",
        _swapped('"value": "7731"', '"value": "7731", "value": "7732"'),
        "/data/facts/0/value",
        "more than once",
    ),
]

_ENVELOPE: list[Case] = [
    ("no specversion", _without("specversion"), "/specversion", "is required"),
    ("another specversion", _event(specversion="0.3"), "/specversion", "must be '1.0'"),
    ("specversion as a number", _event(specversion=1.0), "/specversion", "must be '1.0'"),
    ("no id", _without("id"), "/id", "is required"),
    ("null id", _event(id=None), "/id", "is required"),
    ("empty id", _event(id=""), "/id", "must not be empty"),
    ("id as a number", _event(id=7), "/id", "must be a string"),
    ("id of 257 characters", _event(id="x" * 257), "/id", "at most 256 characters"),
    ("NUL in id", _event(id="a\0b"), "/id", "control characters"),
    ("no source", _without("source"), "/source", "is required"),
    ("source of 257 characters", _event(source="x" * 257), "/source", "at most 256 characters"),
    ("escape sequence in source", _event(source="\x1b[2J"), "/source", "control characters"),
    ("no type", _without("type"), "/type", "is required"),
    ("unknown type", _event(type="toldonce.contact.begun.v1"), "/type", "not a known type"),
    ("unknown version", _event(type="toldonce.contact.started.v9"), "/type", "not a known type"),
    ("type as a list", _event(type=["a"]), "/type", "must be a string"),
    ("no time", _without("time"), "/time", "is required"),
    ("time without offset", _event(time="2026-03-02T10:00:00"), "/time", "with an offset"),
    ("time with a blank", _event(time="2026-03-02 10:00:00Z"), "/time", "RFC 3339"),
    ("a day as time", _event(time="2026-03-02"), "/time", "RFC 3339"),
    ("basic format", _event(time="20260302T100000Z"), "/time", "RFC 3339"),
    ("week date", _event(time="2026-W10-1T10:00:00Z"), "/time", "RFC 3339"),
    ("no seconds", _event(time="2026-03-02T10:00Z"), "/time", "RFC 3339"),
    ("31 February", _event(time="2026-02-31T10:00:00Z"), "/time", "not a time that exists"),
    ("hour 25", _event(time="2026-03-02T25:00:00Z"), "/time", "not a time that exists"),
    ("offset of a day", _event(time="2026-03-02T10:00:00+24:00"), "/time", "not a time that"),
    ("the year 0", _event(time="0000-01-01T00:00:00Z"), "/time", "not a time that exists"),
    ("before the year 1", _event(time="0001-01-01T00:00:00+09:00"), "/time", "outside the years"),
    ("after the year 9999", _event(time="9999-12-31T23:59:59-09:00"), "/time", "outside the"),
    ("Unix time", _event(time=1_772_445_600), "/time", "RFC 3339"),
    ("Unix time as text", _event(time="1772445600"), "/time", "RFC 3339"),
    ("foreign digits", _event(time="२०२६-03-02T10:00:00Z"), "/time", "RFC 3339"),
    ("the far future", _event(time="9999-01-01T00:00:00Z"), "/time", "24 h in the future"),
    ("empty subject", _event(subject=""), "/subject", "must not be empty"),
    ("XML content", _event(datacontenttype="text/xml"), "/datacontenttype", "JSON media type"),
    ("content type as a number", _event(datacontenttype=1), "/datacontenttype", "a string"),
    ("base64 data", _event(data_base64="e30="), "/data_base64", "send a JSON object in data"),
    ("a misspelled attribute", _event(Subject="x"), "/Subject", "is no attribute"),
    ("an attribute name of 21 letters", _event(**{"x" * 21: "x"}), "/" + "x" * 21, "no attribute"),
    ("an object as extension", _event(trace={"a": 1}), "/trace", "a string, a 32-bit integer"),
    ("a fraction as extension", _event(trace=1.5), "/trace", "a string, a 32-bit integer"),
    ("2^31 as extension", _event(trace=2**31), "/trace", "a string, a 32-bit integer"),
    ("NUL in an extension", _event(trace="\0"), "/trace", "control characters"),
    ("boolean sequence", _event(sequence=True), "/sequence", "a string of 1 to 128"),
    ("no data", _without("data"), "/data", "is required"),
    ("null data", _event(data=None), "/data", "is required"),
    ("data as a string", _event(data='{"contact_id": "c-1"}'), "/data", "must be an object"),
    ("data as a list", _event(data=[]), "/data", "must be an object"),
]

_DATA: list[Case] = [
    ("empty data", _event(data={}), "/data/contact_id", "is required"),
    ("a misspelled member", _data(isue_id="I-1"), "/data/isue_id", "not a member"),
    ("a name of Python's", _of("contact.started", from_="x"), "/data/from_", "not a member"),
    ("slash and tilde in a name", _data(**{"a/b~c": 1}), "/data/a~1b~0c", "not a member"),
    ("NUL in a name", _data(**{"a\0": 1}), "/data/a\ufffd", "not a member"),
    ("empty contact_id", _data(contact_id=""), "/data/contact_id", "must not be empty"),
    ("contact_id as a number", _data(contact_id=1), "/data/contact_id", "must be a string"),
    ("an id of 129 characters", _data(order_id="x" * 129), "/data/order_id", "at most 128"),
    ("escaped NUL", _data(contact_id="c\0"), "/data/contact_id", "control characters"),
    ("C1 control character", _data(contact_id="c\x9b"), "/data/contact_id", "control characters"),
    ("unknown visibility", _data(visibility="public"), "/data/visibility", "'internal' or 'custo"),
    ("identifiers as an object", _data(identifiers={}), "/data/identifiers", "must be a list"),
    ("null in identifiers", _data(identifiers=[None]), "/data/identifiers/0", "must be an object"),
    (
        "unknown identifier",
        _identifier(type="ssn", value="1"),
        "/data/identifiers/0/type",
        "must be 'account_no'",
    ),
    (
        "blank account",
        _identifier(type="account_no", value="  "),
        "/data/identifiers/0/value",
        "must not be empty",
    ),
    (
        "account as a number",
        _identifier(type="account_no", value=7731),
        "/data/identifiers/0/value",
        "must be a string",
    ),
    (
        "phone without country code",
        _identifier(type="phone", value="717 555 0142"),
        "/data/identifiers/0/value",
        "with its country code",
    ),
    (
        "phone with letters",
        _identifier(type="phone", value="+call me"),
        "/data/identifiers/0/value",
        "not a telephone number",
    ),
    (
        "phone too short",
        _identifier(type="phone", value="+1717"),
        "/data/identifiers/0/value",
        "possible telephone number",
    ),
    (
        "e-mail without host",
        _identifier(type="email", value="a@"),
        "/data/identifiers/0/value",
        "not an e-mail address",
    ),
    (
        "e-mail with a blank",
        _identifier(type="email", value="a b@x.example"),
        "/data/identifiers/0/value",
        "not an e-mail address",
    ),
    (
        "verified as text",
        _identifier(type="account_no", value="1", verified="yes"),
        "/data/identifiers/0/verified",
        "true or false",
    ),
    ("party without role", _data(parties=[{"identifiers": []}]), "/data/parties/0/role", "is req"),
    ("no facts", _event(data={"contact_id": "c-1"}), "/data/facts", "is required"),
    (
        "fact in camel case",
        _data(facts=[{"field": "accountNo", "value": "1"}]),
        "/data/facts/0/field",
        "snake_case",
    ),
    (
        "null fact",
        _data(facts=[{"field": "a", "value": None}]),
        "/data/facts/0/value",
        "a string, a number",
    ),
    (
        "object as fact",
        _data(facts=[{"field": "a", "value": {}}]),
        "/data/facts/0/value",
        "a string, a number",
    ),
    (
        "null within a fact",
        _data(facts=[{"field": "a", "value": ["x", None]}]),
        "/data/facts/0/value",
        "a string, a number",
    ),
    ("1e400", _swapped('"7731"', "1e400"), "/data/facts/0/value", "a finite number"),
    ("-1e400 in a list", _swapped('"7731"', "[-1e400]"), "/data/facts/0/value", "a finite num"),
    ("2^53", _swapped('"7731"', str(2**53)), "/data/facts/0/value", "beyond the integers"),
    (
        "a text of 4,097",
        _data(facts=[{"field": "a", "value": "x" * 4097}]),
        "/data/facts/0/value",
        "at most 4096",
    ),
    (
        "1e400 in a correction",
        _of(
            "event.corrected",
            corrects={"source": "s", "id": "i"},
            data=0,
            reason="r",
            declared_by="d",
        ).replace(b'"data": 0', b'"data": {"a": [{"b": 1e400}]}'),
        "/data/data",
        "a finite number",
    ),
    (
        "NUL in a correction",
        _of(
            "event.corrected",
            corrects={"source": "s", "id": "i"},
            data={"a": ["\0"]},
            reason="r",
            declared_by="d",
        ),
        "/data/data",
        "control characters",
    ),
    (
        "no channel we know",
        _of("contact.started", contact_id="c", channel="fax", direction="inbound"),
        "/data/channel",
        "must be 'voice'",
    ),
    (
        "seconds as text",
        _of("contact.held", contact_id="c", hold_s="12"),
        "/data/hold_s",
        "must be a whole number",
    ),
    (
        "half a second",
        _of("contact.held", contact_id="c", hold_s=0.5),
        "/data/hold_s",
        "must be a whole number",
    ),
    (
        "boolean seconds",
        _of("contact.held", contact_id="c", hold_s=True),
        "/data/hold_s",
        "must be a whole number",
    ),
    (
        "negative seconds",
        _of("contact.held", contact_id="c", hold_s=-1),
        "/data/hold_s",
        "must be at least 0",
    ),
    (
        "money as a number",
        _of("order.refunded", order_id="O", amount={"amount": 12.5, "currency": "EUR"}),
        "/data/amount/amount",
        "must be a string",
    ),
    (
        "money with a comma",
        _of("order.refunded", order_id="O", amount={"amount": "12,50", "currency": "EUR"}),
        "/data/amount/amount",
        "a decimal number in a string",
    ),
    (
        "currency in small letters",
        _of("order.refunded", order_id="O", amount={"amount": "12", "currency": "eur"}),
        "/data/amount/currency",
        "three upper-case letters",
    ),
    (
        "first attempt as replacement",
        _of("order.replacement_sent", order_id="O", delivery_id="D", attempt_no=1),
        "/data/attempt_no",
        "must be at least 2",
    ),
    ("a nameless parcel", _of("delivery.completed"), "/data", "delivery_id or tracking_number"),
    ("null names of a parcel", _of("delivery.completed", delivery_id=None), "/data", "delivery_id"),
    (
        "an end before the start",
        _of(
            "visit.time_reported",
            visit_id="V",
            claimed_by="x",
            start="2026-03-02T10:00:00Z",
            end="2026-03-02T09:00:00Z",
        ),
        "/data",
        "must not end before",
    ),
    (
        "one identifier linked to itself",
        _of(
            "identity.identifier_linked",
            method="imported",
            a={"type": "email", "value": "A@x.example"},
            b={"type": "email", "value": "a@x.example "},
        ),
        "/data",
        "two different identifiers",
    ),
]

_PROMISES: list[Case] = [
    ("no due", _promise(), "/data", "exactly one of due_at"),
    (
        "two dues",
        _promise(due_at="2026-03-02T10:00:00Z", due_within="PT1H"),
        "/data",
        "exactly one of due_at",
    ),
    ("working days of no calendar", _promise(due_business_days=2), "/data", "calendar_id together"),
    ("a calendar for hours", _promise(due_within="PT1H", calendar_id="k"), "/data", "together"),
    (
        "0 working days",
        _promise(due_business_days=0, calendar_id="k"),
        "/data/due_business_days",
        "at least 1",
    ),
    ("a month", _promise(due_within="P1M"), "/data/due_within", "no fixed length"),
    ("a year and a day", _promise(due_within="P1Y1D"), "/data/due_within", "no fixed length"),
    ("no time at all", _promise(due_within="PT0S"), "/data/due_within", "longer than nothing"),
    ("an empty duration", _promise(due_within="P"), "/data/due_within", "ISO 8601 duration"),
    ("hours without T", _promise(due_within="P24H"), "/data/due_within", "ISO 8601 duration"),
    ("seconds as duration", _promise(due_within=3600), "/data/due_within", "ISO 8601 duration"),
    ("200 years", _promise(due_within="P73050D"), "/data/due_within", "at most a century"),
    (
        "kept by no event",
        _promise(due_within="PT1H", fulfilled_when={"event": "delivery.done", "ref": "order:O"}),
        "/data/fulfilled_when/event",
        "not the name of an event",
    ),
    (
        "kept by no handle",
        _promise(due_within="PT1H", fulfilled_when={"event": "delivery.completed", "ref": "O-2"}),
        "/data/fulfilled_when/ref",
        "must be a handle",
    ),
    ("no such zone", _calendar(timezone="Europe/Atlantis"), "/data/timezone", "IANA time zone"),
    ("a path as zone", _calendar(timezone="../../etc/passwd"), "/data/timezone", "IANA time zone"),
    ("weekday 0", _calendar(weekdays=[0]), "/data/weekdays/0", "at least 1"),
    ("no weekdays", _calendar(weekdays=[]), "/data/weekdays", "at least 1 entries"),
    ("one weekday twice", _calendar(weekdays=[1, 1]), "/data", "each weekday once"),
    ("24:00", _calendar(closes="24:00"), "/data/closes", "local time HH:MM"),
    ("9:00", _calendar(opens="9:00"), "/data/opens", "local time HH:MM"),
    ("closed before open", _calendar(closes="08:00"), "/data", "must open before it closes"),
    (
        "30 February closed",
        _calendar(closed_dates=["2026-02-30"]),
        "/data/closed_dates/0",
        "not a day that exists",
    ),
    (
        "a moment closed",
        _calendar(closed_dates=["2026-02-03T00:00:00Z"]),
        "/data/closed_dates/0",
        "must be a day",
    ),
]

MALFORMED: list[Case] = [*_BYTES, *_ENVELOPE, *_DATA, *_PROMISES]
