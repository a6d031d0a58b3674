"""`toldonce audit checkpoint`, `prove`, `witness` and `key`, on a log of their own."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import pytest

from audit.formats.checkpoints import open_checkpoint
from audit.formats.notes import new_key, parse_verifier
from audit.formats.proofs import ConsistencyProof, InclusionProof, parse_proof
from audit.keys import witness_key_file
from cli.embedded import embedded_postgres
from cli.exit_codes import ExitCode
from tests.cli.conftest import Here
from tests.cli.running import STORIES, run
from tests.cli.test_serve import serving
from tests.over_http import get

STORY = STORIES / "1-nine-calls.ndjson"
SIGNED_WITHIN_S = 120
POLL_S = 0.1


@pytest.fixture
def audited(here: Here, database_url: str) -> Here:
    """Give what runs commands on a log that holds a story."""
    assert here("import", STORY, TOLDONCE_DATABASE_URL=database_url).code == ExitCode.OK
    return here


def test_whoever_has_the_public_key_checks_what_is_printed(audited: Here) -> None:
    """Checkpoint, proof of an entry by position or name, and proof of growth."""
    log = parse_verifier(audited("audit", "key").out.strip())
    note = audited("audit", "checkpoint").out
    head = open_checkpoint(note.encode(), log).head
    assert audited("audit", "checkpoint", "--json").json() == {
        "size": head.size,
        "checkpoint": note,
    }
    first = json.loads(STORY.read_text("utf-8").splitlines()[0])
    named = ("--source", first["source"], "--id", first["id"])
    for asked in (("1",), named):
        proof = parse_proof(audited("audit", "prove", *asked).out)
        assert isinstance(proof, InclusionProof)
        assert (proof.position, proof.check(log).head) == (1, head)
    grown = parse_proof(audited("audit", "prove", "--since", head.size, "--json").json()["proof"])
    assert isinstance(grown, ConsistencyProof)
    assert grown.check(head, log).head == head


def test_a_key_is_made_once_and_kept_to_its_owner(here: Here, tmp_path: Path) -> None:
    """Its name is the log's; a name that comes later is not taken."""
    made = here("audit", "key", "--name", "example.org/log", "--json").json()
    assert made["name"] == "example.org/log"
    assert here("audit", "key", "--name", "example.org/other", "--json").json() == made
    assert (tmp_path / "signing.key").stat().st_mode & 0o777 == 0o600
    witness = here("audit", "key", "--witness").out.strip()
    assert witness == str(witness_key_file(tmp_path / "witness.key").verifier)


def test_a_key_given_in_the_settings_is_used_and_never_shown(here: Here) -> None:
    """The settings mask it, and messages do not repeat it."""
    key = new_key("example.org/log")
    given = {"TOLDONCE_SIGNING_KEY": key.text}
    assert here("audit", "key", **given).out.strip() == str(key.verifier)
    assert key.text not in here("settings", **given).out
    broken = here("audit", "key", TOLDONCE_SIGNING_KEY=key.text[:-5])
    assert (broken.code, broken.err.count("\n")) == (ExitCode.INFRASTRUCTURE, 1)
    assert "TOLDONCE_SIGNING_KEY cannot be used" in broken.err
    assert key.text[:-5] not in broken.err


def test_what_cannot_be_proven_says_so(audited: Here) -> None:
    """Not signed yet, not in the log, and not asked for rightly are told apart."""
    assert audited("audit", "prove", "1").code == ExitCode.INCOMPLETE
    assert audited("audit", "checkpoint").code == ExitCode.OK
    assert audited("audit", "prove", "9999").code == ExitCode.INCOMPLETE
    assert audited("audit", "prove", "--source", "x", "--id", "y").code == ExitCode.INCOMPLETE
    for wrong in ((), ("1", "--since", "1"), ("--source", "x"), ("0",)):
        assert audited("audit", "prove", *wrong).code == ExitCode.USAGE
    key = str(new_key("a").verifier)
    for url, log_key in (("file:///etc/hostname", key), ("http://127.0.0.1:1", key)):
        done = audited("audit", "witness", url, "--log-key", log_key)
        assert done.code == ExitCode.INFRASTRUCTURE
    assert audited("audit", "witness", "http://x", "--log-key", "x").code == ExitCode.USAGE


def test_nothing_was_signed_of_an_empty_log(here: Here, database_url: str) -> None:
    """There is no head to sign."""
    done = here("audit", "checkpoint", TOLDONCE_DATABASE_URL=database_url)
    assert (done.code, done.out) == (ExitCode.INCOMPLETE, "")


def test_what_is_served_is_signed_meanwhile_and_cosigned_elsewhere(tmp_path: Path) -> None:
    """The signer beside the server signs by itself; a witness needs its URL and nothing else."""
    away = tmp_path
    # Not below pytest's own folder, which is closed to the account of root's server.
    with tempfile.TemporaryDirectory(prefix="toldonce-home-") as folder:
        home = Path(folder)
        with embedded_postgres(home):
            signed_and_cosigned(home, away)


def signed_and_cosigned(home: Path, away: Path) -> None:
    """Serve a story from one home and witness it from another."""
    assert run(home, "import", STORY).code == ExitCode.OK
    with serving(home, "serve") as (_, url):
        shown = awaited(f"{url}/checkpoint")
        log = parse_verifier(run(home, "audit", "key").out.strip())
        head = open_checkpoint(shown, log).head
        done = run(away, "audit", "witness", url, "--log-key", str(log))
    assert done.code == ExitCode.OK, done.err
    witness = witness_key_file(away / "witness.key").verifier
    assert open_checkpoint(done.out.encode(), log, witnesses=[witness]).head == head
    assert (away / "witness.checkpoint").read_text("utf-8") == done.out


def awaited(url: str) -> bytes:
    """Return what is at a URL, once something is there."""
    deadline = time.monotonic() + SIGNED_WITHIN_S
    while (answer := get(url)).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(POLL_S)
    return answer.content
