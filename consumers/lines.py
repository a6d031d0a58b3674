"""Lines of a file or a pipe, one at a time, however long one of them is.

Promise: memory stays bounded whatever the bytes are, and where reading stands can be marked and
found again, unless something before the mark was changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, NamedTuple

from domain.decode import EVENT_BYTES_MAX

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK = b" \t\r\n"
# The longest event, the two bytes that end a line, and one that tells it is longer than that.
READ_BYTES = EVENT_BYTES_MAX + 3
SKIP_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A place between two lines: what comes next, and the SHA-256 of everything before it."""

    offset: int
    next_line: int
    fingerprint: bytes


class Line(NamedTuple):
    """One line without its end; of a line that is too long `raw` is only the beginning."""

    number: int
    raw: bytes
    size: int

    @property
    def is_cut(self) -> bool:
        """Whether the line is longer than an event may be."""
        return self.size > EVENT_BYTES_MAX


class Lines:
    """Reads the lines of one stream that are not blank."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._offset = 0
        self._next_line = 1
        self._digest = sha256()

    def go_to(self, mark: Mark) -> bool:
        """Read up to a mark made earlier; False when what is before it is no longer the same."""
        while self._offset < mark.offset:
            piece = self._stream.read(min(SKIP_BYTES, mark.offset - self._offset))
            if not piece:
                return False
            self._passed(piece)
        self._next_line = mark.next_line
        return self._digest.digest() == mark.fingerprint

    def mark(self) -> Mark:
        """Return the place after the line that was given last."""
        return Mark(self._offset, self._next_line, self._digest.digest())

    def __iter__(self) -> Iterator[Line]:
        """Yield lines to the end; a last line needs no newline."""
        while piece := self._stream.readline(READ_BYTES):
            is_first = self._offset == 0
            self._passed(piece)
            if is_first:
                piece = piece.removeprefix(BYTE_ORDER_MARK)
            raw = piece.removesuffix(b"\n").removesuffix(b"\r")
            size = len(raw) if piece.endswith(b"\n") else len(raw) + self._skip_rest()
            number = self._next_line
            self._next_line += 1
            if size > EVENT_BYTES_MAX or raw.strip(BLANK):
                yield Line(number, raw[:EVENT_BYTES_MAX], size)

    def _skip_rest(self) -> int:
        """Pass over what is left of a line and return how much that was."""
        skipped = 0
        while piece := self._stream.readline(SKIP_BYTES):
            self._passed(piece)
            skipped += len(piece.removesuffix(b"\n"))
            if piece.endswith(b"\n"):
                break
        return skipped

    def _passed(self, piece: bytes) -> None:
        self._offset += len(piece)
        self._digest.update(piece)
