"""NDJSON files and pipes: one structured event a line.

Promise: every line that is not blank gets a verdict; a refused one is told, kept in quarantine and
harms no neighbour; an import that was interrupted goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from consumers.intake import Batch, Clock, Intake, invalid
from consumers.lines import Line, Lines, Mark
from consumers.offsets import forget_mark, read_mark, write_mark
from consumers.preparing import decoded_from
from consumers.sources import Source, source_at
from consumers.verdicts import Received, Tally, Verdict
from domain.decode import EVENT_BYTES_MAX
from domain.problems import Invalid, Problem

BATCH_LINES = 2_000
# Two batches are in memory at a time, and a line may be 64 KiB.
BATCH_BYTES = 8 * 1024 * 1024
TOO_LONG = Problem("", f"is longer than {EVENT_BYTES_MAX // 1024} KiB; only its beginning is kept")


class Watcher:
    """Hears what an import has to tell; override what you want to know."""

    def refused(self, file: str, line: int, *, verdict: Verdict) -> None:
        """Hear that a line is malformed or in conflict; the verdict's problems say why."""

    def resumed(self, file: str, line: int) -> None:
        """Hear that an interrupted import goes on at `line`."""

    def started_again(self, file: str) -> None:
        """Hear that the file was changed since an import was interrupted, so all of it is read."""

    def advanced(self, done: int, total: int | None, *, counts: Mapping[str, int]) -> None:
        """Hear how many bytes of how many (None: a pipe) are done, and the counts until now."""


@dataclass(slots=True)
class Checked:
    """How many lines a dry run found valid and invalid."""

    valid: int = 0
    invalid: int = 0

    def to_json(self) -> dict[str, int]:
        """Return the counts as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Chunk(Batch):
    """Lines of one file; `done` is how many bytes of all files are read with it."""

    file: str = ""
    numbers: Sequence[int] = ()
    done: int = 0


QUIET = Watcher()


def import_files(
    paths: Sequence[Path], intake: Intake, *, restart: bool = False, watcher: Watcher = QUIET
) -> Tally:
    """Import files in order ("-": standard input); `restart` ignores an earlier interruption.

    Raises:
        FileMissing, FileUnreadable, FileNotLines: a file cannot be read; mostly before any is.
        LogUnavailable: the log went away; what was told to have advanced is stored.
    """
    sources = [source_at(path) for path in paths]
    marks = {} if restart else _marks(sources, intake)
    total = _total(sources)
    tally = Tally()
    with closing(intake.take_all(_chunks(sources, marks, watcher=watcher))) as taken:
        for chunk, verdicts in taken:
            tally.add(verdicts)
            for number, verdict in zip(chunk.numbers, verdicts, strict=True):
                if verdict.is_refused:
                    watcher.refused(chunk.file, number, verdict=verdict)
            watcher.advanced(chunk.done, total, counts=tally.to_json())
    return tally


def check_files(paths: Sequence[Path], clock: Clock, *, watcher: Watcher = QUIET) -> Checked:
    """Decode and validate every line without a log: nothing is read from it or written to it.

    Raises:
        FileMissing, FileUnreadable, FileNotLines: a file cannot be read.
    """
    sources = [source_at(path) for path in paths]
    total = _total(sources)
    checked = Checked()
    for chunk in _chunks(sources, {}, watcher=watcher):
        now = clock()
        for number, received in zip(chunk.numbers, chunk.received, strict=True):
            answer = decoded_from(received, now=now)
            if isinstance(answer, Invalid):
                checked.invalid += 1
                watcher.refused(chunk.file, number, verdict=invalid(received, answer))
            else:
                checked.valid += 1
        watcher.advanced(chunk.done, total, counts=checked.to_json())
    return checked


def received_from(file: str, line: Line) -> Received:
    """Return a line as received."""
    return Received(line.raw, f"{file}:{line.number}", refusal=TOO_LONG if line.is_cut else None)


def _marks(sources: Sequence[Source], intake: Intake) -> dict[str, Mark]:
    """Return how far earlier imports of these files came that did not end."""
    marks = {}
    with intake.log.transaction() as transaction:
        for source in sources:
            if source.size is not None and (mark := read_mark(transaction.cursor, source.key)):
                marks[source.key] = mark
    return marks


def _total(sources: Sequence[Source]) -> int | None:
    sizes = [source.size for source in sources]
    return None if None in sizes else sum(size or 0 for size in sizes)


def _chunks(
    sources: Sequence[Source], marks: dict[str, Mark], *, watcher: Watcher
) -> Iterator[Chunk]:
    """Yield the lines of all files; `marks` loses those that were used, since a file may repeat."""
    before = 0
    for source in sources:
        with source.opened() as stream:
            lines = _begun(source, stream, mark=marks.pop(source.key, None), watcher=watcher)
            for batch in _batches(lines):
                yield _chunk(source, batch, mark=lines.mark(), before=before)
            before += lines.mark().offset
        if source.size is not None:
            yield Chunk((), beside=partial(forget_mark, source=source.key), done=before)


def _begun(source: Source, stream: BinaryIO, *, mark: Mark | None, watcher: Watcher) -> Lines:
    lines = Lines(stream)
    if mark is None:
        return lines
    if lines.go_to(mark):
        watcher.resumed(source.name, mark.next_line)
        return lines
    watcher.started_again(source.name)
    stream.seek(0)
    return Lines(stream)


def _batches(lines: Lines) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.raw)
        if len(batch) >= BATCH_LINES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _chunk(source: Source, lines: Sequence[Line], *, mark: Mark, before: int) -> Chunk:
    beside = partial(write_mark, source=source.key, mark=mark) if source.size is not None else None
    return Chunk(
        [received_from(source.name, line) for line in lines],
        is_awaited=False,
        beside=beside,
        file=source.name,
        numbers=[line.number for line in lines],
        done=before + mark.offset,
    )
