"""Whatever is done to a log behind its back is found, and where it can be, the place is named."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from audit.findings import Report
from audit.keys import log_key_file
from audit.signed import Signed
from audit.signer import Signer
from audit.tree import TreeHead
from audit.verify import Asked, verify
from decisions.decisions import Decisions
from domain.handles import Handle
from eventlog.keyring import Keyring, keyring_file
from eventlog.log import Log
from tests.audit.tampering import FREE, WAYS, Tamperer
from tests.databases import Databases
from tests.decisions.asked import by, executed, requested
from tests.eventlog.facts import accepted

ENTRIES = 300
SIGNED_AT = (120, 256)
ROUNDS = 24

KAFKA = [
    "INSERT INTO log.ingest_moves (source, actor, from_offset, to_offset)"
    " VALUES ('kafka:t/0', 'a', NULL, 0), ('kafka:t/0', 'a', 10, 15)",
    "INSERT INTO log.ingest_offsets (source, topic, partition, begun_offset, next_offset, moved,"
    " stored, duplicate) VALUES ('kafka:t/0', 't', 0, 0, 40, 5, 30, 5)",
    f"INSERT INTO log.tracking VALUES ('a reader', {ENTRIES})",
]


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Give a keyring."""
    return keyring_file(tmp_path_factory.mktemp("keys") / "keyring.json")


@pytest.fixture(scope="module")
def asked(keyring: Keyring, signed_url: str, folder: Path) -> Asked:
    """Give what is asked: what an auditor who kept the newest checkpoint asks."""
    key = log_key_file(folder / "signing.key")
    with closing(psycopg2.connect(signed_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT position, root FROM log.log_head")
        position, root = cursor.fetchone() or (0, b"")
    kept = Signed("the auditor's checkpoint", TreeHead(position, bytes(root)))
    return Asked(signed=(kept,), signer=str(key.verifier), keyring=keyring)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for the signer."""
    return tmp_path_factory.mktemp("signer")


@pytest.fixture(scope="module")
def signed_url(migrated_databases: Databases, keyring: Keyring, folder: Path) -> Iterator[str]:
    """Lend a log of everything that a log can hold, signed at several sizes."""
    with migrated_databases.migrated() as url:
        _fill(url, keyring, folder)
        yield url


@pytest.fixture(scope="module")
def free(signed_url: str) -> Iterator[Connection]:
    """Give a superuser's connection to it, for whom nothing is refused any more."""
    with closing(psycopg2.connect(signed_url)) as connection:
        with connection, connection.cursor() as cursor:
            for statement in FREE:
                cursor.execute(statement)
        yield connection


def _fill(url: str, keyring: Keyring, folder: Path) -> None:
    signer = Signer(url, log_key_file(folder / "signing.key"), record=folder / "record")
    with closing(signer), closing(Log(url, keyring)) as log, Decisions(url, keyring) as decisions:
        for begin, end in zip((0, *SIGNED_AT), (*SIGNED_AT, ENTRIES - 2), strict=True):
            facts = [accepted(n, account=f"A{n % 40}") for n in range(begin, end)]
            for start in range(0, len(facts), 40):
                log.append(log.draft(facts[start : start + 40]))
            assert list(signer.sign())
        decisions.request_erasure(requested("r-1"), by())
        erased = keyring.stream_of(Handle("account_no", "A7"))
        decisions.execute_erasure(executed("r-1"), by(), streams=[erased])
        with closing(psycopg2.connect(url)) as connection, connection:
            for statement in KAFKA:
                connection.cursor().execute(statement)


def verified(connection: Connection, asked: Asked) -> Report:
    """Verify as the open transaction sees the log."""
    with connection.cursor() as cursor:
        return verify(cursor, asked)


def test_the_log_is_intact_before(free: Connection, asked: Asked) -> None:
    """Nothing is found in what nobody touched, and nothing is left out."""
    report = verified(free, asked)
    free.rollback()
    assert report.is_intact, report.findings.first
    assert report.unchecked == {}
    assert report.checked == {
        "entries": ENTRIES,
        "streams": 41,
        "checkpoints": 4,
        "tree hashes": 1,
        "keys": 41,
        "wrapped keys": 40,
        "partitions": 1,
        "readers": 1,
    }


def test_there_are_many_mutations() -> None:
    """More than two thousand are tried in every run."""
    assert len(WAYS) * ROUNDS >= 2_000


@pytest.mark.parametrize("name", WAYS)
def test_tampering_is_found(name: str, free: Connection, asked: Asked) -> None:
    """None of many mutations goes undetected, and the first bad position is the mutated one."""
    chance = random.Random(name)  # noqa: S311 - chance, not secrets
    for _ in range(ROUNDS):
        with free.cursor() as cursor:
            expected = WAYS[name](Tamperer(cursor, chance, ENTRIES))
        report = verified(free, asked)
        free.rollback()
        assert report.findings.count, name
        if expected is not None:
            named = [found.position for found in report.findings.first if found.position]
            assert min(named) == expected, report.findings.first
