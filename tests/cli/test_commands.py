"""Every command as people run it, on an embedded database that holds the five stories."""

import json
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cli.embedded import embedded_postgres
from domain.events import EVENT_TYPES
from tests.cli.conftest import Here
from tests.cli.running import STORIES, Done, begun, environment, run

PHONE = "phone:+17175550142"
TENTH_CALL = "2009-12-01T13:00:00Z"
STARTED_S = 300
COMMANDS = (
    "demo",
    "find",
    "brief",
    "timeline",
    "continuity",
    "promises",
    "review",
    "import",
    "schema",
    "link",
    "relate",
    "merge",
    "unmerge",
    "erase",
    "serve",
    "clock",
    "projections",
    "migrate",
    "settings",
)


@pytest.fixture(scope="module")
def imported() -> Iterator[tuple[Path, Done]]:
    """Import the five stories into one home for all tests; the server stays up meanwhile."""
    with tempfile.TemporaryDirectory(prefix="toldonce-home-") as folder:
        home = Path(folder)
        with embedded_postgres(home):
            yield home, run(home, "import", *sorted(STORIES.glob("*.ndjson")), "--json")


@pytest.fixture(scope="module")
def home(imported: tuple[Path, Done]) -> Path:
    """Give a home that holds the five stories."""
    return imported[0]


@pytest.fixture
def ask(home: Path, here: Here) -> Here:
    """Give what runs a command in that home, in this process where another one shows nothing."""
    return partial(here, TOLDONCE_HOME=str(home))


def test_an_import_answers_with_one_line_of_counts(imported: tuple[Path, Done]) -> None:
    """The first command of all starts PostgreSQL, makes the keyring and migrates."""
    home, done = imported
    total = sum(len(file.read_bytes().splitlines()) for file in STORIES.glob("*.ndjson"))
    assert done.code == 0, done.err
    assert done.json() == {
        "stored": total,
        "duplicate": 0,
        "conflict": 0,
        "invalid": 0,
        "suppressed": 0,
        "position": total,
    }
    assert done.out.count("\n") == 1
    assert (home / "keyring.json").stat().st_mode & 0o777 == 0o600


def test_what_is_imported_again_is_a_duplicate(home: Path) -> None:
    """The second time is harmless, and said for people in one line."""
    done = run(home, "import", STORIES / "1-nine-calls.ndjson")
    assert done.code == 0
    assert done.out.startswith("65 duplicate")
    assert done.err == ""


def test_the_tenth_call_finds_the_numbers_of_the_nine(ask: Here) -> None:
    """The first story, from its file to the brief: the numbers of the contract."""
    done = ask("brief", PHONE, "--as-of", TENTH_CALL, "--json")
    assert done.code == 0, done.err
    brief = done.json()
    (issue,) = brief["issues"]
    metrics = brief["metrics"]
    assert brief["who"]["match"]["level"] == "known"
    assert brief["who"]["tenure_years"] == 17
    assert (issue["told_count"], issue["our_actions"], issue["state"]) == (9, 0, "open")
    assert (metrics["contacts_5d"], metrics["repeat_contacts"]) == (9, 8)
    assert metrics["distinct_agents"] == 9
    told = {"account_no", "service_address", "modem_serial", "symptom"}
    assert told <= set(brief["do_not_ask"])
    assert [(b["code"], b["severity"]) for b in brief["banners"]] == [
        ("REPEAT_CONTACT", "critical")
    ]


def test_the_brief_for_people_begins_with_its_headline(home: Path) -> None:
    """Piped: no control codes, at most 100 columns, no blanks at the ends of lines."""
    text = run(home, "brief", PHONE, "--as-of", TENTH_CALL).out
    brief = run(home, "brief", PHONE, "--as-of", TENTH_CALL, "--json").json()
    lines = text.splitlines()
    assert lines[0] == f"✖ critical  {brief['headline']}"
    assert "\x1b" not in text
    assert max(map(len, lines)) <= 100
    assert [line for line in lines if line != line.rstrip()] == []
    assert "65 events considered, none hidden" in lines[-1]


def test_the_brief_in_the_readme_is_a_real_one(home: Path) -> None:
    """Line by line what the command prints, but for how long the log is."""
    readme = (STORIES.parents[1] / "README.md").read_text("utf-8")
    shown = readme.partition("```\n✖")[2].partition("\n```")[0]
    printed = run(home, "brief", PHONE, "--as-of", TENTH_CALL).out
    assert f"✖{shown}".rpartition(" · ")[0] == printed.rpartition(" · ")[0]


def test_a_brief_as_known_earlier_comes_from_the_log(ask: Here) -> None:
    """By position and by time; what is not known yet is refused."""
    then = ask("brief", PHONE, "--as-of", TENTH_CALL, "--known-at", "10", "--json").json()
    assert then["known_at"] == 10
    assert then["events_considered"] < 65
    never = ask("brief", PHONE, "--known-at", "2000-01-01", "--json")
    assert never.json()["known_at"] == 0
    assert ask("brief", PHONE, "--known-at", "99999").code == 2


def test_nobody_is_an_answer_with_an_exit_code_of_its_own(ask: Here) -> None:
    """Scripts can tell, and people get a screen that says so."""
    done = ask("brief", "phone:+12025550199")
    assert done.code == 1
    assert done.out.startswith("Nobody is known by phone +12025550199.")
    assert ask("timeline", "order:nothing").code == 1
    assert ask("find", "nothing-of-this-name").code == 1


def test_a_timeline_is_paged_or_whole(ask: Here) -> None:
    """The cursor of a page leads to the next; all pages together are all events."""
    first = ask("timeline", PHONE, "--limit", 40, "--json").json()
    rest = ask("timeline", PHONE, "--limit", 40, "--cursor", first["next"], "--json").json()
    whole = ask("timeline", PHONE, "--all", "--json").json()
    assert (len(first["events"]), rest["next"]) == (40, None)
    assert first["events"] + rest["events"] == whole["events"]
    assert len(whole["events"]) == 65
    shown = ask("timeline", PHONE, "--type", "contact.started", "--as-of", "2009-11-28").out
    assert shown.splitlines()[:2] == [
        "27 November 2009",
        "  17:45  Called from +17175550142 to +17175550100, following contact c1",
    ]


def test_continuity_counts_the_nine_calls(ask: Here) -> None:
    """By day and in total, and the items behind a figure, for people and for programs."""
    days = ("--from", "2009-11-27", "--to", "2009-12-01")
    told = ask("continuity", *days, "--json").json()
    total = told["total"]
    assert (total["contacts"], total["repeat_contacts"], total["waits"]) == (9, 8, 9)
    assert [day["contacts"] for day in told["days"]] == [2, 2, 1, 2, 2]
    lines = ask("continuity", *days).out.splitlines()
    assert [line.split()[:3] for line in lines[-4:-2]] == [
        ["2009-11-27", "2", "1"],
        ["total", "9", "8"],
    ]
    shown = ask("continuity", "--show", "repeat_contacts", *days, "--json").json()
    assert [item["contact_id"] for item in shown["items"]] == [f"c{n}" for n in range(2, 10)]
    listed = ask("continuity", "--show", "waits", "--day", "2009-11-27").out
    assert listed.count("contact c") == 2
    assert "  position 10  contact.started, /telephone-company/contact-centre line-010" in listed


def test_find_names_customers_that_the_other_commands_take(ask: Here) -> None:
    """What it prints first on a line is an IDENTIFIER."""
    done = ask("find", "CAR-0455")
    assert done.code == 0
    identifier = done.out.split()[0]
    assert ask("brief", identifier, "--json").code == 0
    assert len(identifier) == len("customer:") + 36, "a terminal's width never breaks it"
    hits = ask("find", "CAR-0455", "--json").json()["hits"]
    assert f"customer:{hits[0]['customer_id']}" == identifier


BROKEN = "2026-03-05T15:00:00Z"


def test_promises_are_listed_the_most_pressing_first(ask: Here) -> None:
    """For people under their states, as JSON with customer, moment and position."""
    asked = ("promises", "--customer", "order:O-2", "--as-of", BROKEN)
    (promise,) = ask(*asked, "--state", "broken", "--json").json()["promises"]
    assert (promise["promise_id"], promise["overdue_s"]) == ("P-2", 190_800)
    shown = ask(*asked)
    assert shown.code == 0
    assert shown.out.splitlines()[0] == "broken"
    assert "overdue by 2 days 5 h" in shown.out
    assert f"customer:{promise['customer_id']}" in shown.out
    assert shown.out.splitlines()[-1].startswith("1 promise · as of 5 Mar 2026 15:00 UTC · known")
    none = ask("promises", "--as-of", "1990-01-01", "--json")
    assert (none.code, none.json()["promises"], none.json()["next"]) == (0, [], None)
    assert ask("promises", "--customer", "order:nothing").code == 1


def test_pages_of_promises_follow_each_other(ask: Here) -> None:
    """The cursor leads on, and all pages together are the whole list."""
    asked = ("promises", "--as-of", "2026-07-06T14:00:00Z", "--json")
    states = ("--state", "broken", "--state", "due_soon", "--state", "kept_late", "--state", "kept")
    whole = ask(*asked, *states).json()["promises"]
    first = ask(*asked, *states, "--limit", 2).json()
    rest = ask(*asked, *states, "--cursor", first["next"]).json()
    assert len(whole) > 2
    assert first["promises"] + rest["promises"] == whole
    assert f"--cursor {first['next']}" in ask(*asked[:-1], *states, "--limit", 2).out


def test_the_clock_says_once_what_lapsed(ask: Here) -> None:
    """One fact for every promise whose time passed; the second time there is nothing to say."""
    overdue = ask("promises", "--state", "broken", "--json").json()["promises"]
    assert ask("clock", "--once", "--json").json() == {"lapsed": len(overdue)}
    again = ask("clock", "--once")
    assert (again.code, again.out) == (0, "0 promises lapsed\n")
    for promise in overdue:
        customer = f"customer:{promise['customer_id']}"
        lapsed = ask("timeline", customer, "--type", "promise.lapsed", "--json").json()
        assert promise["promise_id"] in {event["promise_id"] for event in lapsed["events"]}


def test_review_shows_what_waits_with_the_commands_that_decide_it(
    here: Here, database_url: str, tmp_path: Path
) -> None:
    """A telephone of two accounts: each could be meant, and a link with either is offered."""
    phone = {"type": "phone", "value": "+17175550142"}
    lines = [
        json.dumps(
            {
                "specversion": "1.0",
                "id": f"r-{n}",
                "source": "/test",
                "type": "toldonce.contact.started.v1",
                "time": f"2026-01-0{n}T10:00:00Z",
                "data": {
                    "contact_id": f"r-{n}",
                    "channel": "voice",
                    "direction": "inbound",
                    "identifiers": [*account, phone],
                },
            }
        )
        for n, account in enumerate(
            ([{"type": "account_no", "value": "1"}], [{"type": "account_no", "value": "2"}], []), 1
        )
    ]
    file = tmp_path / "two.ndjson"
    file.write_text("\n".join(lines))
    assert here("import", file, TOLDONCE_DATABASE_URL=database_url).code == 0
    shown = here("review").out
    assert shown.splitlines()[0] == "3  3 January 2026, 10:00 UTC  Called"
    assert "toldonce link phone:+17175550142 account_no:2 --reason WHY" in shown
    assert "waiting: shared 1" in shown
    asked = here("review", "--json", "--reason", "shared", "--limit", 1).json()
    assert (asked["waiting"][0]["candidate_count"], asked["next"]) == (2, None)
    assert here("review", "--reason", "tired").code == 2


def test_projections_tell_where_they_stand(ask: Here) -> None:
    """All views, without moving them."""
    ask("find", "anybody")
    status = ask("projections", "status", "--json").json()
    views = status["views"]
    assert status["parked"] == []
    assert {"identity", "timeline", "story", "continuity"} <= {view["name"] for view in views}
    assert {view["lag"] for view in views} == {0}
    assert "up to date" in ask("projections", "status").out


def test_views_are_read_again_from_the_start_and_say_the_same(ask: Here) -> None:
    """A rebuild changes no answer: views hold only what follows from the log."""
    asked = ("brief", "order:O-2", "--as-of", "2026-03-05T15:00:00Z", "--json")
    before = ask(*asked).out
    done = ask("projections", "rebuild", "--json")
    assert {view["lag"] for view in done.json()["views"]} == {0}
    assert ask(*asked).out == before


def test_a_rebuild_is_compared_swapped_and_taken_back_by_hand(ask: Here) -> None:
    """Each step is a command; what cannot be done is said in one line."""
    live = ask("projections", "digest", "--json").json()
    assert "say the same" in ask("projections", "rebuild", "--no-swap").out
    assert ask("projections", "digest", "--next", "--json").json() == live
    assert ask("projections", "diff", "--json").json()["is_same"] is True
    for step in ("swap", "rollback", "confirm"):
        assert ask("projections", step).code == 0
    refused = ask("projections", "swap")
    assert (refused.code, refused.out, len(refused.err.splitlines())) == (3, "", 1)


def test_releasing_somebody_who_is_not_parked_folds_them_anew(ask: Here) -> None:
    """It harms nobody; a customer who does not exist is said to be none."""
    asked = ("brief", PHONE, "--as-of", TENTH_CALL, "--json")
    before = ask(*asked).out
    done = ask("projections", "release", PHONE)
    assert (done.code, "is folded anew" in done.out) == (0, True)
    assert ask(*asked).out == before
    nobody = ask("projections", "release", "phone:+12025550199")
    assert (nobody.code, nobody.out) == (1, "there is no such customer\n")


def test_migrate_has_nothing_to_do_on_the_embedded_database(ask: Here) -> None:
    """It is migrated whenever it is opened."""
    done = ask("migrate", "--json")
    assert (done.code, done.json()) == (0, {"applied": []})


def test_settings_are_printed_with_their_meaning_and_without_secrets(ask: Here, home: Path) -> None:
    """One by one for people, one object for scripts."""
    url = "postgresql://somebody:canary-6f1d@db.example/x"
    shown = ask("settings", TOLDONCE_DATABASE_URL=url)
    masked = ask("settings", "--json", TOLDONCE_DATABASE_URL=url)
    assert "canary" not in shown.out + masked.out
    assert "db.example" in masked.json()["TOLDONCE_DATABASE_URL"]
    assert masked.json()["TOLDONCE_HOME"] == str(home)
    assert "where the embedded database and the keyring live" in shown.out


def test_schema_prints_one_all_or_the_types(ask: Here) -> None:
    """By type or by name; a type that there is not is a usage error."""
    one = ask("schema", "contact.started").json()
    assert one == ask("schema", "toldonce.contact.started.v1").json()
    assert one["title"] == "toldonce.contact.started.v1"
    assert ask("schema", "--json").json().keys() == EVENT_TYPES.keys()
    listed = [line.split()[0] for line in ask("schema").out.splitlines() if line[0] != " "]
    assert listed == list(EVENT_TYPES)
    assert ask("schema", "contact.begun").code == 2


def test_help_names_every_command_and_exit_code(home: Path, here: Here) -> None:
    """Help is data: it goes to standard output."""
    done = run(home, "--help")
    assert done.code == 0
    assert all(f" {command} " in done.out for command in COMMANDS)
    assert "Exit codes" in done.out
    for command in COMMANDS:
        assert here(command, "--help").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("brief", "nobody"),
        ("brief", "customer:nobody"),
        ("brief", PHONE, "--as-of", "yesterday"),
        ("brief", PHONE, "--known-at", "-1"),
        ("timeline", PHONE, "--type", "contact.begun"),
        ("timeline", PHONE, "--cursor", "nowhere"),
        ("timeline", PHONE, "--limit", "201"),
        ("continuity", "--from", "yesterday"),
        ("continuity", "--timezone", "Mars/Olympus"),
        ("continuity", "--day", "2009-11-27", "--to", "2009-11-27"),
        ("continuity", "--show", "happiness"),
        ("continuity", "--show", "waits", "--cursor", "nowhere"),
        ("promises", "--state", "forgotten"),
        ("promises", "--customer", "nobody"),
        ("promises", "--cursor", "nowhere"),
        ("import", "no-such-file.ndjson"),
        ("find", "\x07"),
        ("beget",),
    ],
)
def test_what_is_asked_wrongly_is_a_usage_error(
    home: Path, here: Here, arguments: tuple[str, ...]
) -> None:
    """Exit code 2, nothing on standard output, no traceback."""
    done = here(*arguments, TOLDONCE_HOME=str(home))
    assert (done.code, done.out) == (2, "")
    assert done.err
    assert "Traceback" not in done.err


def test_refused_lines_are_named_and_the_others_stored(home: Path, tmp_path: Path) -> None:
    """File, line, pointer and reason on standard error; exit code 1."""
    good = {
        "specversion": "1.0",
        "id": "g-1",
        "source": "/test",
        "type": "toldonce.contact.ended.v1",
        "time": "2026-01-01T10:00:00Z",
        "data": {"contact_id": "g", "ended_by": "customer", "resolution": "resolved"},
    }
    changed = good | {"time": "2026-01-01T11:00:00Z"}
    late = good | {"id": "g-2", "data": {"contact_id": "g", "ended_by": "nobody"}}
    file = tmp_path / "mixed.ndjson"
    file.write_text("".join(json.dumps(e) + "\n" for e in (good, late, changed)) + "no json\n")
    checked = run(home, "import", file, "--dry-run", "--json")
    assert (checked.code, checked.json()) == (1, {"valid": 2, "invalid": 2})
    done = run(home, "import", file, "--json")
    assert done.code == 1
    assert (done.json()["stored"], done.json()["conflict"], done.json()["invalid"]) == (1, 1, 2)
    assert "mixed.ndjson:2: invalid /data/ended_by: must be" in done.err
    assert "mixed.ndjson:2: invalid /data/resolution: is required" in done.err
    assert "mixed.ndjson:3: conflict: differs from position" in done.err
    assert "mixed.ndjson:4: invalid: is not JSON" in done.err
    piped = run(home, "import", "-", stdin=json.dumps(good))
    assert (piped.code, piped.out.split(" ·")[0]) == (0, "1 duplicate")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_import_that_is_stopped_ends_cleanly(number: int, code: int) -> None:
    """No traceback, an exit code that says so, and no server left behind."""
    with tempfile.TemporaryDirectory(prefix="toldonce-home-") as folder:
        home = Path(folder)
        with begun(
            *("import", "-"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home),
        ) as process:
            deadline = time.monotonic() + STARTED_S
            while not (home / "keyring.json").exists():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(number)
            out, err = process.communicate(timeout=STARTED_S)
        assert (process.returncode, out) == (code, "")
        assert "Traceback" not in err
        assert not (home / "postgres/data/postmaster.pid").exists()
