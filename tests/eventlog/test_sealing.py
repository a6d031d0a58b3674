"""What the memory of keys promises, however small it is and whoever clears it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

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
