"""Records of Kafka as received: structured, binary, and everything that is neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.topics.batches import Header, Record
from consumers.topics.hauls import Piece
from consumers.topics.partitions import Place, Standing, place_of
from consumers.topics.records import fingerprint, received_from
from eventlog.keyring import Keyring

KEYRING = Keyring(bytes(32), bytes(range(32)))
HEADERS = st.lists(st.tuples(st.binary(), st.none() | st.binary()), max_size=4)


def sent(
    value: bytes | None = b"{}", headers: Sequence[Header] = (), offset: int = 7, **other: Any
) -> Record:
    """Return a record as it was read."""
    return Record("events", 2, offset, 1, None, value, headers, len(value or b""))._replace(**other)


def test_the_origin_names_topic_partition_and_offset() -> None:
    """That is where an operator looks for the record."""
    assert received_from(sent()).origin == "events/2@7"


def test_a_value_alone_is_structured_mode() -> None:
    """Bytes are handed on as they came."""
    received = received_from(sent(b' {"a": 1}'))
    assert (received.raw, received.attributes, received.refusal) == (b' {"a": 1}', None, None)


def test_headers_of_binary_mode_are_attributes() -> None:
    """The content type becomes the data's; other headers are nobody's business."""
    headers: list[Header] = [
        (b"ce_id", b"1"),
        (b"content-type", b"application/json"),
        (b"x-trace", b"\xff"),
        (b"\xff\xfe", b"1"),
        (b"", None),
    ]
    attributes = received_from(sent(headers=headers)).attributes
    assert attributes == {"id": "1", "datacontenttype": "application/json"}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (sent(None), "tombstone"),
        (sent(b""), "is empty"),
        (sent(headers=[(b"content-type", b"application/cloudevents-batch+json")]), "is a batch"),
        (sent(headers=[(b"ce_id", b"1"), (b"ce_id", b"2")]), "more than once"),
        (sent(headers=[(b"ce_id", b"\xff")]), "not UTF-8"),
        (sent(headers=[(b"ce_id", None)]), "not UTF-8"),
        (sent(headers=[(b"ce_\xff", b"1")]), "whose name is not UTF-8"),
        (sent(headers=[(b"ce_datacontenttype", b"a/b")]), "content-type"),
    ],
)
def test_what_is_no_event_is_refused_with_its_reason(record: Record, reason: str) -> None:
    """What is ambiguous is refused, never guessed."""
    refusal = received_from(record).refusal
    assert refusal is not None
    assert reason in refusal.reason


@given(value=st.none() | st.binary(), headers=HEADERS)
def test_no_record_makes_reading_fail(value: bytes | None, headers: list[Header]) -> None:
    """Whatever a publisher sends, it ends as a verdict."""
    received = received_from(sent(value, headers))
    assert received.raw == (value or b"")


@given(changed=st.sampled_from(["value", "key", "offset", "timestamp"]))
def test_a_fingerprint_tells_records_apart(changed: str) -> None:
    """It is the same for the same record, and another one if anything of it is."""
    one = sent(b"value", key=b"key")
    values: dict[str, Any] = {"value": b"other", "key": b"other", "offset": 8, "timestamp": 2}
    other = one._replace(**{changed: values[changed]})
    assert fingerprint(one, KEYRING) == fingerprint(one._replace(), KEYRING)
    assert fingerprint(one, KEYRING) != fingerprint(other, KEYRING)


@given(sizes=st.lists(st.integers(0, 50), min_size=1), records=st.integers(1, 9))
def test_pieces_are_split_within_bounds_and_nothing_is_left_out(
    sizes: list[int], records: int
) -> None:
    """Each part has at least one record, and the parts follow each other."""
    all_of_them = [sent(b"x" * size, offset=at) for at, size in enumerate(sizes)]
    standing = Standing(Place("events", 2), 1, 0, True, None, None, None)
    rest: Piece | None = Piece(standing, 0, all_of_them, None)
    taken: list[int] = []
    while rest is not None:
        assert rest.start == len(taken)
        head, rest = rest.split(records, 60)
        assert 1 <= len(head.records) <= records
        assert len(head.records) == 1 or head.size <= 60
        taken += [record.offset for record in head.records]
    assert taken == list(range(len(sizes)))


def test_a_source_leads_back_to_its_partition() -> None:
    """Topics may have any name that Kafka allows."""
    place = Place("a.b_c-d", 12)
    assert place_of(place.source) == place
