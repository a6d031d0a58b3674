"""Entries as stored, read from PostgreSQL's binary COPY and hashed anew, as fast as Python can.

The leaf record is laid out here from its description and not by the writer's code; a test holds
the two against each other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from audit.verification.copied import HEADER_BYTES, TRAILER

COLUMNS = (
    "position, stream_id, stream_version, event_key, type, source, "
    "occurred_at, recorded_at, observed, sealed, leaf_hash"
)
UNKNOWN = bytes(32)
"""Stands for the leaf of an entry that cannot be hashed."""
NO_STREAM = b""
NEVER_US = -(2**63)
"""Before any time that PostgreSQL keeps."""

_ROW = struct.Struct(">hiqi16siii16si")  # up to and including the length of the type
_TIMES = struct.Struct(">i8siqi")  # occurred_at, recorded_at, the length of the array
_LEAF = struct.Struct(">i32s")
_LENGTH = struct.Struct(">i")
_ROW_BYTES, _TIMES_BYTES, _LEAF_BYTES = _ROW.size, _TIMES.size, _LEAF.size
_SHAPE = (11, 8, 16, 4, 16, 8, 8, 32)  # columns, and the lengths of those that have one length
_UUID_OID = 2950
_TOKEN_BYTES = 16
_ARRAY_HEADER_BYTES = 20
_NO_TOKENS = struct.pack(">iii", 0, 0, _UUID_OID)
_NEVER_AN_ARRAY = b"\xff" * 20
_COUNT = struct.Struct(">h")

# RFC 6962: a leaf's hash begins with a zero byte. Then the version, the lengths, the fields.
_RECORD_HEAD = struct.Struct(">c c 8I")
_LEAF_MARK, _RECORD_VERSION = b"\x00", b"\x01"
_RECORD_TAIL = struct.Struct(">iq")
# The entries that tell of destroyed keys are known by these.
ERASED_TYPE, OURS = b"toldonce.erasure.executed.v1", b"toldonce"


class Told(NamedTuple):
    """An entry that tells of an erasure: its position, and whose keys were destroyed with it."""

    position: int
    streams: frozenset[bytes]


class Deferred(NamedTuple):
    """An entry of a stream whose commitment is not known yet: its place, its record in halves."""

    place: int
    stream: bytes
    before: bytes
    after: bytes


class Page:
    """What a page of rows says, column by column; `hashed` are the leaves, made anew.

    `odd` are the places of rows with a NULL or of another shape, which say nothing.
    """

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.streams: list[bytes] = []
        self.versions: list[int] = []
        self.recorded_us: list[int] = []
        self.stored: list[bytes] = []
        self.hashed: list[bytes] = []
        self.deferred: list[Deferred] = []
        self.erased: list[Told] = []
        self.odd: set[int] = set()

    def finish(self, commitments: Mapping[bytes, bytes]) -> None:
        """Hash what waited for the commitment of its stream; without one it has no leaf."""
        for place, stream, before, after in self.deferred:
            commitment = commitments.get(stream)
            if commitment is not None:
                self.hashed[place] = sha256(before + commitment + after).digest()


def read_page(copied: bytes, commitments: Mapping[bytes, bytes]) -> Page:
    """Return what the rows in a binary COPY of `COLUMNS` say."""
    page = Page()
    at = HEADER_BYTES
    while not copied.startswith(TRAILER, at):
        try:
            at = _read_rows(copied, at, page=page, commitments=commitments)
        except _Odd as odd:
            at = _skip(copied, odd.at, page=page)
    return page


class _Odd(Exception):
    """A row is not of the shape that every row has."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


def _read_rows(copied: bytes, at: int, *, page: Page, commitments: Mapping[bytes, bytes]) -> int:
    """Read rows up to the end and return where that is."""
    # One loop without calls of our own: the whole log comes through here.
    row, times, leaf = _ROW.unpack_from, _TIMES.unpack_from, _LEAF.unpack_from
    length, tail, digest, trailer = _LENGTH.unpack_from, _RECORD_TAIL.pack, sha256, TRAILER
    deferred, erased, known = page.deferred.append, page.erased.append, commitments.get
    position_of, stream_of, version_of = (
        page.positions.append,
        page.streams.append,
        page.versions.append,
    )
    recorded, stored, hashed = page.recorded_us.append, page.stored.append, page.hashed.append
    begin = at
    try:
        while not copied.startswith(trailer, at):
            begin = at
            fields, a, position, b, stream, c, version, d, key, type_size = row(copied, at)
            at += _ROW_BYTES
            type_ = copied[at : at + type_size]
            at += type_size
            (source_size,) = length(copied, at)
            source = copied[at + 4 : at + 4 + source_size]
            at += 4 + source_size
            e, occurred, f, recorded_us, array_size = times(copied, at)
            at += _TIMES_BYTES
            mark, tokens = _array(array_size)
            named = tokens(copied, at)
            observed = b"".join(named)
            is_odd = not copied.startswith(mark, at)
            at += array_size
            (sealed_size,) = length(copied, at)
            sealed = copied[at + 4 : at + 4 + sealed_size]
            g, leaf_hash = leaf(copied, at + 4 + sealed_size)
            at += 4 + sealed_size + _LEAF_BYTES
            if is_odd or (fields, a, b, c, d, e, f, g) != _SHAPE:
                raise _Odd(begin)
            head = _head((type_size, source_size, len(observed)))
            sealed_hash = digest(sealed).digest()
            before = b"".join((head, stream, key, type_, source, occurred, observed, sealed_hash))
            after = tail(version, recorded_us)
            commitment = known(stream)
            if commitment is None:
                deferred(Deferred(len(page.hashed), stream, before, after))
                hashed(UNKNOWN)
            else:
                hashed(digest(before + commitment + after).digest())
            if type_ == ERASED_TYPE and source == OURS:
                # It names the stream that it is filed under, and those that were erased.
                erased(Told(position, frozenset(named) - {stream}))
            position_of(position)
            stream_of(stream)
            version_of(version)
            recorded(recorded_us)
            stored(leaf_hash)
    except struct.error as error:
        raise _Odd(begin) from error
    return at


def _skip(copied: bytes, at: int, *, page: Page) -> int:
    """Pass over one row of any shape, of which only the position is taken, and return its end."""
    place = len(page.hashed)
    page.odd.add(place)
    fields: list[bytes] = []
    (count,) = _COUNT.unpack_from(copied, at)
    at += _COUNT.size
    for _ in range(count):
        (size,) = _LENGTH.unpack_from(copied, at)
        at += _LENGTH.size
        fields.append(copied[at : at + max(size, 0)])
        at += max(size, 0)
    page.positions.append(int.from_bytes(fields[0], "big", signed=True))
    page.streams.append(NO_STREAM)
    page.versions.append(0)
    page.recorded_us.append(page.recorded_us[-1] if place else NEVER_US)
    page.stored.append(UNKNOWN)
    page.hashed.append(UNKNOWN)
    return at


@lru_cache(maxsize=4096)
def _head(sizes: tuple[int, int, int]) -> bytes:
    """Return how the record of an entry begins whose type, source and tokens have these sizes."""
    type_size, source_size, observed_size = sizes
    lengths = (16, 16, type_size, source_size, 8, observed_size, 32, 32)
    return _RECORD_HEAD.pack(_LEAF_MARK, _RECORD_VERSION, *lengths)


@lru_cache(maxsize=256)
def _array(size: int) -> tuple[bytes, Callable[[bytes, int], tuple[bytes, ...]]]:
    """Return how an array of tokens of that size begins, and what takes the tokens out of it.

    An array of that size that begins otherwise has a NULL, other bounds or other elements.
    """
    count, rest = divmod(size - _ARRAY_HEADER_BYTES, 4 + _TOKEN_BYTES)
    if size == len(_NO_TOKENS):
        return _NO_TOKENS, struct.Struct("").unpack_from
    if size < 0 or rest or count < 1:
        return _NEVER_AN_ARRAY, struct.Struct("").unpack_from
    mark = struct.pack(">iiiii", 1, 0, _UUID_OID, count, 1)
    return mark, struct.Struct(f"{_ARRAY_HEADER_BYTES}x" + "4x16s" * count).unpack_from
