"""Files and pipes to import from, refused early when they cannot be lines of JSON.

Promise: whatever is wrong with a file itself is said before an event of any file is taken.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from consumers.errors import FileMissing, FileNotLines, FileUnreadable

STDIN = Path("-")
BEGINNING_BYTES = 8192
BUFFER_BYTES = 1 << 18

_COMPRESSED = "it is compressed ({kind}): decompress it into `toldonce import -`"
_MAGIC = {
    b"\x1f\x8b": _COMPRESSED.format(kind="gzip"),
    b"\x28\xb5\x2f\xfd": _COMPRESSED.format(kind="zstd"),
    b"\xfd7zXZ\x00": _COMPRESSED.format(kind="xz"),
    b"BZh": _COMPRESSED.format(kind="bzip2"),
    b"PK\x03\x04": "it is a ZIP archive or an office document",
    b"\xff\xfe": "it is UTF-16: convert it to UTF-8",
    b"\xfe\xff": "it is UTF-16: convert it to UTF-8",
    b"SQLite format 3\x00": "it is an SQLite database",
    b"PAR1": "it is a Parquet file",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a pipe: that has no size and is read once, from its beginning."""

    path: Path
    size: int | None

    @property
    def name(self) -> str:
        """What its lines are called after, such as "stories.ndjson"."""
        return "stdin" if self.path == STDIN else _text(self.path.name)

    @property
    def key(self) -> str:
        """What its progress is kept under."""
        return f"file:{_text(str(self.path.resolve()))}"

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Open it for reading.

        Raises:
            FileUnreadable: it cannot be opened, or reading it fails later.
            FileNotLines: it begins like something else.
        """
        try:
            with self._stream() as stream:
                yield _lines_expected(stream, self.name)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise FileUnreadable(path=self.name, reason=reason) from error

    def _stream(self) -> BinaryIO:
        if self.path == STDIN:
            return _standard_input()
        return self.path.open("rb", buffering=BUFFER_BYTES)


def source_at(path: Path) -> Source:
    """Return the source at `path`; "-" is the standard input.

    Raises:
        FileMissing, FileUnreadable, FileNotLines: nothing can be imported from it.
    """
    if path == STDIN:
        return Source(path, None)
    name = _text(str(path))
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise FileMissing(path=name) from error
    except OSError as error:
        raise FileUnreadable(path=name, reason=error.strerror) from error
    if S_ISDIR(status.st_mode):
        raise FileUnreadable(path=name, reason="it is a directory")
    if not S_ISREG(status.st_mode):
        return Source(path, None)
    source = Source(path, status.st_size)
    with source.opened():
        return source


def _standard_input() -> BinaryIO:
    if sys.stdin is None or sys.stdin.closed:
        raise FileUnreadable(path="stdin", reason="it is closed")
    # With a buffer of its own: the interpreter ends also while a thread waits in this one.
    return os.fdopen(sys.stdin.fileno(), "rb", BUFFER_BYTES, closefd=False)


def _lines_expected(stream: BinaryIO, name: str) -> BinaryIO:
    beginning = _beginning(stream)
    for magic, reason in _MAGIC.items():
        if beginning.startswith(magic):
            raise FileNotLines(path=name, reason=reason)
    # A stray NUL makes one line invalid; a file in which no event begins is not ours at all.
    if b"\0" in beginning and b'"specversion"' not in beginning:
        raise FileNotLines(path=name, reason="it is binary")
    return stream


def _beginning(stream: BinaryIO) -> bytes:
    if isinstance(stream, io.BufferedReader):
        return stream.peek(BEGINNING_BYTES)[:BEGINNING_BYTES]
    beginning = stream.read(BEGINNING_BYTES)
    stream.seek(0)
    return beginning


def _text(name: str) -> str:
    """Return a file name as text that any store and terminal can hold."""
    readable = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else "\ufffd" for c in readable)
