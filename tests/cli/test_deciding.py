"""Deciding by command, from a preview to the position of the fact."""

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cli.embedded import embedded_postgres
from tests.cli.conftest import Here
from tests.cli.running import Done, run
from tests.notation import cloud_event

A, B, PHONE = "email:a@x.example", "email:b@x.example", "phone:+17175550142"
STORY = """
2026-01-01T10:00 order.placed O-1 email:a@x.example
2026-01-01T10:10 contact.started c-1 email:a@x.example phone:+17175550142
2026-01-01T11:00 order.placed O-2 email:b@x.example
2026-01-01T11:10 contact.started c-2 email:b@x.example phone:+17175550142
2026-01-01T12:00 contact.started c-3 phone:+17175550142
2026-01-01T12:10 order.placed O-7 account_no:7 email:c@x.example
2026-01-01T12:20 contact.started c-8 account_no:8
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Give a home that holds the story of two people with one telephone."""
    with tempfile.TemporaryDirectory(prefix="toldonce-home-") as folder:
        home = Path(folder)
        lines = [line for line in STORY.splitlines() if line]
        events = [json.dumps(cloud_event(line, id=f"e{n}")) for n, line in enumerate(lines)]
        with embedded_postgres(home):
            assert run(home, "import", "-", stdin="\n".join(events)).code == 0
            yield home


@pytest.fixture
def ask(home: Path, here: Here) -> Here:
    """Give what runs a command in that home, in this process."""
    return partial(here, TOLDONCE_HOME=str(home))


def events_of(ask: Here, whom: str) -> int:
    """Return how many events a customer has."""
    return len(ask("timeline", whom, "--all", "--json").json()["events"])


def head(ask: Here) -> int:
    """Return the newest position of the log."""
    status = ask("projections", "status", "--json").json()["views"]
    return max(view["head"] for view in status)


def decide(ask: Here, *arguments: str) -> Done:
    """Run a deciding command with a reason."""
    return ask(*arguments, "--reason", "said so", "--actor", "a1")


def test_a_merge_is_previewed_made_and_undone(ask: Here) -> None:
    """The preview writes nothing and comes true; undone, everybody has what they had."""
    before = head(ask)
    merge = ("merge", A, B, "--merge-id", "m-1")
    preview = decide(ask, *merge, "--preview", "--json").json()["change"]
    assert [one["events"] for one in preview["before"]] == [2, 2]
    assert [one["events"] for one in preview["after"]] == [5]
    assert [one["value"] for one in preview["joining"]] == ["+17175550142"]
    assert preview["position"] == head(ask) == before
    assert preview["evidence_total"] == 3

    made = decide(ask, *merge, "--json").json()["decided"]
    assert made["position"] == before + 1
    assert made["fact"]["type"] == "toldonce.identity.customers_merged.v1"
    assert events_of(ask, A) == 6  # with the merge itself

    again = decide(ask, *merge)
    assert (again.code, again.out) == (5, "")
    assert "is refused: " in again.err and " decided identity.customers_merged at " in again.err

    undo = ("unmerge", "m-1")
    preview = decide(ask, *undo, "--preview", "--json").json()["change"]
    assert [one["events"] for one in preview["after"]] == [3, 3]
    assert preview["unattached"] == 1
    assert decide(ask, *undo).out.startswith("● identity.customers_unmerged · at position ")
    assert events_of(ask, A) == events_of(ask, B) == 4
    refused = decide(ask, *undo, "--preview")
    assert refused.code == 5
    assert "a1 decided identity.customers_unmerged" in refused.err


def test_a_preview_for_people_names_customers_and_telephones(ask: Here) -> None:
    """Before and after, one under the other, and that nothing was changed."""
    text = decide(ask, "merge", A, B, "--preview").out
    assert text.startswith("BEFORE")
    assert "2 events" in text or "4 events" in text
    assert "phone +17175550142" in text
    assert "nothing was changed" in text


def test_a_relationship_is_declared_once(ask: Here) -> None:
    """A role that there is not is a usage error; a preview says that nobody would change hands."""
    related = ("relate", A, B, "--role", "household", "--actor", "a1")
    assert "0 events would change hands" in ask(*related, "--preview").out
    assert ask(*related).out.startswith("● identity.relationship_declared · at position ")
    assert ask(*related).code == 5
    assert ask("relate", A, B, "--role", "friend").code == 2


def test_a_telephone_is_linked_parted_and_rejected(ask: Here) -> None:
    """Each once; the same twice in a row is refused."""
    assert decide(ask, "link", A, PHONE, "--preview").code == 0
    for way in ((), ("--unlink",), ("--reject",)):
        assert decide(ask, "link", A, PHONE, *way).code == 0, way
        assert decide(ask, "link", PHONE, A, *way).code == 5, way
    assert ask("link", A, PHONE, "--unlink", "--reject", "--reason", "x").code == 2


def test_a_customer_is_erased_for_ever(ask: Here, tmp_path: Path) -> None:
    """First previewed; then nothing of them can be stored or read any more."""
    before = head(ask)
    erase = ("erase", "account_no:7", "--request-id", "r-1")
    preview = decide(ask, *erase, "--preview", "--json").json()
    assert preview["preview"] is True
    found = preview["erasure"]
    assert found["events"] == {"erased": 1, "staying": 0}
    assert found["streams"] == {"destroyed": 3, "kept": 0}
    assert head(ask) == before

    done = decide(ask, *erase, "--json").json()
    assert done["decided"]["position"] == before + 2
    assert done["erasure"]["events"] == found["events"]
    assert decide(ask, *erase).code == 5

    late = [
        "2026-01-05T10:00 contact.started c-9 email:c@x.example",
        "2026-01-05 job.completed J-1",
    ]
    file = tmp_path / "late.ndjson"
    file.write_text(
        "\n".join(json.dumps(cloud_event(line, id=f"late{n}")) for n, line in enumerate(late))
    )
    tally = ask("import", file, "--json").json()
    assert (tally["suppressed"], tally["stored"]) == (1, 1)


def test_what_cannot_be_decided_is_a_usage_error(ask: Here) -> None:
    """Nobody known, a thing instead of a person, no reason at all."""
    assert decide(ask, "merge", A, "email:nobody@x.example").code == 2
    assert decide(ask, "link", A, "order:O-1").code == 2
    assert decide(ask, "erase", "email:nobody@x.example").code == 2
    assert ask("merge", A, B).code == 2
    assert ask("merge", A, B, "--reason", "").code == 2
    assert ask("unmerge", "never", "--reason", "x").code == 5


def test_the_settings_say_who_decides(ask: Here) -> None:
    """Without --actor it is the setting, and without that the account."""
    done = ask("unmerge", "never", "--reason", "x", TOLDONCE_ACTOR="desk-4")
    assert "identity.customers_unmerged by desk-4 is refused" in done.err
