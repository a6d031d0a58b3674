"""What importing files promises."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers import files
from consumers.errors import FileMissing, FileNotLines, FileUnreadable
from consumers.files import Checked, Watcher, check_files, import_files
from consumers.intake import Intake
from consumers.verdicts import Verdict
from eventlog.log import Log
from tests.consumers.published import clock, ids_kept, raw, rows, write_lines
from tests.domain.malformed import MALFORMED

# What the same bytes are in a file: no event at all, two lines, or one after a byte order mark.
OF_SEVERAL_LINES = {"nothing", "blanks", "random bytes", "raw line feed in a string"}
DUMP = """
SELECT (SELECT count(*) FROM log.entries), (SELECT count(*) FROM log.stream_keys),
    (SELECT count(*) FROM log.quarantine), (SELECT count(*) FROM log.ingest_offsets),
    (SELECT h::text FROM log.log_head h), (SELECT count(*) FROM log.key_checks)
"""


class Heard(Watcher):
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int]] = []
        self.verdicts: list[Verdict] = []
        self.progress: list[tuple[int, int | None]] = []

    def refused(self, file: str, line: int, *, verdict: Verdict) -> None:
        """Remember a refused line."""
        self.lines.append((file, line))
        self.verdicts.append(verdict)

    def advanced(self, done: int, total: int | None, *, counts: Mapping[str, int]) -> None:
        """Remember how far it is."""
        self.progress.append((done, total))


def counted(intake: Intake, *paths: Path) -> dict[str, int]:
    """Import files and return the counts that are not 0."""
    return {k: v for k, v in import_files(paths, intake).to_json().items() if v}


def test_importing_twice_gives_only_duplicates(intake: Intake, tmp_path: Path) -> None:
    """A file can be imported again at any time."""
    path = write_lines(tmp_path / "a.ndjson", (raw(number) for number in range(50)))
    assert counted(intake, path) == {"stored": 50, "position": 50}
    assert counted(intake, path) == {"duplicate": 50, "position": 50}
    assert counted(intake, path, path) == {"duplicate": 100, "position": 50}


def test_one_file_named_twice_is_read_twice(intake: Intake, tmp_path: Path) -> None:
    """Its second reading gives duplicates, in one run too."""
    path = write_lines(tmp_path / "a.ndjson", [raw(1)])
    assert counted(intake, path, path) == {"stored": 1, "duplicate": 1, "position": 1}


def test_changed_content_is_a_conflict(intake: Intake, tmp_path: Path) -> None:
    """The line is named and kept; the event of before stands."""
    import_files([write_lines(tmp_path / "a.ndjson", [raw(1), raw(2)])], intake)
    changed = write_lines(tmp_path / "b.ndjson", [raw(1), raw(2, purpose="other"), raw(3)])
    heard = Heard()
    tally = import_files([changed], intake, watcher=heard)
    assert (tally.stored, tally.duplicate, tally.conflict) == (1, 1, 1)
    assert heard.lines == [("b.ndjson", 2)]
    (held,) = intake.quarantine.held()
    assert (held.origin, held.verdict) == ("b.ndjson:2", "conflict")


def test_malformed_lines_are_named_and_kept_and_harm_no_neighbour(
    intake: Intake, tmp_path: Path
) -> None:
    """Each kind of malformed event as a line between two good ones."""
    cases = [case for case in MALFORMED if case[0] not in OF_SEVERAL_LINES]
    lines = [line for at, case in enumerate(cases) for line in (raw(at), case[1])]
    heard = Heard()
    tally = import_files([write_lines(tmp_path / "a.ndjson", lines)], intake, watcher=heard)
    assert (tally.stored, tally.invalid) == (len(cases), len(cases))
    assert heard.lines == [("a.ndjson", 2 * at) for at in range(1, len(cases) + 1)]
    for (name, malformed, pointer, reason), verdict in zip(cases, heard.verdicts, strict=True):
        expected = "longer than 64 KiB" if len(malformed) > 65_536 else reason
        assert any(p.pointer == pointer and expected in p.reason for p in verdict.problems), name
    held = [intake.quarantine.get(one.id) for one in intake.quarantine.held()]
    kept = {one.origin: one.received and one.received.raw for one in held if one}
    assert kept == {f"a.ndjson:{2 * at}": case[1][:65_536] for at, case in enumerate(cases, 1)}


def test_what_is_several_lines_is_several_verdicts(intake: Intake, tmp_path: Path) -> None:
    """A line feed ends a line, whatever it stood for."""
    broken = raw(1).replace(b"voice", b"voi\nce")
    path = write_lines(tmp_path / "a.ndjson", [raw(0), broken, raw(2)])
    assert counted(intake, path) == {"stored": 2, "invalid": 2, "position": 2}


def test_line_ends_blank_lines_and_a_byte_order_mark_do_not_matter(
    intake: Intake, tmp_path: Path
) -> None:
    """A file may come from any editor; a last line needs no newline."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(
        b"\xef\xbb\xbf" + raw(1) + b"\r\n\r\n" + raw(2) + b"\n \t\n\n\xef\xbb\xbf" + raw(3)
        + b"\n" + raw(4)
    )  # fmt: skip
    heard = Heard()
    tally = import_files([path], intake, watcher=heard)
    assert (tally.stored, tally.invalid) == (3, 1)
    assert heard.lines == [("a.ndjson", 6)]


def test_a_line_beyond_the_limit_is_invalid_and_its_beginning_kept(
    intake: Intake, tmp_path: Path
) -> None:
    """However long it is, the next line is taken."""
    path = write_lines(tmp_path / "a.ndjson", [raw(1), b"x" * 5_000_000, raw(2)])
    assert counted(intake, path) == {"stored": 2, "invalid": 1, "position": 2}
    held = intake.quarantine.get(intake.quarantine.held()[0].id)
    assert held is not None
    assert held.problems[0].reason == "is longer than 64 KiB; only its beginning is kept"
    assert held.received is not None
    assert held.received.raw == b"x" * 65_536


def test_the_standard_input_is_read_like_a_file(
    intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "-" stands for it, and its lines are called stdin."""
    given = tmp_path / "given"
    given.write_bytes(raw(1) + b"\n{\n" + raw(2))
    heard = Heard()
    with given.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        tally = import_files([Path("-")], intake, watcher=heard)
    assert (tally.stored, heard.lines) == (2, [("stdin", 2)])
    assert heard.progress[-1] == (len(raw(1)) + len(raw(2)) + 3, None)


def test_a_closed_standard_input_is_named(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may be started without one."""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(FileUnreadable, match="stdin cannot be read: it is closed"):
        import_files([Path("-")], intake)


def test_a_pipe_is_read_to_its_end(intake: Intake, tmp_path: Path) -> None:
    """A named pipe has no size and is not opened twice."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=write_lines, args=(pipe, [raw(1), raw(2)]))
    writer.start()
    assert counted(intake, pipe) == {"stored": 2, "position": 2}
    writer.join()


def test_progress_is_told_in_bytes(
    intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never goes back, and ends at the size of all files together."""
    monkeypatch.setattr(files, "BATCH_LINES", 4)
    paths = [
        write_lines(tmp_path / name, [*map(raw, range(10)), b""]) for name in ("a.ndjson", "b.json")
    ]
    heard = Heard()
    import_files(paths, intake, watcher=heard)
    done = [done for done, _ in heard.progress]
    total = sum(path.stat().st_size for path in paths)
    assert done == sorted(done)
    assert len(set(done)) >= 6
    assert heard.progress[-1] == (total, total)


def test_an_empty_file_holds_nothing(intake: Intake, tmp_path: Path) -> None:
    """It is no error."""
    assert counted(intake, write_lines(tmp_path / "a.ndjson", [])) == {}


def test_a_finished_import_leaves_no_progress_behind(
    intake: Intake, log: Log, tmp_path: Path
) -> None:
    """There is nothing to resume."""
    import_files([write_lines(tmp_path / "a.ndjson", [raw(1)])], intake)
    assert rows(log, "SELECT * FROM log.ingest_offsets") == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "gzip"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "zstd"),
        (b"PK\x03\x04\x14\x00", "ZIP"),
        ('{"id": "e-1"}'.encode("utf-16"), "UTF-16"),
        (bytes(range(256)) * 9, "binary"),
    ],
    ids=["gzip", "zstd", "zip", "utf-16", "binary"],
)
def test_what_is_no_file_of_lines_is_refused_before_anything_is_taken(
    intake: Intake, tmp_path: Path, content: bytes, reason: str
) -> None:
    """Not one line of it goes into quarantine, and no file named before it is begun."""
    good = write_lines(tmp_path / "a.ndjson", [raw(1)])
    bad = tmp_path / "b.ndjson"
    bad.write_bytes(content)
    with pytest.raises(FileNotLines, match=reason):
        import_files([good, bad], intake)
    assert intake.log.reader.head().position == 0
    assert intake.quarantine.held() == []


def test_a_garbled_first_line_does_not_refuse_the_file(intake: Intake, tmp_path: Path) -> None:
    """As long as events are to be seen, a NUL is a fault of one line."""
    path = write_lines(tmp_path / "a.ndjson", [b"\0\0\0", raw(1)])
    assert counted(intake, path) == {"stored": 1, "invalid": 1, "position": 1}


def test_what_cannot_be_read_is_named(intake: Intake, tmp_path: Path) -> None:
    """Missing files, directories and closed doors are told apart."""
    with pytest.raises(FileMissing, match=r"no file .*missing\.ndjson"):
        import_files([tmp_path / "missing.ndjson"], intake)
    with pytest.raises(FileUnreadable, match="it is a directory"):
        import_files([tmp_path], intake)
    inside = write_lines(tmp_path / "a.ndjson", []) / "b"
    with pytest.raises(FileUnreadable, match="Not a directory"):
        import_files([inside], intake)


def test_a_file_that_may_not_be_read_is_named(
    intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs as root may read everything, so the refusal is made here."""
    path = write_lines(tmp_path / "a.ndjson", [raw(1)])

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileUnreadable, match="Permission denied"):
        import_files([path], intake)


def test_a_name_that_is_no_text_is_no_obstacle(intake: Intake, tmp_path: Path) -> None:
    """File names are bytes; origins are text that every terminal can show."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b.ndjson"))
    write_lines(path, [raw(1), b"{"])
    assert counted(intake, path) == {"stored": 1, "invalid": 1, "position": 1}
    assert intake.quarantine.held()[0].origin == "\\xff\ufffd.ndjson:2"


def test_a_dry_run_leaves_the_database_untouched(intake: Intake, log: Log, tmp_path: Path) -> None:
    """It counts what is valid, names what is not, and needs no log at all."""
    path = write_lines(tmp_path / "a.ndjson", [raw(1), b"{", raw(2)])
    before = rows(log, DUMP)
    heard = Heard()
    assert check_files([path], clock, watcher=heard) == Checked(valid=2, invalid=1)
    assert heard.lines == [("a.ndjson", 2)]
    assert heard.progress[-1] == (path.stat().st_size, path.stat().st_size)
    assert rows(log, DUMP) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
            st.tuples(st.integers(0, 300), st.binary(max_size=3)).map(
                lambda cut: raw(3)[: cut[0]] + cut[1] + raw(3)[cut[0] :]
            ),
        ),
        max_size=20,
    )
)
def test_no_bytes_stop_an_import(intake: Intake, tmp_path: Path, lines: list[bytes]) -> None:
    """Whatever lines hold, each gets one verdict and the event before them is kept."""
    path = write_lines(tmp_path / "a.ndjson", [raw(1), *lines])
    expected = sum(1 for line in path.read_bytes().split(b"\n") if line.strip(b" \t\r"))
    counts = import_files([path], intake).to_json()
    counts.pop("position")
    assert sum(counts.values()) == expected
    assert "e-1" in ids_kept(intake.log)
