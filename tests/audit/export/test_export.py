"""What was changed in an export is found by both checkers, and what they cannot know they say."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from audit.errors import AuditError, NoteInvalid, ProofInvalid
from audit.export.check import check_export, check_proof
from audit.export.writing import Customer, Wanted, export
from audit.exported.verify import Check, Wrong, main
from audit.findings import Report
from audit.formats.notes import new_key
from audit.prover import Prover
from domain.handles import Handle
from eventlog.keyring import Keyring
from tests.audit.filled import ENTRIES, ERASED, key_in

Json = dict[str, Any]
SIGNED = ENTRIES - 2
A9 = Handle("account_no", "A9")
# For each file: members whose every change must be found, in exports of the log and of a customer.
MEMBERS = {
    "entries": [
        "position", "stream_id", "stream_version", "event_key", "type", "source", "occurred_us",
        "recorded_us", "observed", "sealed", "leaf_hash",
    ],
    "events": ["position", "event"],
    "keys": ["stream_id", "commitment", "destroyed_at", "key"],
    "checkpoints": ["note", "signer"],
    "proofs": ["position", "path"],
}  # fmt: skip
RUBBISH = [
    b"[]\n",
    b"nonsense\n",
    b"\xff\xfe\n",
    b"{}\n",
    b'{"position":{},"stream_id":7}\n',
    b"[" * 100_000 + b"\n",
]


@pytest.fixture(scope="module")
def key(signer_folder: Path) -> str:
    """Give the log's public key."""
    return str(key_in(signer_folder).verifier)


@pytest.fixture(scope="module")
def log(filled_url: str, module_keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an export of the whole log, with keys."""
    folder = tmp_path_factory.mktemp("exports") / "log"
    wanted = Wanted(folder, datetime.now(UTC), with_keys=True)
    export(filled_url, module_keyring, wanted=wanted, told=lambda done, total: None)
    return folder


@pytest.fixture(scope="module")
def customer(
    filled_url: str, module_keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give an export of one customer, who has a stream and an entry in somebody else's."""
    folder = tmp_path_factory.mktemp("exports") / "customer"
    theirs = Customer([1], [module_keyring.stream_of(A9)], [A9])
    wanted = Wanted(folder, datetime.now(UTC), theirs, with_keys=True)
    export(filled_url, module_keyring, wanted=wanted, told=lambda done, total: None)
    return folder


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """Give what makes a copy of an export that may be damaged."""
    return lambda folder: Path(shutil.copytree(folder, tmp_path / folder.name))


def lines(folder: Path, name: str) -> list[bytes]:
    """Return the lines of one of the files of an export."""
    return (folder / f"{name}.ndjson").read_bytes().splitlines(keepends=True)


def verdicts(folder: Path, key: str) -> tuple[bool, bool]:
    """Return whether the export is intact, as each of the two checkers says."""
    return _ours(folder, key), _theirs(folder, key)


def _ours(folder: Path, key: str) -> bool:
    try:
        return check_export(folder, key).is_intact
    except AuditError:
        return False


def _theirs(folder: Path, key: str) -> bool:
    return main([str(folder), "--key", key]) == 0


def other(value: Any, chance: random.Random) -> Any:
    """Return another value than this one, of its kind where it has one."""
    match value:
        case None:
            return "2026-01-01T00:00:00+00:00"
        case bool():
            return not value
        case int():
            return value + chance.choice([-1, 1, 1000])
        case str():
            at = chance.randrange(max(1, len(value) - 3))
            return value[:at] + ("0" if value[at : at + 1] != "0" else "1") + value[at + 1 :]
        case list():
            return [*value[1:], other(value[0], chance)] if value else ["00" * 16]
        case _:
            return value | {"id": "another"}


def with_entries(folder: Path) -> Callable[[Json], bool]:
    """Return what says whether a line is not of a stream that has no entry in an export.

    Such a stream came after the checkpoint: nothing that is signed commits to its key.
    """
    streams = {json.loads(line)["stream_id"] for line in lines(folder, "entries")}
    return lambda line: line.get("stream_id") in {None, *streams}


def changed(
    lines_: list[bytes], member: str, *, chance: random.Random, is_told: Callable[[Json], bool]
) -> list[bytes]:
    """Return lines of which one has another value for a member."""
    read = [json.loads(line) for line in lines_]
    at = chance.choice([at for at, line in enumerate(read) if member in line and is_told(line)])
    written = read[at]
    if member == "destroyed_at" and written[member]:
        # When it was is nobody's to check; that it was, is.
        written[member] = None
    else:
        written[member] = other(written[member], chance)
    line = json.dumps(written, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    return [*lines_[:at], line, *lines_[at + 1 :]]


def moved(lines_: list[bytes], chance: random.Random) -> Iterator[list[bytes]]:
    """Yield the lines with one missing, one twice, and two exchanged."""
    at = chance.randrange(len(lines_) - 1)
    yield [*lines_[:at], *lines_[at + 1 :]]
    yield [*lines_[: at + 1], *lines_[at:]]
    yield [*lines_[:at], lines_[at + 1], lines_[at], *lines_[at + 2 :]]


@pytest.mark.parametrize("scope", ["log", "customer"])
def test_both_checkers_find_what_was_changed(
    scope: str,
    request: pytest.FixtureRequest,
    copied: Callable[[Path], Path],
    key: str,
) -> None:
    """Any member of any line, and any line that is missing, repeated or elsewhere."""
    folder = copied(request.getfixturevalue(scope))
    chance = random.Random(scope)  # noqa: S311 - chance, not secrets
    assert verdicts(folder, key) == (True, True)
    is_told = with_entries(folder)
    for name, members in MEMBERS.items():
        file, kept = folder / f"{name}.ndjson", lines(folder, name)
        if not kept:
            continue
        ways = [changed(kept, one, chance=chance, is_told=is_told) for one in members]
        if name in ("entries", "events", "proofs"):
            ways += moved(kept, chance)
        for number, way in enumerate(ways):
            file.write_bytes(b"".join(way))
            assert verdicts(folder, key) == (False, False), (name, number)
        file.write_bytes(b"".join(kept))
    assert verdicts(folder, key) == (True, True)


@pytest.mark.parametrize("scope", ["log", "customer"])
def test_whatever_stands_in_a_file_ends_as_a_finding(
    scope: str, request: pytest.FixtureRequest, copied: Callable[[Path], Path], key: str
) -> None:
    """No checker stops with a fault of its own, whatever it is given."""
    folder = copied(request.getfixturevalue(scope))
    names = ["manifest.json", "checkpoint", *(f"{name}.ndjson" for name in MEMBERS)]
    for name in names:
        kept = (folder / name).read_bytes()
        if not kept:
            continue
        for rubbish in RUBBISH:
            (folder / name).write_bytes(rubbish)
            assert verdicts(folder, key) == (False, False), (name, rubbish[:20])
        (folder / name).unlink()
        assert verdicts(folder, key) == (False, False), name
        (folder / name).write_bytes(kept)


def test_tiles_are_checked(log: Path, copied: Callable[[Path], Path], key: str) -> None:
    """A tile that is missing, or that has one other byte, is found by both."""
    folder = copied(log)
    tiles = sorted(path for path in (folder / "tile").rglob("*") if path.is_file())
    assert [str(path.relative_to(folder / "tile")) for path in tiles] == [
        "0/000", f"0/001.p/{SIGNED - 256}", "1/000.p/1",
    ]  # fmt: skip
    for tile in tiles:
        kept = tile.read_bytes()
        tile.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        assert verdicts(folder, key) == (False, False)
        tile.unlink()
        assert verdicts(folder, key) == (False, False)
        tile.write_bytes(kept)


def test_another_key_is_refused(log: Path, key: str) -> None:
    """Without the log's own key nothing is believed; without any, that is said."""
    stranger = str(new_key("example.org/log").verifier)
    with pytest.raises(NoteInvalid):
        check_export(log, stranger)
    with pytest.raises(Wrong):
        Check(log, stranger).run()
    assert "whose key signed" in check_export(log, None).unchecked
    assert "whose key signed" not in check_export(log, key).unchecked


def test_erased_events_say_so(log: Path, module_keyring: Keyring) -> None:
    """Of whoever was erased the entries stay, and no event and no key."""
    erased = module_keyring.stream_of(ERASED).hex
    entries = [json.loads(line) for line in lines(log, "entries")]
    events = [json.loads(line) for line in lines(log, "events")]
    theirs = [at for at, entry in enumerate(entries) if entry["stream_id"] == erased]
    assert theirs
    assert [at for at, event in enumerate(events) if "event" not in event] == theirs
    (row,) = [row for row in map(json.loads, lines(log, "keys")) if row["stream_id"] == erased]
    assert row["destroyed_at"]
    assert "key" not in row


def test_without_keys_nobody_can_say_that_events_are_what_was_sealed(
    filled_url: str, module_keyring: Keyring, tmp_path: Path, key: str
) -> None:
    """Both checkers say that they did not look, and no key is in the export."""
    wanted = Wanted(tmp_path / "export", datetime.now(UTC))
    export(filled_url, module_keyring, wanted=wanted, told=lambda done, total: None)
    assert "events" in check_export(wanted.folder, key).unchecked
    check = Check(wanted.folder, key)
    check.run()
    assert any("no keys" in left for left in check.unchecked)
    assert not any("key" in json.loads(line) for line in lines(wanted.folder, "keys"))
    with pytest.raises(FileExistsError):
        export(filled_url, module_keyring, wanted=wanted, told=lambda done, total: None)


def drop(folder: Path, numbers: range) -> None:
    """Leave entries out of a customer's export, with their events and proofs."""
    for name in ("entries", "events", "proofs"):
        kept = lines(folder, name)
        (folder / f"{name}.ndjson").write_bytes(
            b"".join(line for at, line in enumerate(kept) if at not in numbers)
        )


def test_nothing_is_left_out_of_a_customer_s_streams(
    customer: Path, copied: Callable[[Path], Path], key: str
) -> None:
    """A gap is found, and so is an end that is not where the manifest has it."""
    count = len(lines(customer, "entries"))
    for numbers in (range(1, 2), range(3, 4), range(count - 1, count)):
        folder = copied(customer)
        drop(folder, numbers)
        assert verdicts(folder, key) == (False, False)
        shutil.rmtree(folder)


def test_what_came_after_the_last_version_is_not_proven_and_said_so(
    customer: Path, copied: Callable[[Path], Path], key: str, module_keyring: Keyring
) -> None:
    """Whoever exports can end a stream earlier: only the whole log shows that it goes on."""
    folder, count = copied(customer), len(lines(customer, "entries"))
    drop(folder, range(count - 1, count))
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (stream,) = [one for one in manifest["streams"] if one["is_whole"]]
    assert UUID(hex=stream["stream_id"]) == module_keyring.stream_of(A9)
    stream["newest_version"] -= 1
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert verdicts(folder, key) == (True, True)
    assert "later entries" in check_export(folder, key).unchecked


def test_the_verifier_stands_alone(log: Path, copied: Callable[[Path], Path], key: str) -> None:
    """As a program on another machine, it says what it found and ends with it."""
    folder = copied(log)

    def run() -> tuple[int, Json]:
        # Isolated: nothing of this installation but cryptography can be imported.
        command = [sys.executable, "-I", folder / "verify.py", "--key", key, "--json"]
        done = subprocess.run(command, capture_output=True, cwd="/", check=False, timeout=300)
        return done.returncode, json.loads(done.stdout)

    code, report = run()
    assert (code, report["is_intact"], report["entries"]) == (0, True, SIGNED), report
    kept = lines(folder, "entries")
    kept[41] = kept[41].replace(b'"sealed":"', b'"sealed":"AAAA')
    (folder / "entries.ndjson").write_bytes(b"".join(kept))
    code, report = run()
    assert (code, report["is_intact"]) == (4, False)
    assert report["findings"][0].startswith("position 42: its leaf is ")


def test_one_proof_is_checked_alone(filled_url: str, tmp_path: Path, key: str) -> None:
    """A proof of inclusion holds under the log's key, and no other proof or key does."""
    prover = Prover(filled_url)
    file = tmp_path / "proof"
    file.write_text(prover.inclusion(7).text, "utf-8")
    report: Report = check_proof(file, key)
    assert report.checked == {"entry": 7}
    with pytest.raises(ProofInvalid):
        check_proof(file, None)
    with pytest.raises(NoteInvalid):
        check_proof(file, str(new_key("example.org/log").verifier))
    file.write_text(prover.consistency(9).text, "utf-8")
    with pytest.raises(ProofInvalid):
        check_proof(file, key)
    prover.close()
