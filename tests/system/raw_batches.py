"""Record batches as no proper producer makes them, and a way to have the broker take them.

Laid out here by hand, so that neither our reader nor the client's writer is believed.
"""

from __future__ import annotations

import gzip
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import cramjam
import lz4.frame
import zstandard
from crc32c import crc32c

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
NOW_MS = 1_772_445_600_000
TIMEOUT_S = 120
SNAPPY_BLOCK_BYTES = 20_000
_PRODUCE, _VERSION = 0, 8
_ANSWER = struct.Struct(">ihq")  # partition, error, base offset


def varint(value: int) -> bytes:
    """Return a number as Kafka's records have it."""
    rest = (value << 1) ^ (value >> 63)
    written = bytearray()
    while rest > 0x7F:
        written.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*written, rest])


def sized(content: bytes | None) -> bytes:
    """Return bytes after their length."""
    return varint(-1) if content is None else varint(len(content)) + content


@dataclass(frozen=True)
class Raw:
    """One record; its headers have names of any bytes."""

    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[bytes, bytes | None]] = ()
    timestamp_delta: int = 0
    tail: bytes = b""
    """What comes after the record's last member, though nothing should."""

    def written(self, offset_delta: int) -> bytes:
        """Return the record as it stands in a batch."""
        headers = b"".join(sized(name) + sized(value) for name, value in self.headers)
        content = b"".join(
            (
                b"\0",
                varint(self.timestamp_delta),
                varint(offset_delta),
                sized(self.key),
                sized(self.value),
                varint(len(self.headers)),
                headers,
                self.tail,
            )
        )
        return sized(content)


def written(records: Sequence[Raw]) -> bytes:
    """Return the records of a batch before they are compressed."""
    return b"".join(record.written(at) for at, record in enumerate(records))


def batch(body: bytes, count: int, *, attributes: int = 0, first_ms: int = NOW_MS) -> bytes:
    """Return a batch around records that may be compressed, as `attributes` say."""
    covered = struct.pack(">hiqqqhii", attributes, count - 1, first_ms, first_ms, -1, -1, -1, count)
    covered += body
    head = struct.pack(">ibI", -1, 2, crc32c(covered))
    return struct.pack(">qi", 0, len(head) + len(covered)) + head + covered


def java_snappy(content: bytes) -> bytes:
    """Compress as Java's producer does, in blocks after a header."""
    starts = range(0, len(content), SNAPPY_BLOCK_BYTES)
    blocks = [raw_snappy(content[at : at + SNAPPY_BLOCK_BYTES]) for at in starts]
    header = b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1)
    return header + b"".join(struct.pack(">i", len(block)) + block for block in blocks)


def raw_snappy(content: bytes) -> bytes:
    """Compress as librdkafka does, in one block."""
    return bytes(cramjam.snappy.compress_raw(content))


PACKERS: list[tuple[int, Callable[[bytes], bytes]]] = [
    (GZIP, gzip.compress),
    (SNAPPY, java_snappy),
    (SNAPPY, raw_snappy),
    (LZ4, lz4.frame.compress),
    (ZSTD, zstandard.compress),
]
"""How batches are compressed, after Kafka's number of it."""


def produce(bootstrap: str, topic: str, records: bytes, *, partition: int = 0) -> int:
    """Have a broker append a batch as it is; return the offset of its first record."""
    name = topic.encode()
    request = b"".join(
        (
            struct.pack(">hhihh", _PRODUCE, _VERSION, 1, -1, -1),
            struct.pack(">hiih", -1, TIMEOUT_S * 1000, 1, len(name)),
            name,
            struct.pack(">iii", 1, partition, len(records)),
            records,
        )
    )
    host, _, port = bootstrap.rpartition(":")
    with closing(socket.create_connection((host, int(port)), TIMEOUT_S)) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as answered:
            (size,) = struct.unpack(">i", answered.read(4))
            answer = answered.read(size)
    # The number of the request, of topics, the topic's name, the number of partitions.
    _, error, offset = _ANSWER.unpack_from(answer, 4 + 4 + 2 + len(name) + 4)
    assert error == 0, f"the broker refused it: {error}"
    return offset
