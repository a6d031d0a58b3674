"""`toldonce audit verify`, `export`, `check`, `replay` and `diff`, on a log of their own."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from cli.exit_codes import ExitCode
from tests.cli.conftest import Here
from tests.cli.running import STORIES

STORY = STORIES / "1-nine-calls.ndjson"
ENTRIES = 65
PHONE = "phone:+17175550142"
TENTH_CALL = ("--as-of", "2009-12-01T13:00:00Z")


@pytest.fixture
def audited(here: Here, database_url: str) -> Here:
    """Give what runs commands on a log that holds a story."""
    assert here("import", STORY, TOLDONCE_DATABASE_URL=database_url).code == ExitCode.OK
    return here


def damage(url: str, statement: str) -> None:
    """Do what only a superuser can."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)


def test_an_intact_log_is_said_to_be_intact(audited: Here, tmp_path: Path) -> None:
    """With what was looked at, as text and as JSON; a kept checkpoint is held against the log."""
    assert audited("audit", "verify").out.startswith(f"● intact up to position {ENTRIES}, root ")
    assert audited("audit", "verify", "--json").json()["unchecked"] == {
        "signatures": "nothing was signed yet"
    }
    (tmp_path / "kept").write_text(audited("audit", "checkpoint").out, "utf-8")
    key = audited("audit", "key").out.strip()
    report = audited(
        "audit", "verify", "--since", tmp_path / "kept", "--log-key", key, "--json"
    ).json()
    assert report["is_intact"]
    assert report["signers"] == [key]
    assert report["checked"]["wrapped keys"] == report["checked"]["keys"]
    assert audited("audit", "verify", "--since", 7, "--json").json()["position"] == ENTRIES


def test_a_position_that_was_changed_is_named(audited: Here, database_url: str) -> None:
    """One byte is enough; the command ends with the code for damage."""
    damage(
        database_url,
        "UPDATE log.entries SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)"
        " WHERE position = 42",
    )
    done = audited("audit", "verify")
    assert done.code == ExitCode.DAMAGED
    assert "position 42" in done.out
    report = audited("audit", "verify", "--json").json()
    assert [found["position"] for found in report["findings"]] == [42]


def test_a_log_older_than_what_was_signed_is_found(audited: Here, database_url: str) -> None:
    """The record beside the database tells, when the database itself is wholly consistent."""
    assert audited("audit", "checkpoint").code == ExitCode.OK
    damage(
        database_url,
        "DELETE FROM log.entries; DELETE FROM log.checkpoints; DELETE FROM log.tree_hashes;"
        " DELETE FROM log.stream_keys; DELETE FROM log.tracking; UPDATE log.log_head SET"
        " position = 0, frontier = '', root = sha256(''), recorded_at = '-infinity'",
    )
    report = audited("audit", "verify", "--json")
    assert report.code == ExitCode.DAMAGED
    (found,) = report.json()["findings"]
    assert (found["check"], found["found"]) == ("checkpoint", "0")


def test_what_is_no_checkpoint_is_a_usage_error(audited: Here, tmp_path: Path) -> None:
    """A file that is missing, or that is something else, is named as the option's."""
    for file in (tmp_path / "missing", STORY):
        done = audited("audit", "verify", "--since", file)
        assert (done.code, "--since" in done.err) == (ExitCode.USAGE, True)


def test_an_export_is_checked_by_the_command(audited: Here, tmp_path: Path) -> None:
    """The log, and one customer's part; nothing is written before something was signed."""
    assert audited("audit", "export", tmp_path / "none").code == ExitCode.INCOMPLETE
    audited("audit", "checkpoint")
    key = audited("audit", "key").out.strip()
    log, theirs = tmp_path / "log", tmp_path / "theirs"
    assert audited("audit", "export", log).out.startswith(f"{ENTRIES} entries, ")
    done = audited("audit", "export", theirs, "--customer", PHONE, "--with-keys", "--json")
    assert done.json()["identifiers"][0]["value"] == "7731"
    for folder in (log, theirs):
        assert audited("audit", "check", folder, "--log-key", key, "--json").json()["is_intact"]
    assert audited("audit", "export", log).code == ExitCode.INFRASTRUCTURE
    assert audited("audit", "check", tmp_path).code == ExitCode.USAGE
    nobody = audited("audit", "export", tmp_path / "x", "--customer", "phone:+17175559999")
    assert nobody.code == ExitCode.INCOMPLETE
    proof = tmp_path / "proof"
    assert audited("audit", "prove", 5, "--out", proof).code == ExitCode.OK
    assert audited("audit", "check", proof, "--log-key", key).code == ExitCode.OK


def test_a_replay_tells_what_each_event_changed(audited: Here) -> None:
    """Step by step to the brief of the tenth call; further steps are a further command."""
    steps = audited("audit", "replay", PHONE, *TENTH_CALL, "--json").json()["steps"]
    assert [step["position"] for step in steps] == list(range(1, ENTRIES + 1))
    told = {sentence for step in steps for sentence in map(_sentence, step["changes"]) if sentence}
    assert "issue I-1 told count: 8 → 9" in told
    some = audited("audit", "replay", PHONE, *TENTH_CALL, "--limit", 3, "--after", 10).out
    assert "Reported slow internet (issue I-1" in some
    assert "issue I-1 appears: slow internet" in some
    assert some.endswith("more with --after 13\n")
    assert audited("audit", "replay", "phone:+17175559999").code == ExitCode.INCOMPLETE


def test_two_moments_are_compared(audited: Here) -> None:
    """What differs, with pointers into the later brief; a moment differs in nothing from itself."""
    between = audited("audit", "diff", PHONE, *TENTH_CALL, "--from", 50, "--to", 65, "--json")
    changes = {change["pointer"]: change for change in between.json()}
    assert (
        changes["/issues/0/told_count"] | {"before": 6, "after": 9}
        == (changes["/issues/0/told_count"])
    )
    told = audited("audit", "diff", PHONE, *TENTH_CALL, "--from", 50).out
    assert "issue I-1 told count: 6 → 9" in told
    same = audited("audit", "diff", PHONE, *TENTH_CALL, "--from", 65, "--to", 65, "--json")
    assert json.loads(same.out) == []


def _sentence(change: dict[str, str]) -> str | None:
    return change["sentence"]
