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
from audit.formats.tree import TreeHead
from audit.verification.signed import Signed
from audit.verification.verify import Asked, verify
from eventlog.keyring import Keyring
from tests.audit.filled import ENTRIES, key_in
from tests.audit.verification.tampering import FREE, WAYS, Tamperer

ROUNDS = 22


@pytest.fixture(scope="module")
def asked(module_keyring: Keyring, filled_url: str, signer_folder: Path) -> Asked:
    """Give what is asked: what an auditor who kept the newest checkpoint asks."""
    key = key_in(signer_folder)
    with closing(psycopg2.connect(filled_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT position, root FROM log.log_head")
        position, root = cursor.fetchone() or (0, b"")
    kept = Signed("the auditor's checkpoint", TreeHead(position, bytes(root)))
    return Asked(signed=(kept,), signer=str(key.verifier), keyring=module_keyring)


@pytest.fixture(scope="module")
def free(filled_url: str) -> Iterator[Connection]:
    """Give a superuser's connection to it, for whom nothing is refused any more."""
    with closing(psycopg2.connect(filled_url)) as connection:
        with connection, connection.cursor() as cursor:
            for statement in FREE:
                cursor.execute(statement)
        yield connection


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
