"""Merging, replaying and rebuilding call nobody, send nothing and publish nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.projections.world import World

ROOT = Path(__file__).parents[2]
TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = 'log' AND tablename <> 'tracking'
ORDER BY tablename
"""
STORY = """
    2026-01-01 contact.started c1 account_no:A phone:+17175550142
    2026-01-02 order.placed O-1 account_no:B email:b@x.example
    2026-01-02 promise.made P-1 due_at=2026-01-03 order:O-1
    2026-01-03 identity.customers_merged merge_id=m1 survivor=account_no:A absorbed=account_no:B
    2026-01-04 contact.message_sent phone:+17175550142
    2026-01-05 identity.customers_unmerged merge_id=m1
    2026-01-01T01:00 contact.ended c1
    2026-01-06 event.retracted account_no:B corrects=#t2
"""


def test_merges_replays_and_rebuilds_reach_nobody(world: World, tmp_path: Path) -> None:
    """A process that does them opens no socket, asks for no name and starts no process.

    The log is the same afterwards: its head, and every row with the transaction that wrote it.
    """
    world.tell(STORY)
    before = (world.log.reader.head(), rows_of_the_log(world))
    assert watched(world, tmp_path / "keyring.json") == {"position": 8, "seen": []}
    assert (world.log.reader.head(), rows_of_the_log(world)) == before


def test_the_watch_sees_what_reaches_outside() -> None:
    """A look-up of a name and a process are noticed, so that the silence above is one."""
    program = (
        "import socket, subprocess, sys\n"
        "from tests.projections import silence\n"
        "sys.addaudithook(silence.watch)\n"
        "socket.getaddrinfo('127.0.0.1', 9)\n"
        "subprocess.run([sys.executable, '-c', ''])\n"
        "print('\\n'.join(silence.seen))"
    )
    seen = python("-c", program).splitlines()
    assert {"socket.getaddrinfo", "subprocess.Popen"} <= set(seen)


def watched(world: World, keyring: Path) -> Any:
    """Return what a process that rebuilds everything says that it did."""
    return json.loads(python("-m", "tests.projections.silence", world.url, str(keyring)))


def rows_of_the_log(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of the log, with the transaction that wrote it; tracking is not of it."""
    tables = [table for (table,) in world.rows(TABLES)]
    return {
        table: world.rows(f'SELECT xmin::text, row::text FROM log."{table}" AS row ORDER BY 1, 2')
        for table in tables
    }


def python(*arguments: str) -> str:
    """Return what another Python prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
