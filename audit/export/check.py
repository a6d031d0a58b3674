"""Checking what was handed over, with nothing else at hand: an export's folder, or one proof.

It is read through the functions of this package, while the verifier inside an export is a program
of its own: each can be held against the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag

from audit.errors import AuditError, ProofInvalid
from audit.export.folder import UNREADABLE, ExportFolder, open_folder
from audit.export.lines import KeyRow, body_of, entry_of, path_of
from audit.findings import Check, Report
from audit.formats.checkpoints import Checkpoint
from audit.formats.growing import GrowingTree
from audit.formats.notes import parse_verifier
from audit.formats.proofs import InclusionProof, parse_proof
from audit.formats.tiles import tiles_of
from audit.formats.tree import verify_inclusion
from domain.event import OUR_SOURCE
from domain.events import ErasureExecuted
from eventlog.entry import Entry
from eventlog.keyring import TOKEN_BYTES, commitment
from eventlog.sealing import StreamKey, bound_to

Json = dict[str, Any]
FIRST_VERSIONS = (0, 1)
OUR_OWN_WORD = "compare the key with the one that you were given"
NO_KEYS = "the export holds no keys, so events are not shown to be what was sealed"
NOT_PROVEN = "that nothing came after the newest version of a stream: the whole log shows it"
NOT_OURS_TO_SHOW = "that these streams are all of the customer's: it rests on who exported"


def check_export(path: Path, log_key: str | None) -> Report:
    """Check an export with the log's public key, or else with the one that it names itself.

    Raises:
        ExportUnreadable: it is not an export.
        NoteInvalid: its checkpoint is not signed by that key.
    """
    folder = open_folder(path)
    checkpoint = folder.checkpoint(log_key or str(folder.manifest.get("signer")))
    checking = _Checking(folder, checkpoint)
    if log_key is None:
        checking.report.unchecked["whose key signed"] = OUR_OWN_WORD
    try:
        checking.run()
    except UNREADABLE as error:
        checking.find("files", None, expected="files of an export", found=type(error).__name__)
    return checking.report


def check_proof(path: Path, log_key: str | None) -> Report:
    """Check a proof of inclusion.

    Raises:
        ProofInvalid, NoteInvalid: it does not hold, or is no proof of inclusion.
    """
    proof = parse_proof(path.read_text("utf-8"))
    if not isinstance(proof, InclusionProof) or log_key is None:
        raise ProofInvalid(reason="a proof of inclusion is checked, with the log's public key")
    checkpoint = proof.check(parse_verifier(log_key))
    report = Report(checkpoint.head.size, checkpoint.head.root.hex(), signers=[log_key])
    report.checked["entry"] = proof.position
    return report


class _Checking:
    """One export, read from its beginning to its end."""

    def __init__(self, folder: ExportFolder, checkpoint: Checkpoint) -> None:
        self._folder = folder
        self._head = checkpoint.head
        self.report = Report(self._head.size, self._head.root.hex(), signers=[checkpoint.origin])
        self._keys: dict[bytes, KeyRow] = {}
        self._newest: dict[bytes, int] = {}
        self._whole_streams: set[bytes] = set()
        self._recorded_last: datetime | None = None
        self._erased: set[bytes] = set()

    def find(self, check: Check, position: int | None, *, expected: str, found: str) -> None:
        """Note what is wrong."""
        self.report.findings.add(check, position, expected=expected, found=found)

    def run(self) -> None:
        """Check everything."""
        folder, manifest = self._folder, self._folder.manifest
        self._keys = folder.keys()
        if (manifest["size"], manifest["root"]) != (self._head.size, self._head.root.hex()):
            self.find("files", None, expected="the checkpoint's size and root", found="others")
        heads = folder.older_heads(self.report.findings)
        if folder.is_whole:
            self._check_log(heads)
        else:
            self._check_customer()
        if not manifest["has_keys"]:
            self.report.unchecked["events"] = NO_KEYS
        self.report.checked |= {"keys": len(self._keys), "streams": len(self._newest)}

    def _check_log(self, heads: Mapping[int, list[bytes]]) -> None:
        """Check that the entries come to the checkpoint, and to every older one on the way."""
        tree = GrowingTree()
        for entry in self._entries():
            if entry.position != tree.size + 1:
                found = f"position {entry.position}"
                self.find("entry", tree.size + 1, expected="an entry", found=found)
            tree.add(self._leaf(entry))
            for root in heads.get(tree.size, ()):
                if root != tree.root:
                    expected = f"root {root.hex()}, as the checkpoint of {tree.size} entries says"
                    self.find("checkpoint", tree.size, expected=expected, found=tree.root.hex())
        if tree.head != self._head:
            expected = f"{self._head.size} entries with root {self._head.root.hex()}"
            self.find("tree", None, expected=expected, found=f"{tree.size}, {tree.root.hex()}")
        self._check_tiles(tree)
        self._check_erasures()
        self.report.checked |= {"entries": tree.size, "checkpoints": sum(map(len, heads.values()))}

    def _check_tiles(self, tree: GrowingTree) -> None:
        count = 0
        for tile in tiles_of(tree.size):
            count += 1
            if self._folder.tile(tile.path) != tree.tile(tile):
                expected = f"tile {tile.path} of the entries"
                self.find("tiles", None, expected=expected, found="another, or none")
        self.report.checked["tiles"] = count

    def _check_erasures(self) -> None:
        destroyed = {row.stream for row in self._keys.values() if row.destroyed_at is not None}
        for stream in sorted(self._erased - destroyed):
            expected = f"the key of stream {stream.hex()} destroyed"
            self.find("keys", None, expected=expected, found="that it is not")
        if destroyed - self._erased:
            self.report.unchecked["keys destroyed after the checkpoint"] = str(
                len(destroyed - self._erased)
            )

    def _check_customer(self) -> None:
        """Check each entry's proof, and that nothing is missing up to the versions named."""
        named = {bytes.fromhex(one["stream_id"]): one for one in self._folder.manifest["streams"]}
        self._whole_streams = {stream for stream, one in named.items() if one["is_whole"]}
        count = 0
        for entry, proof in zip_longest(self._entries(), self._folder.lines("proofs")):
            if entry is None or proof is None:
                self.find("proofs", None, expected="a proof for each entry", found="more or fewer")
                break
            count += 1
            self._check_inclusion(entry, json.loads(proof))
        newest = {stream: one["newest_version"] for stream, one in named.items()}
        if newest != self._newest:
            self.find("versions", None, expected="the versions that are named", found="others")
        self.report.checked["entries"] = count
        self.report.unchecked |= {"later entries": NOT_PROVEN, "other streams": NOT_OURS_TO_SHOW}

    def _check_inclusion(self, entry: Entry, proof: Json) -> None:
        leaf = self._leaf(entry)
        try:
            if proof["position"] != entry.position:
                raise ProofInvalid(reason="it is of another entry")
            verify_inclusion(leaf, path_of(proof), index=entry.position - 1, head=self._head)
        except AuditError as error:
            self.find("proofs", entry.position, expected="a proof that holds", found=str(error))

    def _entries(self) -> Iterator[Entry]:
        """Yield the entries, each checked in itself, with its event."""
        for line, event in zip_longest(self._folder.lines("entries"), self._folder.lines("events")):
            if line is None:
                self.find("events", None, expected="no more events than entries", found="more")
                return
            entry = entry_of(json.loads(line))
            self._check_entry(entry)
            self._check_event(entry, event or b"")
            yield entry

    def _leaf(self, entry: Entry) -> bytes:
        row = self._keys.get(entry.stream_id.bytes)
        return entry.leaf(b"" if row is None else row.commitment)

    def _check_entry(self, entry: Entry) -> None:
        stream, position, leaf = entry.stream_id.bytes, entry.position, self._leaf(entry)
        if leaf != entry.leaf_hash:
            expected = f"leaf hash {entry.leaf_hash.hex()}"
            self.find("entry", position, expected=expected, found=f"one that gives {leaf.hex()}")
        if self._recorded_last is not None and entry.recorded_at < self._recorded_last:
            expected = "recorded no earlier than the entry before"
            self.find("entry", position, expected=expected, found="recorded earlier")
        self._recorded_last = entry.recorded_at
        self._check_version(entry)
        if (entry.type, entry.source) == (ErasureExecuted.TOPIC, OUR_SOURCE):
            starts = range(0, len(entry.observed), TOKEN_BYTES)
            told = {entry.observed[at : at + TOKEN_BYTES] for at in starts}
            self._erased |= told - {stream}

    def _check_version(self, entry: Entry) -> None:
        stream, version = entry.stream_id.bytes, entry.stream_version
        last = self._newest.get(stream)
        self._newest[stream] = version
        expected = FIRST_VERSIONS if last is None else (last + 1,)
        has_all = self._folder.is_whole or stream in self._whole_streams
        # Of a stream that others share, an export of one customer has only what is theirs.
        is_next = version in expected if has_all else last is None or version > last
        if not is_next:
            told = f"version {expected[-1]} of its stream"
            self.find("versions", entry.position, expected=told, found=f"version {version}")

    def _check_event(self, entry: Entry, line: bytes) -> None:
        """Check that the event is there, or erased, and with keys that it is what was sealed."""
        row = self._keys.get(entry.stream_id.bytes)
        is_destroyed = row is None or row.destroyed_at is not None
        body = body_of(line)
        if json.loads(line or b"{}").get("position") != entry.position:
            self.find("events", entry.position, expected="its event", found="none")
        elif (body is None) != is_destroyed:
            expected = "an event, or a destroyed key"
            self.find("events", entry.position, expected=expected, found="both or none")
        elif body is not None and row is not None and self._folder.manifest["has_keys"]:
            self._check_sealed(entry, body, row=row)

    def _check_sealed(self, entry: Entry, body: bytes, *, row: KeyRow) -> None:
        key = row.key or b""
        bound = bound_to(entry.stream_id.bytes, entry.event_key.bytes, type_=entry.type)
        try:
            if commitment(key) != row.commitment:
                raise InvalidTag
            if StreamKey(key, row.commitment).open(entry.sealed, bound) != body:
                raise InvalidTag
        except InvalidTag:
            expected = "the event that was sealed, by the key committed to"
            self.find("events", entry.position, expected=expected, found="another")
