"""Signs heads of the log, each only if it grew out of the one that was signed before.

What was signed is on record twice: in the database, and in a file outside of it. The file is
written first, and nothing is published before both are: whoever dies between, or restores one of
them from an older copy, meets the other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event as Stop
from typing import NamedTuple

from audit import durable
from audit.entries import SELECT_HEAD, leaves
from audit.errors import AuditError, NoteInvalid, ProofInvalid, SigningRefused
from audit.formats.checkpoints import open_checkpoint, signed_checkpoint
from audit.formats.notes import SigningKey
from audit.formats.tiles import TiledNodes, TileHash, grown
from audit.formats.tree import (
    EMPTY,
    TreeHead,
    frontier_of,
    prove_consistency,
    verify_consistency,
)
from audit.kept import KeptCheckpoint, KeptTree, keep
from eventlog.database import Database
from eventlog.errors import EventLogError, LogBroken
from eventlog.merkle import root

SIGNER = "toldonce_signer"
# The log is looked at this often: a checkpoint is never further behind than this and the work of
# one look, and a busy day leaves 30,000 checkpoints.
LOOK_S = 3.0
# What one checkpoint adds at most: a second or two of hashing, lost if we die in it.
SIGNED_ENTRIES_MAX = 100_000
PAGE_ENTRIES = 5_000

OLDER = "the database holds {found} entries and {signed} were signed"
OTHER = "the first {signed} entries of the database are not those that were signed"
NO_RECORD = "{record} is missing, and what this key signed last cannot be known without it"
STRANGE = "{record} holds no checkpoint of the key in use"
RESTORE = (
    "restore a database that holds what was signed; if it is lost for good, keep {record} and the "
    "key as evidence, move both away, and tell witnesses and auditors that the log begins anew "
    "under the key that is made then"
)
ADOPT = (
    "put it back; or, if you know that the database was not restored from an older copy, run "
    "`toldonce audit checkpoint --adopt`"
)
KEEP_APART = "use the key that signed it; another log, or another key, has a record of its own"

_logger = logging.getLogger(__name__)


class Signed(NamedTuple):
    """A head that was signed, and the note that says so."""

    head: TreeHead
    note: str


class Standing(NamedTuple):
    """How things stand before anything is signed: on record, in the database, and in the log."""

    noted: Signed | None
    kept: Signed | None
    log: TreeHead


class Signer:
    """Signs with one key; any number may run, on one record and one database, or on several."""

    def __init__(self, url: str, key: SigningKey, *, record: Path) -> None:
        self._database = Database(url, role=SIGNER)
        self._tree = KeptTree(self._database)
        self._key = key
        self._verifier = key.verifier
        self._record = record

    def sign(self) -> Iterator[TreeHead]:
        """Sign the log up to its head as it is now, in steps; yield each head that was signed.

        Raises:
            SigningRefused: the database is not the one that was signed before, or cannot be told.
            LogBroken: an entry, or the head of the log, is not what was appended.
        """
        goal: int | None = None
        while True:
            with durable.alone(self._record):
                standing = self._standing()
                last = self._agreed(standing)
                if last.size == standing.log.size:
                    self._check_head(last, standing)
                # Whoever appends all the time would otherwise keep us here, and busy.
                goal = standing.log.size if goal is None else goal
                if last.size >= goal:
                    return
                signed = self._step(last, standing)
            yield signed

    def adopt(self) -> None:
        """Take the database's word for what was signed, where the record of it is missing."""
        with durable.alone(self._record):
            kept = self._tree.newest_of(str(self._verifier))
            if kept is not None and not self._record.exists():
                durable.write(self._record, self._published_before(kept).note)

    def run_forever(self, stop: Stop) -> None:
        """Keep a checkpoint near the head of the log until `stop` is set.

        What cannot be signed is said once, and tried again: everything else goes on meanwhile.
        """
        said = ""
        while not stop.is_set():
            said = self._followed(stop, said)
            stop.wait(LOOK_S)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _followed(self, stop: Stop, said: str) -> str:
        try:
            for _ in self.sign():
                if stop.is_set():
                    break
        except (AuditError, EventLogError, OSError) as error:
            if str(error) != said:
                _logger.error("event=not_signed: %s", error)
            return str(error)
        if said:
            _logger.info("event=signed_again")
        return ""

    def _standing(self) -> Standing:
        note = self._record.read_text("utf-8") if self._record.exists() else None
        kept = self._tree.newest_of(str(self._verifier))
        with self._database.transaction() as cursor:
            cursor.execute(SELECT_HEAD)
            position, root_ = cursor.fetchone() or EMPTY
        return Standing(
            None if note is None else self._on_record(note),
            None if kept is None else self._published_before(kept),
            TreeHead(position, bytes(root_)),
        )

    def _on_record(self, note: str) -> Signed:
        try:
            return self._opened(note)
        except NoteInvalid as error:
            raise SigningRefused(
                reason=STRANGE.format(record=self._record), remedy=KEEP_APART
            ) from error

    def _published_before(self, kept: KeptCheckpoint) -> Signed:
        try:
            return self._opened(kept.note)
        except NoteInvalid as error:
            raise LogBroken(
                position=kept.size, expected="a checkpoint of this key", found="another note"
            ) from error

    def _opened(self, note: str) -> Signed:
        return Signed(open_checkpoint(note.encode(), self._verifier).head, note)

    def _agreed(self, standing: Standing) -> TreeHead:
        """Return the head that was signed last, once record, database and log agree about it."""
        noted, kept, log = standing
        if noted is None:
            if kept is None:
                return EMPTY
            raise SigningRefused(reason=NO_RECORD.format(record=self._record), remedy=ADOPT)
        published = EMPTY if kept is None else kept.head
        largest = max(noted.head, published)
        if log.size < largest.size:
            raise self._refused(OLDER, largest, found=log.size)
        if kept is None or published.size < noted.head.size:
            return self._published(published, noted)
        return self._caught_up(noted, kept)

    def _published(self, published: TreeHead, noted: Signed) -> TreeHead:
        """Publish what is on record alone: we died between, or the database is an older one."""
        frontier, hashes = self._grown(published, noted.head.size)
        if root(frontier) != noted.head.root:
            raise self._refused(OTHER, noted.head)
        self._keep(noted, hashes)
        return noted.head

    def _caught_up(self, noted: Signed, kept: Signed) -> TreeHead:
        """Take over what another process signed with this key, if it grew out of our record."""
        older, newer = noted.head, kept.head
        try:
            nodes = TiledNodes(self._tree, newer.size)
            path = prove_consistency(older.size, newer.size, nodes=nodes)
            verify_consistency(older, newer, path=path)
        except ProofInvalid as error:
            raise self._refused(OTHER, older) from error
        if newer.size > older.size:
            durable.write(self._record, kept.note)
        return newer

    def _step(self, last: TreeHead, standing: Standing) -> TreeHead:
        """Hash what came after `last`, sign, put it on record, and publish it: in this order."""
        size = min(standing.log.size, last.size + SIGNED_ENTRIES_MAX)
        frontier, hashes = self._grown(last, size)
        head = TreeHead(size, root(frontier))
        if size == standing.log.size:
            self._check_head(head, standing)
        signed = Signed(head, signed_checkpoint(head, self._key))
        durable.write(self._record, signed.note)
        self._keep(signed, hashes)
        return head

    def _grown(self, last: TreeHead, size: int) -> tuple[list[bytes], list[TileHash]]:
        """Add the entries up to `size`, hashed anew, to the tree that was signed."""
        frontier, hashes = self._frontier(last), list[TileHash]()
        for start in range(last.size, size, PAGE_ENTRIES):
            end = min(size, start + PAGE_ENTRIES)
            with self._database.transaction() as cursor:
                page = leaves(cursor, start, last=end)
            frontier, completed = grown(frontier, page, size=start)
            hashes += completed
        return frontier, hashes

    def _frontier(self, last: TreeHead) -> list[bytes]:
        """Return the frontier of the tree that was signed; only the right one has its root."""
        try:
            frontier = frontier_of(last.size, TiledNodes(self._tree, last.size))
        except ProofInvalid as error:
            raise self._refused(OTHER, last) from error
        if root(frontier) != last.root:
            raise self._refused(OTHER, last)
        return frontier

    def _keep(self, signed: Signed, hashes: Sequence[TileHash]) -> None:
        checkpoint = KeptCheckpoint(str(self._verifier), signed.head.size, signed.note)
        with self._database.transaction() as cursor:
            keep(cursor, checkpoint, hashes=hashes)

    def _check_head(self, head: TreeHead, standing: Standing) -> None:
        if head.root != standing.log.root:
            raise LogBroken(
                position=head.size,
                expected=f"root {head.root.hex()}, of the entries",
                found=f"{standing.log.root.hex()} as the root of the log",
            )

    def _refused(self, reason: str, signed: TreeHead, **values: object) -> SigningRefused:
        return SigningRefused(
            reason=reason.format(signed=signed.size, **values),
            remedy=RESTORE.format(record=self._record),
        )
