"""Add to the golden log what this version can store and no version before it could.

Run it after a new type or version of an event: `python -m tests.golden.record`; then look at what
changed in `tests/golden/log`. Lines may be added, never changed, but for `readings.ndjson`, where
each changed line is an upcaster's doing, and for the head.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.embedded import embedded_postgres
from decisions.decisions import Decisions
from domain.decisions.pair import PairSaid
from domain.decode import Accepted, decode
from domain.events import EVENT_TYPES, ContactQueued
from domain.example import example
from domain.handles import Handle
from eventlog.log import Log
from eventlog.migrate import migrate
from tests.databases import FAST
from tests.decisions.asked import by, executed, lapsed, linked, merged, requested, unmerged
from tests.golden.kept import FOLDER, golden_keyring, load, save, save_readings

ERASED = Handle("account_no", "ACC-erased")


def main() -> None:
    """Load what is kept, append what is missing, and keep it."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="golden-") as folder,
        embedded_postgres(Path(folder), settings=FAST) as server,
    ):
        url = server.url("postgres")
        migrate(url)
        if is_new := not (FOLDER / "entries.tsv").exists():
            print("a new golden log is begun")
        else:
            load(url)
        _append(url)
        if is_new:
            _decide(url)
        save(url)
        with closing(Log(url, golden_keyring())) as log:
            save_readings(log.reader)
            print(f"the golden log holds {log.reader.head().position} entries")


def _append(url: str) -> None:
    """Store an example of each type that has none."""
    with closing(Log(url, golden_keyring())) as log:
        known = {entry.type for entry in log.reader.read(0, log.reader.head().position)}
        missing = [topic for topic in EVENT_TYPES if topic not in known]
        _store(log, [{**example(topic), "id": topic} for topic in missing])


def _decide(url: str) -> None:
    """Store what the aggregates keep, and an erasure with its destroyed key."""
    with closing(Log(url, golden_keyring())) as log:
        named = {"identifiers": [{"type": ERASED.type, "value": ERASED.value}]}
        whose = example(ContactQueued.TOPIC)
        _store(log, [{**whose, "id": "erased", "data": {**whose["data"], **named}}])
    with Decisions(url, golden_keyring()) as decisions:
        decisions.merge(merged(), by())
        decisions.unmerge(unmerged(), by(minutes=1))
        decisions.link(linked(), by(minutes=2), said=PairSaid())
        decisions.lapse(lapsed(), by(minutes=3))
        decisions.request_erasure(requested(), by(minutes=4))
        streams = [golden_keyring().stream_of(ERASED)]
        decisions.execute_erasure(executed(), by(minutes=5), streams=streams)


def _store(log: Log, events: list[dict[str, Any]]) -> None:
    decoded = [decode(json.dumps(event).encode(), now=datetime.now(UTC)) for event in events]
    accepted = [one for one in decoded if isinstance(one, Accepted)]
    assert len(accepted) == len(events), decoded
    log.append(log.draft(accepted))


if __name__ == "__main__":
    main()
