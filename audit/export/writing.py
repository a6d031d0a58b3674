"""Writing the log, or one customer's part of it, in open formats that are checked without us.

Promise: whatever a checker needs is in the folder, and it has to believe nothing in it but the
signature. It holds what the newest checkpoint covers, and not an entry more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from audit.errors import NotSigned
from audit.export.lines import FORMAT, KeyRow, entry_line, event_line, key_line, line, proof_line
from audit.formats.checkpoints import open_checkpoint
from audit.formats.notes import parse_verifier
from audit.formats.tiles import TiledNodes, tiles_of
from audit.formats.tree import TreeHead, prove_inclusion
from audit.kept import KeptCheckpoint, KeptTree, every_checkpoint
from domain.handles import Handle
from domain.schema import all_schemas
from eventlog.database import Database
from eventlog.entry import Entry
from eventlog.keyring import Keyring
from eventlog.read import READER, LogReader
from eventlog.sealing import StreamKeys

PAGE_ENTRIES = 2_000
VERIFIER = "verify.py"
OWNER_ONLY = 0o700

SELECT_OF_STREAMS = """
SELECT position FROM log.entries WHERE stream_id = ANY(%s::uuid[]) AND position <= %s
"""
SELECT_KEYS = """
SELECT uuid_send(stream_id), commitment, created_at, destroyed_at FROM log.stream_keys
WHERE %s::uuid[] IS NULL OR stream_id = ANY(%s::uuid[]) ORDER BY stream_id
"""

Json = dict[str, Any]
Told = Callable[[int, int], None]
"""Is told how many entries of how many are written."""


class Customer(NamedTuple):
    """What is one customer's: entries, streams that hold nobody else's, and their identifiers."""

    positions: Collection[int]
    streams: Collection[UUID]
    identifiers: Sequence[Handle]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: all, or what is one customer's; with the streams' keys or without.

    With its key a stream's events are shown to be what was sealed, and whoever has the export can
    open whatever is filed there later.
    """

    folder: Path
    made_at: datetime
    customer: Customer | None = None
    with_keys: bool = False


def export(url: str, keyring: Keyring, *, wanted: Wanted, told: Told) -> Json:
    """Write an export into a folder that is empty or not there yet; return its manifest.

    Raises:
        NotSigned: no checkpoint was signed yet.
        FileExistsError: there is something in the folder.
        LogBroken: the log is damaged.
    """
    wanted.folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    if any(wanted.folder.iterdir()):
        raise FileExistsError(f"{wanted.folder} is not empty")
    with ExitStack() as closes:
        return _Export(url, keyring, wanted=wanted, closes=closes).write(told)


class _Export:
    """One export on its way into its folder."""

    def __init__(self, url: str, keyring: Keyring, *, wanted: Wanted, closes: ExitStack) -> None:
        self._wanted = wanted
        self._reader = closes.enter_context(closing(LogReader(url, keyring)))
        self._database = closes.enter_context(closing(Database(url, role=READER)))
        self._keys = StreamKeys(self._database, keyring)
        self._tree = KeptTree(self._database)
        self._newest: dict[UUID, int] = {}

    def write(self, told: Told) -> Json:
        """Write everything, the manifest last."""
        newest = self._tree.newest()
        if newest is None:
            raise NotSigned(what="The log")
        head = open_checkpoint(newest.note.encode(), parse_verifier(newest.signer)).head
        count = self._write_entries(head, told)
        self._write_keys()
        self._write_checkpoints(newest)
        if self._wanted.customer is None:
            self._write_tiles(head)
        self._write_schemas()
        self._file(VERIFIER).write_bytes((files("audit") / "exported" / VERIFIER).read_bytes())
        manifest = self._manifest(newest, head) | {"entries": count}
        self._file("manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        return manifest

    def _write_entries(self, head: TreeHead, told: Told) -> int:
        """Write entries, their events, and of one customer's their proofs."""
        customer, done = self._wanted.customer, 0
        positions = range(1, head.size + 1) if customer is None else self._chosen(customer, head)
        nodes = TiledNodes(self._tree, head.size)
        with ExitStack() as closes:
            entries, events, proofs = (
                closes.enter_context(self._file(f"{name}.ndjson").open("wb"))
                for name in ("entries", "events", "proofs")
            )
            for page in self._pages(positions):
                bodies = self._reader.bodies(page)
                for entry, body in zip(page, bodies, strict=True):
                    entries.write(entry_line(entry))
                    events.write(event_line(entry.position, body))
                    self._newest[entry.stream_id] = entry.stream_version
                    if customer is not None:
                        index = entry.position - 1
                        path = prove_inclusion(index, head.size, nodes=nodes)
                        proofs.write(proof_line(entry.position, path))
                done += len(page)
                told(done, len(positions))
        return done

    def _pages(self, positions: Sequence[int]) -> Iterator[list[Entry]]:
        for start in range(0, len(positions), PAGE_ENTRIES):
            yield self._reader.read_at(positions[start : start + PAGE_ENTRIES])

    def _chosen(self, customer: Customer, head: TreeHead) -> list[int]:
        streams = [stream.hex for stream in customer.streams]
        with self._database.transaction() as cursor:
            cursor.execute(SELECT_OF_STREAMS, (streams, head.size))
            theirs = {position for (position,) in cursor.fetchall()}
        return sorted(theirs.union(at for at in customer.positions if at <= head.size))

    def _write_keys(self) -> None:
        """Write the register of keys; read last, so that whoever was erased meanwhile is in it."""
        streams = None
        if self._wanted.customer is not None:
            streams = [stream.hex for stream in self._newest]
        with self._database.transaction() as cursor:
            cursor.execute(SELECT_KEYS, (streams, streams))
            rows = [KeyRow(bytes(row[0]), *row[1:]) for row in cursor.fetchall()]
        with self._file("keys.ndjson").open("wb") as written:
            for start in range(0, len(rows), PAGE_ENTRIES):
                written.writelines(map(key_line, self._opened(rows[start : start + PAGE_ENTRIES])))

    def _opened(self, rows: Sequence[KeyRow]) -> list[KeyRow]:
        """Return the rows with the keys themselves, where those are wanted and not destroyed."""
        if not self._wanted.with_keys:
            return list(rows)
        keys = self._keys.find_now(row.stream for row in rows)
        return [row._replace(key=keys[row.stream].key) for row in rows]

    def _write_checkpoints(self, newest: KeptCheckpoint) -> None:
        """Write the checkpoint that everything here rests on, and all older ones."""
        self._file("checkpoint").write_text(newest.note, "utf-8")
        with self._database.transaction() as cursor:
            lines = [line(kept._asdict()) for kept in every_checkpoint(cursor)]
        self._file("checkpoints.ndjson").write_bytes(b"".join(lines))

    def _write_tiles(self, head: TreeHead) -> None:
        for tile in tiles_of(head.size):
            path = self._file(f"tile/{tile.path}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._tree.tiles([tile])[0])

    def _write_schemas(self) -> None:
        for topic, schema in all_schemas().items():
            path = self._file(f"schemas/{topic}.json")
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(schema, indent=2) + "\n", "utf-8")

    def _manifest(self, newest: KeptCheckpoint, head: TreeHead) -> Json:
        customer = self._wanted.customer
        manifest: Json = {
            "format": FORMAT,
            "made_at": self._wanted.made_at.isoformat(),
            "scope": "log" if customer is None else "customer",
            "signer": newest.signer,
            "size": head.size,
            "root": head.root.hex(),
            "has_keys": self._wanted.with_keys,
        }
        if customer is not None:
            whole = {stream.hex for stream in customer.streams}
            manifest["streams"] = [
                {"stream_id": stream, "newest_version": version, "is_whole": stream in whole}
                for stream, version in sorted((s.hex, v) for s, v in self._newest.items())
            ]
            manifest["identifiers"] = [
                {**handle._asdict(), "stream_id": self._reader.token(handle).hex()}
                for handle in customer.identifiers
            ]
        return manifest

    def _file(self, name: str) -> Path:
        return self._wanted.folder / name
