"""The golden log: entries as every version of this program has stored them, in files.

They are only ever added to: `python -m tests.golden.record` appends what is missing, and a change
of a line that was there before is a log that can no longer be read.
"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from pydantic_core import to_jsonable_python

from domain.event import Event
from eventlog.keyring import Keyring, keyring_file
from eventlog.read import LogReader

FOLDER = Path(__file__).parent / "log"
READINGS = FOLDER / "readings.ndjson"
COLUMNS = {
    "key_checks": "name, commitment",
    "stream_keys": "stream_id, wrapped, commitment, created_at, destroyed_at",
    "entries": "position, stream_id, stream_version, event_key, type, source, "
    "occurred_at, recorded_at, observed, sealed, leaf_hash",
    "log_head": "position, frontier, root, recorded_at",
}
OPEN_PART = "SELECT log.open_part(1, 4000000)"
MAKE_HEAD = "CREATE TEMP TABLE kept_head (LIKE log.log_head INCLUDING DEFAULTS)"
# The row is there from the migration on, and may only move on.
SET_HEAD = """
UPDATE log.log_head SET (position, frontier, root, recorded_at) = (
    SELECT position, frontier, root, recorded_at FROM kept_head)
"""


def golden_keyring() -> Keyring:
    """Return the keyring of the golden log, which protects nothing but examples."""
    return keyring_file(FOLDER / "keyring.json")


def load(url: str) -> None:
    """Fill an empty, migrated log with the golden one."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(OPEN_PART)
        cursor.execute(MAKE_HEAD)
        for table, columns in COLUMNS.items():
            filled = "kept_head" if table == "log_head" else f"log.{table}"
            with (FOLDER / f"{table}.tsv").open("rb") as rows:
                cursor.copy_expert(f"COPY {filled} ({columns}) FROM STDIN", rows)
        cursor.execute(SET_HEAD)


def save(url: str) -> None:
    """Write a log into the files."""
    FOLDER.mkdir(exist_ok=True)
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            query = f"SELECT {columns} FROM log.{table} ORDER BY 1"
            with (FOLDER / f"{table}.tsv").open("wb") as rows:
                cursor.copy_expert(f"COPY ({query}) TO STDOUT", rows)


def readings(reader: LogReader) -> list[dict[str, Any]]:
    """Return how each entry reads today, None for what nobody can read any more."""
    entries = reader.read(0, reader.head().position)
    events = reader.events(entries)
    return [
        {"position": entry.position, "stored": entry.type, "reads": reading(event)}
        for entry, event in zip(entries, events, strict=True)
    ]


def reading(event: Event | None) -> dict[str, Any] | None:
    """Return what an event says, as plain values."""
    if event is None:
        return None
    stated = event.data.model_dump(mode="json", by_alias=True, exclude_none=True)
    envelope = event._asdict() | {"data": {"type": event.data.TOPIC, **stated}}
    plain: dict[str, Any] = to_jsonable_python(envelope)
    return plain


def kept_readings() -> list[dict[str, Any]]:
    """Return how each entry read when it was recorded, or when an upcaster was last changed."""
    return [json.loads(line) for line in READINGS.read_text("utf-8").splitlines()]


def save_readings(reader: LogReader) -> None:
    """Write how each entry reads today."""
    lines = (json.dumps(one, ensure_ascii=False, sort_keys=True) for one in readings(reader))
    READINGS.write_text("".join(f"{line}\n" for line in lines), "utf-8")
