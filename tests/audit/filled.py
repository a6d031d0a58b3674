"""A log that holds everything that a log can hold, signed at several sizes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg2

from audit.formats.notes import SigningKey
from audit.keys import log_key_file
from audit.signer import Signer
from decisions.decisions import Decisions
from domain.handles import Handle
from eventlog.keyring import Keyring
from eventlog.log import Log
from tests.decisions.asked import by, executed, requested
from tests.eventlog.facts import accepted

ENTRIES = 300
SIGNED_AT = (120, 256)
ACCOUNTS = 40
ERASED = Handle("account_no", "A7")

KAFKA = [
    "INSERT INTO log.ingest_moves (source, actor, from_offset, to_offset)"
    " VALUES ('kafka:t/0', 'a', NULL, 0), ('kafka:t/0', 'a', 10, 15)",
    "INSERT INTO log.ingest_offsets (source, topic, partition, begun_offset, next_offset, moved,"
    " stored, duplicate) VALUES ('kafka:t/0', 't', 0, 0, 40, 5, 30, 5)",
    f"INSERT INTO log.tracking VALUES ('a reader', {ENTRIES})",
]


def key_in(folder: Path) -> SigningKey:
    """Return the key of the log whose signer works in this folder."""
    return log_key_file(folder / "signing.key", name="example.org/log")


def fill(url: str, keyring: Keyring, folder: Path) -> None:
    """Fill an empty log; the last entries are an erasure, and only they come after a checkpoint."""
    signer = Signer(url, key_in(folder), record=folder / "record")
    with closing(signer), closing(Log(url, keyring)) as log, Decisions(url, keyring) as decisions:
        for begin, end in zip((0, *SIGNED_AT), (*SIGNED_AT, ENTRIES - 2), strict=True):
            facts = [accepted(n, account=f"A{n % ACCOUNTS}") for n in range(begin, end)]
            for start in range(0, len(facts), 40):
                log.append(log.draft(facts[start : start + 40]))
            assert list(signer.sign())
        decisions.request_erasure(requested("r-1"), by())
        decisions.execute_erasure(executed("r-1"), by(), streams=[keyring.stream_of(ERASED)])
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for statement in KAFKA:
            cursor.execute(statement)
