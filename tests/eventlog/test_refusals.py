"""The database itself refuses to change what was recorded, whoever asks."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest

from eventlog.keyring import keyring_file
from eventlog.log import Log
from tests.eventlog.facts import accepted

ROLES = [
    "toldonce_writer",
    "toldonce_projector",
    "toldonce_reader",
    "toldonce_auditor",
    "toldonce_signer",
    None,
]
FORBIDDEN = [
    "UPDATE log.entries SET type = 'x'",
    "UPDATE log.entries SET sealed = '' WHERE position = 1",
    "DELETE FROM log.entries",
    "TRUNCATE log.entries",
    "TRUNCATE log.entries_000000000000001",
    "UPDATE log.entries_000000000000001 SET source = 'x'",
    "DELETE FROM log.entries_000000000000001",
    "DELETE FROM log.log_head",
    "TRUNCATE log.log_head",
    "UPDATE log.log_head SET position = 0",
    "UPDATE log.log_head SET keys_destroyed = -1",
    "UPDATE log.destroyed_keys SET number = 0",
    "DELETE FROM log.destroyed_keys",
    "TRUNCATE log.destroyed_keys",
    "DELETE FROM log.stream_keys",
    "TRUNCATE log.stream_keys",
    "UPDATE log.stream_keys SET commitment = sha256('x')",
    "UPDATE log.stream_keys SET wrapped = 'x'",
    "UPDATE log.checkpoints SET note = ''",
    "DELETE FROM log.checkpoints",
    "TRUNCATE log.checkpoints",
    "UPDATE log.tree_hashes SET hash = sha256('x')",
    "DELETE FROM log.tree_hashes",
    "TRUNCATE log.tree_hashes",
]


@pytest.fixture
def url_of_a_log(database_url: str, tmp_path: Path) -> str:
    """Give a database whose log holds two entries."""
    log = Log(database_url, keyring_file(tmp_path / "keyring.json"))
    log.append(log.draft([accepted(1), accepted(2)]))
    log.close()
    return database_url


@pytest.mark.parametrize("role", ROLES)
def test_no_role_changes_what_was_recorded(url_of_a_log: str, role: str | None) -> None:
    """Each statement fails for each role, also for the owner of the database (None)."""
    connection = psycopg2.connect(url_of_a_log)
    for statement in FORBIDDEN:
        with connection.cursor() as cursor:
            if role is not None:
                cursor.execute(f"SET LOCAL ROLE {role}")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
        connection.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), min(position), max(position) FROM log.entries")
        assert cursor.fetchone() == (2, 1, 2)
    connection.close()


@pytest.mark.parametrize(
    "role", ["toldonce_projector", "toldonce_reader", "toldonce_auditor", "toldonce_signer"]
)
def test_only_the_writer_appends(url_of_a_log: str, role: str) -> None:
    """Nobody else may insert entries or move the head."""
    connection = psycopg2.connect(url_of_a_log)
    for statement in (
        "INSERT INTO log.entries SELECT * FROM log.entries",
        "UPDATE log.log_head SET position = position + 1",
        "SELECT log.open_part(100000001, 100000005)",
        "INSERT INTO log.destroyed_keys VALUES (1, gen_random_uuid())",
    ):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {role}")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
        connection.rollback()
    connection.close()


def test_an_auditor_sees_no_key(url_of_a_log: str) -> None:
    """The auditor's role reads commitments, never wrapped keys."""
    connection = psycopg2.connect(url_of_a_log)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE toldonce_auditor")
        cursor.execute("SELECT commitment FROM log.stream_keys")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT wrapped FROM log.stream_keys")
    connection.close()
