"""`toldonce quarantine`: what was refused is seen, offered again and discarded."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from consumers import preparing
from domain.decode import Accepted, Invalid, decode
from tests.cli.conftest import Here
from tests.consumers.published import raw

NOBODY = "00000000-0000-0000-0000-000000000001"
# Unlike an id of a few characters, no random identifier has these words in it by chance.
WORDS = "nobody calls me back"
REFUSED = raw(3, purpose=WORDS)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Give a folder for files to import."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def held(here: Here, files: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Import three lines, of which two are refused for now, and return the ids of those."""
    path = files / "stories.ndjson"
    path.write_bytes(raw(1) + b"\n{\n" + REFUSED + b"\n")

    def faulty(line: bytes, *, now: datetime) -> Accepted | Invalid:
        return (
            Invalid.because("is not understood yet", "/data")
            if b"e-3" in line
            else decode(line, now=now)
        )

    with monkeypatch.context() as fault:
        fault.setattr(preparing, "decode", faulty)
        done = here("import", path, TOLDONCE_DATABASE_URL=database_url)
    assert done.code == 1
    return [event["id"] for event in here("quarantine", "list", "--json").json()["events"]]


def test_the_list_tells_origin_and_reason(here: Here, held: list[str]) -> None:
    """A person finds the line in the file; nothing that was sent is shown."""
    done = here("quarantine", "list")
    assert done.code == 0
    assert all(text in done.out for text in (*held, "stories.ndjson:2", "is not understood yet"))
    assert WORDS not in done.out
    assert "2 events" in done.out
    assert here("quarantine", "list", "--origin", "other").out == "no events\n"


def test_pages_of_the_list_follow_each_other(here: Here, held: list[str]) -> None:
    """The cursor of a page stands below it."""
    first = here("quarantine", "list", "--limit", 1)
    cursor = first.out.split("--cursor ")[1].strip()
    second = here("quarantine", "list", "--limit", 1, "--cursor", cursor)
    assert (held[0] in first.out, held[1] in second.out) == (True, True)
    assert "--cursor" not in second.out
    assert here("quarantine", "list", "--cursor", "x").code == 2


def test_one_event_is_shown_with_what_was_sent(here: Here, held: list[str]) -> None:
    """As text for a person, as JSON, or exactly as it was sent."""
    shown = here("quarantine", "show", held[1]).out
    assert all(text in shown for text in ("stories.ndjson:3", "/data: is not", WORDS, "held"))
    assert here("quarantine", "show", held[1], "--json").json()["sent"]["text"] == REFUSED.decode()
    assert here("quarantine", "show", held[1], "--raw").out == REFUSED.decode()
    assert here("quarantine", "show", NOBODY).code == 1


def test_what_was_mended_is_stored(here: Here, held: list[str]) -> None:
    """The tally says what became of each, and who is still refused is named."""
    done = here("quarantine", "retry", held[1], "--json", "--actor", "ann")
    assert (done.code, done.json()["stored"], done.json()["position"]) == (0, 1, 2)
    done = here("quarantine", "retry", "--all")
    assert (done.code, done.out) == (1, "1 invalid\n")
    assert done.err.startswith("stories.ndjson:2: invalid: is not JSON")
    stored = here("quarantine", "list", "--state", "stored", "--json").json()["events"]
    assert [(event["id"], event["decided"]["by"]) for event in stored] == [(held[1], "ann")]


def test_what_is_discarded_is_kept_with_the_reason(here: Here, held: list[str]) -> None:
    """Once; the bytes can still be shown."""
    arguments = ("quarantine", "discard", *held, "--reason", "a test of theirs")
    assert here(*arguments).out == "2 events discarded\n"
    assert here("quarantine", "list").out == "no events\n"
    shown = here("quarantine", "show", held[0])
    assert all(text in shown.out for text in ("discarded", "a test of theirs", "{"))
    again = here(*arguments, "--json")
    assert (again.code, again.json()) == (1, {"discarded": 0})


def test_all_of_an_origin_can_be_discarded(here: Here, held: list[str]) -> None:
    """What comes from elsewhere stays held."""
    arguments = ("quarantine", "discard", "--all", "--reason", "junk", "--json", "--origin")
    assert here(*arguments, "other:").json() == {"discarded": 0}
    assert here(*arguments, "stories.ndjson:").json() == {"discarded": 2}


@pytest.mark.parametrize(
    "arguments",
    [
        ("retry",),
        ("retry", NOBODY, "--all"),
        ("retry", NOBODY, "--origin", "a"),
        ("retry", "nobody"),
        ("discard", NOBODY),
        ("discard", "--reason", "why"),
        ("list", "--state", "open"),
        ("list", "--verdict", "stored"),
    ],
)
def test_what_is_not_said_clearly_is_a_usage_error(here: Here, arguments: tuple[str, ...]) -> None:
    """Nothing is decided about events that nobody named."""
    assert here("quarantine", *arguments).code == 2


def test_json_of_the_list_is_that_of_http(here: Here, held: list[str]) -> None:
    """A script reads both alike."""
    (first, _) = here("quarantine", "list", "--json").json()["events"]
    assert set(first) == {
        *("id", "origin", "verdict", "state", "seen_count", "first_seen", "last_seen"),
        *("retried_count", "position", "problems", "decided"),
    }
    assert json.dumps(first)
