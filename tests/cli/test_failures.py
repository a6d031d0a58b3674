"""How commands fail: one line, one exit code, no traceback, nothing that anybody said."""

from pathlib import Path

import psycopg2
import pytest

from cli.embedded import EmbeddedPostgresError
from cli.exit_codes import MEANINGS, ExitCode
from cli.failures import exit_code_of, said_of
from cli.wiring import Installation
from consumers.errors import FileMissing
from eventlog.errors import LogBroken, LogNotMigrated, LogUnavailable
from eventlog.migrate import migrate
from projections.errors import CursorInvalid, ViewsOutdated
from tests.cli.conftest import Here

PHONE = "phone:+17175550142"
NOWHERE = "postgresql://postgres@127.0.0.1:1/nowhere"
CANARY = "canary-6f1d"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LogBroken(position=7, expected="an entry", found="none"), ExitCode.DAMAGED),
        (LogUnavailable(reason="gone"), ExitCode.INFRASTRUCTURE),
        (LogNotMigrated(expected=1, found="none"), ExitCode.INFRASTRUCTURE),
        (ViewsOutdated(views="story"), ExitCode.INFRASTRUCTURE),
        (EmbeddedPostgresError("full"), ExitCode.INFRASTRUCTURE),
        (psycopg2.ProgrammingError(CANARY), ExitCode.INFRASTRUCTURE),
        (PermissionError(13, "Permission denied"), ExitCode.INFRASTRUCTURE),
        (CursorInvalid(), ExitCode.USAGE),
        (FileMissing(path="x"), ExitCode.USAGE),
        (KeyError(CANARY), ExitCode.BUG),
    ],
)
def test_every_error_has_its_exit_code(error: Exception, code: ExitCode) -> None:
    """One table says which, and what is said is one line without the data of others' errors."""
    assert exit_code_of(error) is code
    assert said_of(error)
    assert "\n" not in said_of(error)
    assert CANARY not in said_of(error)


def test_every_exit_code_has_its_meaning() -> None:
    """Help prints them all."""
    assert set(MEANINGS) == set(ExitCode)


def test_a_database_that_is_not_there_is_one_line(here: Here) -> None:
    """Whoever runs it sees which connection failed, and nothing else."""
    done = here("brief", PHONE, TOLDONCE_DATABASE_URL=NOWHERE)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("toldonce: The database of the log cannot be reached")
    assert done.err.count("\n") == 1


def test_a_database_of_your_own_is_migrated_by_command_alone(
    here: Here, empty_database_url: str
) -> None:
    """Until then every command says what to do."""
    for arguments in (("brief", PHONE), ("import", "-"), ("projections", "status")):
        done = here(*arguments, TOLDONCE_DATABASE_URL=empty_database_url)
        assert done.code == 3
        assert "run `toldonce migrate`" in done.err
    assert here("migrate").code == 0
    assert here("brief", PHONE).code == 1
    assert here("migrate", "--json").json() == {"applied": []}


def test_a_wrong_keyring_is_refused(here: Here, empty_database_url: str, tmp_path: Path) -> None:
    """Nothing is written that could never be read with the rest."""
    migrate(empty_database_url)
    file = tmp_path / "none.ndjson"
    file.touch()
    right = str(tmp_path / "right.json")
    wrong = str(tmp_path / "wrong.json")
    url = empty_database_url
    here("import", file, TOLDONCE_DATABASE_URL=url, TOLDONCE_KEYRING_FILE=right)
    done = here("import", file, TOLDONCE_KEYRING_FILE=wrong)
    assert done.code == 3
    assert "keyring" in done.err


def test_a_setting_that_cannot_be_used_is_a_usage_error(here: Here) -> None:
    """The variable is named, its value is not."""
    done = here("settings", TOLDONCE_HTTP_PORT=CANARY)
    assert done.code == 2
    assert "TOLDONCE_HTTP_PORT" in done.err
    assert CANARY not in done.err


def test_a_fault_of_ours_shows_its_place_only_when_asked(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line by default; with TOLDONCE_DEBUG the traceback."""

    def fail(parts: Installation) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr(Installation, "current_views", fail)
    done = here("brief", PHONE)
    assert done.code == 70
    assert done.err.count("\n") == 1
    assert CANARY not in done.err
    with pytest.raises(KeyError):
        here("brief", PHONE, TOLDONCE_DEBUG="1")


def test_no_command_at_all_is_help_and_a_usage_error(here: Here) -> None:
    """Who types only the name is told what there is."""
    done = here()
    assert done.code == 2
    assert "import" in done.out + done.err
