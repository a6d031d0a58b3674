"""What Dockerfile and docker-compose.yml name exists; whether they run, only Docker can tell."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from cli.main import app
from cli.settings import Settings, variable
from eventlog.keyring import keyring_file
from tests.brokers import POM
from tests.tidy import PACKAGES

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
ONE_SHOT = {name for name, service in SERVICES.items() if service["restart"] == "on-failure"}
PINNED = re.compile(r"[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z]+)*")


def instructions(name: str) -> list[str]:
    """Return what each instruction of that name in the Dockerfile says."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name} +(.+)$", joined, re.MULTILINE)


def commands() -> dict[str, Any]:
    """Return the commands that there are, by their names."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    """What was tried is what is run next year."""
    assert PINNED.fullmatch(SERVICES[name]["image"])


def test_kafka_and_postgresql_are_those_of_the_tests() -> None:
    """The broker is the one that the tests run on, the database of the same major version."""
    (kafka,) = re.findall(r"<kafka.version>(.+?)</kafka.version>", POM.read_text("utf-8"))
    assert {SERVICES[name]["image"] for name in ("kafka", "topic")} == {f"apache/kafka:{kafka}"}
    assert SERVICES["postgres"]["image"].startswith("postgres:18.")


def test_the_image_is_pinned_small_and_not_run_as_root() -> None:
    """Two stages of one pinned Python; the last one runs as a user that owns nothing else."""
    (python,) = instructions("ARG")
    assert re.fullmatch(r"PYTHON=3\.\d+\.\d+-slim-[a-z]+", python)
    assert instructions("FROM") == ["python:${PYTHON} AS build", "python:${PYTHON}"]
    assert instructions("USER") == ["1000:1000"]
    assert DOCKERFILE.index("USER") < DOCKERFILE.index("ENTRYPOINT")
    assert len(instructions("HEALTHCHECK")) == 1
    assert instructions("ENTRYPOINT") == ['["toldonce"]']
    assert not re.search(r"apt-get|gcc|build-essential", DOCKERFILE)


def test_what_is_copied_is_there_and_all_that_is_needed() -> None:
    """Every package is in the image, and only what is copied reaches the builder."""
    copied = {
        word for said in instructions("COPY") if "--from" not in said for word in said.split()[:-1]
    }
    assert all((ROOT / path).exists() for path in copied)
    assert set(PACKAGES) <= copied
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied
    assert "*" in ignored


def test_every_variable_is_a_setting() -> None:
    """A misspelt one would be refused at the start."""
    known = {variable(name) for name in Settings.model_fields}
    named = set(re.findall(r"\b(TOLDONCE_[A-Z_]+)=", DOCKERFILE))
    for service in OURS.values():
        named |= set(service["environment"])
    assert named - known == set()
    assert {"TOLDONCE_HOME", "TOLDONCE_DATABASE_URL"} <= named


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_with_its_options(name: str) -> None:
    """The command line would be taken as it stands."""
    command, *arguments = OURS[name]["command"]
    found = commands()[command]
    context = found.make_context(command, list(arguments))
    assert context.args == []


def test_the_default_of_the_image_is_a_command() -> None:
    """Without a command it runs everything."""
    (default,) = instructions("CMD")[-1:]
    assert default == '["up"]'
    assert "up" in commands()


def test_each_waits_for_what_it_needs() -> None:
    """For servers until they are healthy, for what runs once until it has succeeded."""
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"
            assert how == {"condition": expected}
            assert needed in ONE_SHOT or "test" in SERVICES[needed]["healthcheck"]
    assert set(SERVICES["consume"]["depends_on"]) == {"migrate", "topic"}
    assert {"topic", "migrate", "dashboards-login"} == ONE_SHOT


@pytest.mark.parametrize("name", SERVICES)
def test_each_is_restarted_bounded_and_reached_from_this_machine_alone(name: str) -> None:
    """Memory has a limit, and nobody else's machine gets an answer."""
    service = SERVICES[name]
    assert service["restart"] in ("unless-stopped", "on-failure")
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", OURS)
def test_ours_may_do_little_and_hold_no_secret_in_the_environment(name: str) -> None:
    """Passwords and keys are files that only their owner reads."""
    service = OURS[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert not re.search(r"//[^/@]*:[^/@]*@", service["environment"]["TOLDONCE_DATABASE_URL"])
    assert not {"TOLDONCE_KEK", "TOLDONCE_PEPPER"} & set(service["environment"])
    assert set(service["secrets"]) == {"keyring.json", "pgpass"}


def test_volumes_and_secrets_are_declared_and_used() -> None:
    """What a container keeps outlives it; each secret is a file that `make secrets` makes."""
    used = {volume.split(":")[0] for s in SERVICES.values() for volume in s.get("volumes", [])}
    assert {name for name in used if not name.startswith(".")} == set(COMPOSE["volumes"])
    configs = [config["source"] for s in SERVICES.values() for config in s.get("configs", [])]
    assert sorted(configs) == sorted(COMPOSE["configs"])
    assert all((ROOT / config["file"]).is_file() for config in COMPOSE["configs"].values())
    secrets = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert secrets == set(COMPOSE["secrets"])
    assert all(COMPOSE["secrets"][name] == {"file": f"./secrets/{name}"} for name in secrets)


def test_what_was_signed_is_kept_apart_from_the_database() -> None:
    """The signer's home is a folder of its own, made for whoever runs the containers."""
    assert SERVICES["serve"]["volumes"] == ["./signed:/var/lib/toldonce"]
    assert "TOLDONCE_HOME=/var/lib/toldonce" in DOCKERFILE


def test_the_secrets_are_made_once_and_can_be_used(tmp_path: Path) -> None:
    """The keyring is one, the passwords agree, and making them again changes nothing."""
    command = ["make", "--silent", f"--file={ROOT / 'Makefile'}", "secrets"]
    subprocess.run(command, cwd=tmp_path, check=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    keyring = keyring_file(tmp_path / "secrets" / "keyring.json")
    assert len({keyring.kek, keyring.pepper}) == 2
    assert (tmp_path / "signed").is_dir()
    password = made["postgres_password"].decode()
    assert made["pgpass"].decode() == f"postgres:5432:*:toldonce:{password}\n"
    assert len(password) > 30
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()}
    assert modes == {0o600}
    subprocess.run(command, cwd=tmp_path, check=True)
    assert made == {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}


def test_the_database_never_repeats_data_in_its_log() -> None:
    """The same as the embedded one is told, since an error can quote a value."""
    told = (ROOT / "cli" / "embedded" / "toldonce.conf").read_text("utf-8")
    ours = dict(re.findall(r"^(log_\w+) = '?([\w-]+)'?$", told, re.MULTILINE))
    given = dict(part[2:].split("=") for part in SERVICES["postgres"]["command"][1:])
    named = {name: value for name, value in given.items() if name.startswith("log_")}
    assert named
    assert {name: ours[name] for name in named} == named
    assert {
        "log_min_messages",
        "log_min_error_statement",
        "log_parameter_max_length_on_error",
    } <= set(named)
