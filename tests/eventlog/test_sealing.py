"""What the memory of keys promises, however small it is and whoever clears it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from psycopg2.extensions import cursor as Cursor

from eventlog import sealing as sealing_module
from eventlog.database import Database
from eventlog.keyring import keyring_file
from eventlog.log import WRITER
from eventlog.sealing import StreamKey, StreamKeys

STREAMS = [uuid4().bytes for _ in range(5)]


class ClearedMeanwhile(dict[bytes, StreamKey]):
    """A memory that another thread clears after every look into it."""

    def __contains__(self, stream: object) -> bool:
        """Answer, then forget everything."""
        is_known = super().__contains__(stream)
        self.clear()
        return is_known

    def get(self, stream: bytes, default: Any = None) -> Any:
        """Answer, then forget everything."""
        known = super().get(stream, default)
        self.clear()
        return known


@pytest.fixture
def keys(database_url: str, tmp_path: Path) -> Iterator[StreamKeys]:
    """Give the keys of an empty log."""
    database = Database(database_url, role=WRITER)
    yield StreamKeys(database, keyring_file(tmp_path / "keyring.json"))
    database.close()


class Impatient(Cursor):
    """A cursor that waits for nobody."""

    def execute(self, query: Any, values: Any = None) -> None:
        """Give up after a while."""
        super().execute("SET statement_timeout = '60s'")
        super().execute(query, values)


class Stopped(Cursor):
    """A cursor whose process stands still between a statement and the reading of its answer."""

    meanwhile: ClassVar[list[StreamKeys]] = []

    def fetchone(self) -> tuple[Any, ...] | None:
        """Have another process make the same keys, and more, before the answer is read."""
        while self.meanwhile:
            self.meanwhile.pop().find_or_make(STREAMS)
        return super().fetchone()


def test_a_process_that_stops_while_it_makes_keys_holds_nobody_up(
    database_url: str, tmp_path: Path
) -> None:
    """What it made is everybody's at once; nobody waits until it goes on, or is given up."""
    keyring = keyring_file(tmp_path / "keyring.json")
    with (
        closing(Database(database_url, role=WRITER, cursors=Stopped)) as one,
        closing(Database(database_url, role=WRITER, cursors=Impatient)) as two,
    ):
        other = StreamKeys(two, keyring)
        # Both look for the number of the fence first, which nobody stops at.
        other.find(STREAMS)
        stopped = StreamKeys(one, keyring)
        stopped.find(STREAMS)
        Stopped.meanwhile.append(other)
        made, fresh = stopped.find_or_make(STREAMS[:3])
        assert sorted(fresh) == sorted(STREAMS[:3])
        assert made.items() <= other.find(STREAMS).items()


def test_a_tiny_memory_finds_every_key(keys: StreamKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for fewer keys than are asked for at once costs look-ups, never a key."""
    monkeypatch.setattr(sealing_module, "KEY_CACHE_MAX", 2)
    made, fresh = keys.find_or_make(STREAMS[:3])
    assert sorted(fresh) == sorted(STREAMS[:3])
    both, fresh = keys.find_or_make(STREAMS)
    assert sorted(fresh) == sorted(STREAMS[3:])
    assert both.keys() == set(STREAMS)
    assert made.items() <= both.items()
    assert [keys.find([stream]) for stream in STREAMS] == [{s: both[s]} for s in STREAMS]
    assert keys.find(STREAMS) == both


def test_a_memory_cleared_between_two_looks_finds_every_key(keys: StreamKeys) -> None:
    """What another thread forgets while keys are collected is read anew."""
    made, _ = keys.find_or_make(STREAMS)
    keys._known = ClearedMeanwhile(made)
    assert keys.find(STREAMS) == made
    keys._known = ClearedMeanwhile(made)
    assert keys.find_or_make(STREAMS) == (made, [])


def test_what_is_met_again_and_again_stays_remembered(
    keys: StreamKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many that are met once push out each other, and no more are kept than there is room for."""
    monkeypatch.setattr(sealing_module, "KEY_CACHE_MAX", 4)
    often, *once = STREAMS
    keys.find_or_make([often])
    for stream in once:
        keys.find_or_make([stream])
        keys.find([often])
        kept = [*keys._known, *keys._older]
        assert often in kept
        assert len(set(kept)) <= 4
