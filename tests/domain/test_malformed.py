"""Whatever is published, there is a verdict: where it is wrong and why, never what it said."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example as also
from hypothesis import given
from hypothesis import strategies as st

from domain.decode import Accepted, Invalid, decode, decode_binary, split_batch
from domain.events import EVENT_TYPES
from domain.example import example
from domain.problems import POINTER_CHARS_MAX, PROBLEMS_MAX
from tests.domain.malformed import MALFORMED, VALID

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
CANARY = "k4n4ry"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)


def invalid(raw: bytes) -> Invalid:
    """Decode what must be invalid."""
    verdict = decode(raw, now=NOW)
    assert isinstance(verdict, Invalid)
    return verdict


def holds_up(verdict: object) -> bool:
    """Tell whether a verdict is one that callers can rely on."""
    if isinstance(verdict, Accepted):
        again = decode(verdict.body, now=NOW)
        return again == verdict
    assert isinstance(verdict, Invalid)
    pointers = [problem.pointer for problem in verdict.problems]
    return (
        1 <= len(pointers) <= PROBLEMS_MAX
        and all(p == "" or p.startswith("/") for p in pointers)
        and all(len(p) <= POINTER_CHARS_MAX and "\0" not in p for p in pointers)
    )


def test_what_the_others_are_made_from_is_valid() -> None:
    """Each case is wrong for its own reason alone."""
    assert isinstance(decode(VALID, now=NOW), Accepted)


@pytest.mark.parametrize(
    ("raw", "pointer", "reason"),
    [case[1:] for case in MALFORMED],
    ids=[case[0].replace(" ", "_") for case in MALFORMED],
)
def test_a_malformed_event_is_invalid_for_its_reason(raw: bytes, pointer: str, reason: str) -> None:
    """The pointer names the place, the reason the rule."""
    verdict = invalid(raw)
    assert holds_up(verdict)
    assert any(p.pointer == pointer and reason in p.reason for p in verdict.problems)


@pytest.mark.parametrize("raw", [case[1] for case in MALFORMED])
def test_a_malformed_event_does_not_harm_its_batch(raw: bytes) -> None:
    """What is JSON at all comes out of a batch as the same verdict; the rest refuses the batch."""
    parts = split_batch(b"[" + VALID + b" , " + raw + b"]")
    if isinstance(parts, Invalid):
        return
    assert isinstance(decode(parts[0], now=NOW), Accepted)
    if len(parts) == 2:
        # blanks around an element belong to the batch
        assert decode(parts[1], now=NOW) == decode(raw.strip(), now=NOW)


def test_reasons_never_contain_what_was_published() -> None:
    """A word put into every place where text can stand shows up in no reason."""
    names = ["specversion", "id", "source", "type", "time", "sequence", "datacontenttype", "data"]
    wrong = [{CANARY: {CANARY: CANARY}}, [CANARY], CANARY * 5_000, CANARY + "\0"]
    for topic in EVENT_TYPES:
        base = example(topic)
        cases = [{**base, name: value} for name in names for value in wrong]
        cases += [
            {**base, "data": {**base["data"], name: value}}
            for name in base["data"]
            for value in wrong
        ]
        for case in cases:
            verdict = decode(json.dumps(case).encode(), now=NOW)
            if isinstance(verdict, Invalid):
                assert all(CANARY not in problem.reason for problem in verdict.problems)


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Envelope and data are both looked at, so that a publisher is not sent back twice."""
    event = {**example("toldonce.contact.held.v1"), "id": "", "time": "yesterday"}
    event["data"] = {"hold_s": "12"}
    pointers = [p.pointer for p in invalid(json.dumps(event).encode()).problems]
    assert pointers == ["/id", "/time", "/data/contact_id", "/data/hold_s"]


def test_no_more_than_ten_problems_are_named() -> None:
    """A thousand wrong facts do not make a thousand reasons."""
    event = example("toldonce.contact.information_provided.v1")
    event["data"]["facts"] = [{}] * 1_000
    assert len(invalid(json.dumps(event).encode()).problems) == PROBLEMS_MAX


def test_a_pointer_is_bounded_and_printable() -> None:
    """The name of a member can be as long and as strange as the event."""
    event = example("toldonce.contact.queued.v1")
    event["data"]["\0\x1b" + "x" * 9_000] = 1
    pointer = invalid(json.dumps(event).encode()).problems[0].pointer
    assert len(pointer) == POINTER_CHARS_MAX
    assert pointer.startswith("/data/\ufffd\ufffdxxx")
    assert pointer.endswith("…")


@given(st.binary(max_size=200))
@also(b"")
@also(b"\xef\xbb\xbf")
def test_no_bytes_raise(raw: bytes) -> None:
    """Arbitrary bytes end as a verdict, alone, in binary mode and in a batch."""
    assert holds_up(decode(raw, now=NOW))
    assert holds_up(decode_binary({"id": "1"}, raw, now=NOW))
    parts = split_batch(raw)
    assert all(holds_up(decode(p, now=NOW)) for p in parts) if isinstance(parts, list) else parts


@given(st.integers(0, len(VALID) - 1), st.integers(0, 255), st.sampled_from(["flip", "put", "cut"]))
def test_no_damage_raises(at: int, byte: int, how: str) -> None:
    """A valid event with one byte changed, added or missing ends as a verdict."""
    end = at if how == "put" else at + 1
    damaged = VALID[:at] + (b"" if how == "cut" else bytes([byte])) + VALID[end:]
    assert holds_up(decode(damaged, now=NOW))


@given(st.sampled_from(sorted(EVENT_TYPES)), st.data())
def test_no_json_raises_wherever_it_stands(topic: str, data: st.DataObject) -> None:
    """Any JSON value in any place of any type ends as a verdict."""
    event = example(topic)
    value = data.draw(JSON)
    place = data.draw(st.sampled_from([None, *event, *event["data"]]))
    if place is None:
        event["data"] = value
    elif place in event:
        event[place] = value
    else:
        event["data"][place] = value
    assert holds_up(decode(json.dumps(event).encode("utf-8", "surrogatepass"), now=NOW))


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20)), st.binary(max_size=50))
def test_no_attributes_raise(attributes: dict[str, str], data: bytes) -> None:
    """Headers with any names and any text, broken surrogates included, end as a verdict."""
    assert holds_up(decode_binary(attributes, data, now=NOW))
