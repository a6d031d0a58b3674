"""Settings: defaults that work, one clear line for a bad one, secrets never shown."""

import base64
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from cli.settings import MASK, Settings, SettingsInvalid, load_settings, variable

SECRET = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(32)).decode()


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what the machine's own environment sets."""
    for name in [name for name in os.environ if name.startswith("TOLDONCE_")]:
        monkeypatch.delenv(name)


def test_nothing_needs_to_be_set() -> None:
    """The defaults name a home, no database and an address of this machine alone."""
    settings = load_settings()
    assert settings.database_url is None
    assert settings.home.name == "toldonce"
    assert settings.keyring_path == settings.home / "keyring.json"
    assert settings.http_host == "127.0.0.1"


def test_every_setting_says_what_it_is_for() -> None:
    """A setting without a description cannot be explained by `toldonce settings`."""
    assert all(field.description for field in Settings.model_fields.values())


def test_a_variable_goes_over_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The name in capitals behind the prefix is the variable."""
    monkeypatch.setenv("TOLDONCE_HTTP_PORT", "9000")
    monkeypatch.setenv("TOLDONCE_HOME", str(tmp_path))
    settings = load_settings()
    assert (settings.http_port, settings.home) == (9000, tmp_path)


def test_a_home_of_this_user_is_written_with_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    """~ means the user's home directory, in files that no shell reads too."""
    monkeypatch.setenv("TOLDONCE_HOME", "~/elsewhere")
    assert load_settings().home == Path.home() / "elsewhere"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """`TOLDONCE_DATABASE_URL= toldonce …` is how a shell unsets it for one command."""
    monkeypatch.setenv("TOLDONCE_DATABASE_URL", "")
    assert load_settings().database_url is None


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("http_port", "70000", "less than or equal to 65535"),
        ("http_port", "web-canary", "valid integer"),
        ("page_size", "0", "greater than or equal to 1"),
        ("log_level", "loud-canary", "'debug', 'info', 'warning' or 'error'"),
        ("kek", "c2hvcnQ=", "must be 32 bytes in base64"),
        ("pepper", "no base64: canary", "must be 32 bytes in base64"),
        ("database_url", "mysql://canary", "must begin with postgresql://"),
        ("http_names", "http://canary", "names or addresses"),
        ("http_names", "canary:8080", "without ports"),
        ("http_names", "canary,,canary", "comma-separated"),
        ("databse_url", "postgresql://canary", "there is no such setting"),
    ],
)
def test_a_bad_value_is_one_line_with_its_variable_and_without_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    """The value may be a secret that was put into the wrong variable."""
    monkeypatch.setenv(variable(name), value)
    with pytest.raises(SettingsInvalid) as raised:
        load_settings()
    assert raised.value.variable == variable(name)
    assert reason in str(raised.value)
    assert "canary" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["kek", "pepper"])
def test_one_secret_without_the_other_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The keyring file holds both: half of it cannot be replaced."""
    monkeypatch.setenv(variable(name), SECRET)
    with pytest.raises(SettingsInvalid, match="TOLDONCE_KEK and TOLDONCE_PEPPER go together"):
        load_settings()


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a database's URL only the place is shown; of keys nothing."""
    monkeypatch.setenv("TOLDONCE_KEK", SECRET)
    monkeypatch.setenv("TOLDONCE_PEPPER", OTHER)
    url = "postgresql://user-canary:password-canary@db.example:5433/told?sslpassword=canary"
    monkeypatch.setenv("TOLDONCE_DATABASE_URL", url)
    settings = load_settings()
    masked = settings.masked()
    assert masked["TOLDONCE_KEK"] == masked["TOLDONCE_PEPPER"] == MASK
    assert masked["TOLDONCE_DATABASE_URL"] == f"postgresql://{MASK}@db.example:5433/told"
    for shown in (repr(settings), str(settings), str(masked)):
        assert not any(secret in shown for secret in (SECRET, OTHER, "canary"))


def test_all_settings_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed is complete, each under the name that sets it."""
    monkeypatch.setenv("TOLDONCE_DEBUG", "1")
    masked = load_settings().masked()
    assert set(masked) == {variable(name) for name in Settings.model_fields}
    assert masked["TOLDONCE_DEBUG"] == "true"
    assert masked["TOLDONCE_DATABASE_URL"] == ""


def test_settings_do_not_change() -> None:
    """Whoever was handed the settings can rest on them."""
    with pytest.raises(ValidationError):
        load_settings().http_port = 1  # type: ignore[misc]
