"""What reading lines promises, for any bytes."""

from __future__ import annotations

from io import BytesIO
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from consumers.lines import READ_BYTES, Line, Lines
from domain.decode import EVENT_BYTES_MAX

BYTES = st.lists(
    st.one_of(st.binary(max_size=30), st.sampled_from([b"\n", b"\r\n", b" ", b"\xef\xbb\xbf"]))
).map(b"".join)


def lines_of(data: bytes) -> list[Line]:
    """Return all lines of these bytes."""
    return list(Lines(BytesIO(data)))


def plainly(data: bytes) -> list[tuple[int, bytes]]:
    """Number the lines that are not blank, in the simplest way there is."""
    split = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    # A CR belongs to the end of its line only where an LF follows, or where the file ends.
    ended = [line.removesuffix(b"\r") for line in split]
    return [(number, line) for number, line in enumerate(ended, 1) if line.strip(b" \t\r")]


@given(BYTES)
def test_every_line_that_is_not_blank_comes_with_its_number(data: bytes) -> None:
    """Reading line by line finds what splitting the whole would."""
    assert [(line.number, line.raw) for line in lines_of(data)] == plainly(data)


@given(BYTES, st.data())
def test_reading_on_from_any_mark_gives_the_rest(data: bytes, draw: st.DataObject) -> None:
    """Two runs read together what one run reads, wherever the first was interrupted."""
    everything = lines_of(data)
    interrupted = Lines(BytesIO(data))
    count = draw.draw(st.integers(0, len(everything)))
    read = list(islice(interrupted, count))
    later = Lines(BytesIO(data))
    assert later.go_to(interrupted.mark())
    assert read + list(later) == everything


@given(BYTES.filter(bool), st.data())
def test_a_changed_beginning_is_noticed(data: bytes, draw: st.DataObject) -> None:
    """One flipped bit before the mark, or a file that became shorter, is another file."""
    lines = Lines(BytesIO(data))
    list(lines)
    mark = lines.mark()
    at = draw.draw(st.integers(0, len(data) - 1))
    changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    assert not Lines(BytesIO(changed)).go_to(mark)
    assert not Lines(BytesIO(data[:-1])).go_to(mark)


def test_a_file_may_grow_after_its_mark() -> None:
    """What is appended later is read from the mark on."""
    lines = Lines(BytesIO(b"a\nb\n"))
    list(lines)
    grown = Lines(BytesIO(b"a\nb\nc"))
    assert grown.go_to(lines.mark())
    assert list(grown) == [Line(3, b"c", 1)]


def test_the_longest_event_fits_with_either_line_end() -> None:
    """64 KiB is allowed, CR LF not counted."""
    longest = b"x" * EVENT_BYTES_MAX
    for end in (b"\n", b"\r\n", b""):
        (line,) = lines_of(longest + end)
        assert (line.raw, line.is_cut) == (longest, False)


def test_a_line_that_is_too_long_is_cut_and_passed_over() -> None:
    """Only its first 64 KiB are held, and the next line is whole."""
    sizes = [EVENT_BYTES_MAX + 1, READ_BYTES - 1, READ_BYTES, READ_BYTES + 1, 3_000_000]
    for size in sizes:
        for end in (b"\n", b"\r\n"):
            cut, after = lines_of(b"x" * size + end + b"after")
            assert cut.is_cut
            assert cut.raw == b"x" * EVENT_BYTES_MAX
            assert after == Line(2, b"after", 5)


def test_a_line_without_end_is_never_held() -> None:
    """A hundred megabytes without a newline take a megabyte at a time."""

    class Endless(BytesIO):
        left = 100_000_000
        largest = 0

        def readline(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 < size <= 1 << 20
            given = min(size, self.left)
            self.left -= given
            return b"x" * given

    (line,) = Lines(Endless())
    assert (line.size, len(line.raw)) == (100_000_000, EVENT_BYTES_MAX)


def test_a_byte_order_mark_is_dropped_at_the_start_of_the_file_only() -> None:
    """Editors put it there; anywhere else it is part of a malformed line."""
    assert [line.raw for line in lines_of(b"\xef\xbb\xbfa\n\xef\xbb\xbfb")] == [
        b"a",
        b"\xef\xbb\xbfb",
    ]
