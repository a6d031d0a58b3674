"""Batches of records as brokers give them: whatever a publisher wrote, neighbours are read."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.protocol.consumer import IsolationLevel
from kafka.record import MemoryRecords

from consumers.topics.batches import (
    NOT_A_RECORD,
    RECORD_BYTES_MAX,
    RECORD_TOO_LARGE,
    Record,
)
from consumers.topics.decompressing import PIECE_BYTES, NotUndone, pieces
from consumers.topics.fetched import WholeBatches
from consumers.topics.partitions import Place
from consumers.topics.waiting import SHARE_MIN, Unreadable, Waiting
from tests.system.raw_batches import (
    GZIP,
    NOW_MS,
    PACKERS,
    SNAPPY,
    Raw,
    batch,
    raw_snappy,
    sized,
    written,
)

PARTITION = TopicPartition("events", 2)
PLACE = Place("events", 2)
BYTES = st.none() | st.binary(max_size=300)
RECORDS = st.lists(
    st.builds(
        Raw,
        BYTES,
        BYTES,
        st.lists(st.tuples(st.binary(max_size=9), BYTES), max_size=3),
        st.integers(-(2**62), 2**62),
    ),
    min_size=1,
    max_size=20,
)


def fetched(data: bytes, *, offset: int = 0) -> WholeBatches:
    """Return what the client makes of fetched bytes."""
    return WholeBatches(
        offset, PARTITION, MemoryRecords(data), isolation_level=IsolationLevel.READ_COMMITTED
    )


def read(data: bytes) -> list[Record]:
    """Read all records in fetched bytes."""
    return [record for each in fetched(data).take() for record in each.records()]


@pytest.mark.parametrize(("codec", "pack"), [(0, bytes), *PACKERS])
@given(records=RECORDS)
def test_what_was_written_is_read(
    codec: int, pack: Callable[[bytes], bytes], records: list[Raw]
) -> None:
    """Keys, values, headers of any bytes and times come out as they went in, however packed."""
    found = read(batch(pack(written(records)), len(records), attributes=codec))
    assert [record.offset for record in found] == list(range(len(records)))
    said = [(one.value, one.key, list(one.headers), one.timestamp - NOW_MS) for one in found]
    assert said == [(one.value, one.key, list(one.headers), one.timestamp_delta) for one in records]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\0\0\0" + sized(b"key") + b"\x7f",
        b"\0\0\0" + sized(None) + sized(b"value") + b"\x05\x01",
        b"\0" + b"\xff" * 12,
        Raw(b"value", tail=b"more").written(0)[1:],
    ],
)
def test_a_record_of_another_layout_is_refused_and_its_neighbours_are_read(content: bytes) -> None:
    """Its bytes are kept, and its place."""
    body = Raw(b"one").written(0) + sized(content) + Raw(b"other").written(2)
    first, middle, last = read(batch(body, 3))
    assert (first.value, last.value) == (b"one", b"other")
    assert (middle.offset, middle.value, middle.refusal) == (1, content, NOT_A_RECORD)


def test_offsets_that_a_publisher_made_up_are_not_believed() -> None:
    """Brokers take an uncompressed batch whose records state any offsets."""
    body = b"".join(Raw(b"x").written(stated) for stated in (9, 0, 0))
    assert [record.offset for record in read(batch(body, 3))] == [0, 1, 2]


def test_what_is_left_of_a_compacted_batch_keeps_its_offsets() -> None:
    """Where records were removed since, those that are left tell their places."""
    whole = batch(b"".join(Raw(b"x").written(kept) for kept in (1, 4)), 6)
    (left,) = fetched(whole).take()
    assert [record.offset for record in replace(left, count=2).records()] == [1, 4]


@pytest.mark.parametrize(("codec", "pack"), PACKERS)
def test_a_record_that_grows_beyond_all_bounds_takes_no_memory(
    codec: int, pack: Callable[[bytes], bytes]
) -> None:
    """It is passed over in pieces, kept by its beginning, and its neighbours are read."""
    large = RECORD_BYTES_MAX * 5
    records = [Raw(b"one"), Raw(bytes(large)), Raw(b"other")]
    packed = batch(pack(written(records)), 3, attributes=codec)
    del records
    tracemalloc.start()
    first, middle, last = read(packed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (first.value, last.value) == (b"one", b"other")
    assert middle.refusal == RECORD_TOO_LARGE
    assert middle.value is not None and len(middle.value) < RECORD_BYTES_MAX
    assert pack is raw_snappy or peak < 8 * PIECE_BYTES + len(packed)


def test_snappy_that_promises_more_than_it_can_hold_is_not_undone() -> None:
    """Otherwise room for four gigabytes was made before anything is looked at."""
    with pytest.raises(NotUndone, match="snappy"):
        list(pieces(SNAPPY, b"\xff\xff\xff\xff\x0f" + b"\0" * 100))


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (batch(Raw(b"x").written(0), 2), "ends before"),
        (batch(Raw(b"x" * 99).written(0)[:50], 1), "ends within"),
        (batch(b"\x1f\x8bnot gzip at all", 1, attributes=GZIP), "gzip: error"),
        (batch(Raw(b"x").written(0), 1, attributes=5), "codec 5"),
        (batch(Raw(b"x").written(0), 1)[:-1] + b"?", "checksum"),
        (struct.pack(">qiiB", 0, 14, 0, 1) + bytes(9), "format 1"),
    ],
)
def test_a_damaged_batch_is_told_once_all_before_it_is_read(damaged: bytes, why: str) -> None:
    """What stands before it is given first; then it is named, with where it ends."""
    waiting = Waiting()
    waiting.begin(PLACE, 0)
    waiting.add(
        PLACE, [*fetched(batch(written([Raw(b"good")]), 1)).take(), *fetched(damaged).take()]
    )
    taken = waiting.take(10, 10_000, held=())
    assert [record.value for record in taken[PLACE]][:1] == [b"good"]
    with pytest.raises(Unreadable, match=why):
        while waiting.take(10, 10_000, held=()):
            continue


def test_a_damaged_batch_is_told_though_others_always_have_more() -> None:
    """A busy partition beside it does not hide for ever that one cannot be read."""
    waiting, busy = Waiting(), Place("events", 7)
    for place in (busy, PLACE):
        waiting.begin(place, 0)
    good = batch(written([Raw(b"good")]), 1)
    (more,) = fetched(good).take()
    waiting.add(PLACE, [*fetched(good).take(), *fetched(good[:-1] + b"?").take()])
    taken = []
    with pytest.raises(Unreadable, match="checksum"):
        for offset in range(9):
            waiting.add(busy, [replace(more, base_offset=offset, last_offset=offset)])
            taken += waiting.take(10, 10_000, held=()).get(PLACE, [])
    assert [record.value for record in taken] == [b"good"]
    assert waiting.take(10, 10_000, held=())[busy]


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=9),
    records_max=st.integers(1, 50),
    wanted=st.integers(0, 40),
)
def test_waiting_batches_come_out_in_bounds_each_record_once(
    sizes: list[int], records_max: int, wanted: int
) -> None:
    """From the offset that is wanted on, in order, never more than was asked for."""
    waiting, base = Waiting(), 0
    waiting.begin(PLACE, wanted)
    for size in sizes:
        (each,) = fetched(batch(written([Raw(b"x")] * size), size)).take()
        waiting.add(PLACE, [replace(each, base_offset=base, last_offset=base + size - 1)])
        base += size
    offsets: list[int] = []
    while taken := waiting.take(records_max, 1 << 20, held=()):
        assert len(taken[PLACE]) <= records_max
        offsets += [record.offset for record in taken[PLACE]]
    assert offsets == list(range(wanted, base))


@pytest.mark.parametrize(
    ("waiting_of_each", "records_max", "taken_of_each"),
    [
        ([4_500, 4_500, 4_500], 3_000, [1_000, 1_000, 1_000]),
        ([500, 4_500, 0], 3_000, [500, 2_500, 0]),
        ([100, 4_500, 1_000], 3_000, [100, 1_900, 1_000]),
        ([4_500, 4_500, 4_500], 800, [SHARE_MIN, 800 - SHARE_MIN, 0]),
        ([500, 500, 500], 4_500, [500, 500, 500]),
    ],
)
def test_a_batch_takes_as_many_of_each_partition_and_others_fill_it_up(
    waiting_of_each: list[int], records_max: int, taken_of_each: list[int]
) -> None:
    """A partition that is behind neither fills a batch alone nor leaves it half empty."""
    waiting = Waiting()
    places = [Place("events", at) for at in range(len(waiting_of_each))]
    for place, size in zip(places, waiting_of_each, strict=True):
        waiting.begin(place, 0)
        if size:
            waiting.add(place, fetched(batch(written([Raw(b"x")] * size), size)).take())
    taken = waiting.take(records_max, 1 << 20, held=())
    assert [len(taken.get(place, ())) for place in places] == taken_of_each
    left = sum(waiting_of_each) - sum(taken_of_each)
    assert waiting.count(held=()) == left
    while taken := waiting.take(records_max, 1 << 20, held=()):
        left -= sum(map(len, taken.values()))
    assert left == 0


def test_a_partition_that_is_held_keeps_what_it_has() -> None:
    """Reading on after a pause loses nothing; reading from elsewhere forgets it."""
    waiting = Waiting()
    waiting.begin(PLACE, 0)
    waiting.add(PLACE, fetched(batch(written([Raw(b"a"), Raw(b"b")]), 2)).take())
    assert waiting.take(1, 100, held=())[PLACE][0].value == b"a"
    assert waiting.take(9, 100, held={PLACE}) == {}
    assert waiting.take(9, 100, held=())[PLACE][0].value == b"b"
    waiting.begin(PLACE, 7)
    assert waiting.take(9, 100, held=()) == {}
    waiting.forget(PLACE)
    waiting.add(PLACE, fetched(batch(written([Raw(b"c")]), 1)).take())
    assert (waiting.places(), waiting.count(held=())) == ([], 0)
