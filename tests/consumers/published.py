"""Events as publishers send them, and what the log holds of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consumers.intake import Batch
from consumers.verdicts import Received, Verdict
from eventlog.log import Log

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)


def clock() -> datetime:
    """Tell the time of all these tests."""
    return NOW


def published(number: int, *, source: str = "test", purpose: str = "first") -> dict[str, Any]:
    """Return the event whose id is `number`."""
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": source,
        "type": "toldonce.contact.started.v1",
        "time": "2026-03-02T10:00:00Z",
        "data": {
            "identifiers": [{"type": "account_no", "value": f"A-{number % 7}"}],
            "contact_id": f"c-{number}",
            "channel": "voice",
            "direction": "inbound",
            "purpose": purpose,
        },
    }


def raw(number: int, **changes: str) -> bytes:
    """Return the event whose id is `number` as bytes."""
    return json.dumps(published(number, **changes)).encode()


def received(*events: bytes) -> list[Received]:
    """Return bytes as received."""
    return [Received(event, f"test:{at}") for at, event in enumerate(events, start=1)]


def batch(*events: bytes, **options: Any) -> Batch:
    """Return bytes as a batch."""
    return Batch(received(*events), **options)


def kinds(verdicts: Iterable[Verdict]) -> list[str]:
    """Return what the verdicts are."""
    return [verdict.kind for verdict in verdicts]


def write_lines(path: Path, events: Iterable[bytes]) -> Path:
    """Write one event a line."""
    path.write_bytes(b"".join(event + b"\n" for event in events))
    return path


def ids_kept(log: Log) -> list[str]:
    """Return the ids of all events in the log, in position order."""
    events = log.reader.events(log.reader.read(0, 1_000_000))
    return [event.id for event in events if event is not None]


def rows(log: Log, query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds."""
    with log.transaction() as transaction:
        transaction.cursor.execute(query)
        return transaction.cursor.fetchall()
