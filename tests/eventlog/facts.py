"""Raw events for the log's tests, through the real decoder."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from domain.decode import Accepted, decode

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def raw_event(
    number: int, *, account: str = "7731", source: str = "test", purpose: str = "first"
) -> bytes:
    """Return a structured event whose id is `number`."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"e-{number}",
            "source": source,
            "type": "toldonce.contact.started.v1",
            "time": "2026-01-01T10:00:00Z",
            "data": {
                "identifiers": [{"type": "account_no", "value": account}],
                "contact_id": f"c-{number}",
                "channel": "voice",
                "direction": "inbound",
                "purpose": purpose,
            },
        }
    ).encode()


def accepted(number: int, **changes: str) -> Accepted:
    """Return the decoded event whose id is `number`."""
    decoded = decode(raw_event(number, **changes), now=NOW)
    assert isinstance(decoded, Accepted), decoded
    return decoded
