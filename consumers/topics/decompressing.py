"""Compressed batches of records, undone a piece at a time: all that brokers may carry.

Promise: however much a batch comes to when it is undone, no more than a piece of it is made at a
time; a block of Snappy, which cannot be undone in pieces, is at most 22 times what was sent.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import cramjam
from lz4.frame import LZ4FrameDecompressor
from zstandard import ZstdDecompressor

PIECE_BYTES = 1 << 20
GZIP_WINDOW = 16 + zlib.MAX_WBITS
GZIP_BEGIN = b"\x1f\x8b"
LZ4_BEGIN = b"\x04\x22\x4d\x18"
# How Snappy comes from Java: a header, then blocks after their lengths.
SNAPPY_BEGIN = b"\x82SNAPPY\x00"
SNAPPY_HEADER_BYTES = 16
# Three bytes say at most that sixty-four are to be repeated.
SNAPPY_RATIO_MAX = 22

_LENGTH_BYTES = 4
_VARINT_BYTES_MAX = 5


class NotUndone(Exception):
    """What a batch holds cannot be undone; the message says how it was compressed."""


def pieces(codec: int, packed: bytes) -> Iterator[bytes]:
    """Yield what a batch comes to, in pieces; `codec` is Kafka's number of how it was compressed.

    Raises:
        NotUndone: that is unknown here, or it is not what it says.
    """
    name, undo = CODECS.get(codec, (f"codec {codec}", _unknown))
    try:
        yield from undo(packed)
    # Each library has errors of its own, one of them plain RuntimeErrors.
    except Exception as error:
        raise NotUndone(f"{name}: {type(error).__name__}") from error


def _plain(packed: bytes) -> Iterator[bytes]:
    yield packed


def _gzip(packed: bytes) -> Iterator[bytes]:
    # What follows the last member is nobody's: brokers take it and pass over it.
    while packed.startswith(GZIP_BEGIN):
        member = zlib.decompressobj(GZIP_WINDOW)
        yield from _undone(member, packed)
        packed = member.unused_data


def _lz4(packed: bytes) -> Iterator[bytes]:
    while packed.startswith(LZ4_BEGIN):
        frame = LZ4FrameDecompressor()
        yield frame.decompress(packed, PIECE_BYTES)
        while not frame.eof and not frame.needs_input:
            yield frame.decompress(b"", PIECE_BYTES)
        packed = frame.unused_data or b""


def _zstd(packed: bytes) -> Iterator[bytes]:
    with ZstdDecompressor().stream_reader(BytesIO(packed), read_across_frames=True) as reader:
        while piece := reader.read(PIECE_BYTES):
            yield piece


def _snappy(packed: bytes) -> Iterator[bytes]:
    if not packed.startswith(SNAPPY_BEGIN):
        yield _block(packed)
        return
    at = SNAPPY_HEADER_BYTES
    while at < len(packed):
        # Streams that were joined bring the header of each.
        if packed.startswith(SNAPPY_BEGIN, at):
            at += SNAPPY_HEADER_BYTES
            continue
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(packed[at:start], "big")
        yield _block(packed[start:at])


def _block(packed: bytes) -> bytes:
    """Undo one block of Snappy, which says first how long it will be: room is made for that."""
    declared = 0
    for place, part in enumerate(packed[:_VARINT_BYTES_MAX]):
        declared |= (part & 0x7F) << 7 * place
        if part < 0x80:
            break
    if declared > SNAPPY_RATIO_MAX * len(packed):
        raise ValueError("it cannot come to that much")
    return bytes(cramjam.snappy.decompress_raw(packed))


def _undone(member: Any, packed: bytes) -> Iterator[bytes]:
    while packed and not member.eof:
        yield member.decompress(packed, PIECE_BYTES)
        packed = member.unconsumed_tail


def _unknown(packed: bytes) -> Iterator[bytes]:
    raise LookupError


CODECS: dict[int, tuple[str, Callable[[bytes], Iterator[bytes]]]] = {
    0: ("uncompressed", _plain),
    1: ("gzip", _gzip),
    2: ("snappy", _snappy),
    3: ("lz4", _lz4),
    4: ("zstd", _zstd),
}
"""By Kafka's numbers: what each is called, and what undoes it."""
