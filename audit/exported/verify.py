"""Checks an export of a ToldOnce log: `python verify.py [FOLDER] [--key LOG_KEY] [--json]`.

One file that needs nothing but Python 3.11 and the `cryptography` package, no network and no
database. Ends with 0 if everything holds, with 4 if something does not.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DAMAGED = 4
FINDINGS_MAX = 50
TILE_WIDTH = 256
NONCE_BYTES = 12
COMMITMENT_LABEL = b"toldonce/key-commitment/v1"
OURS, ERASURE = "toldonce", "toldonce.erasure.executed.v1"

Json = dict[str, Any]


class Wrong(Exception):
    """Something is not what it must be."""


UNREADABLE = (Wrong, ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error)


def sha256(*parts: bytes) -> bytes:
    """Hash the parts one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_of(entry: Json, commitment: bytes) -> bytes:
    """Hash an entry into its leaf: RFC 6962 over a record of lengths, then fields."""
    named, source = entry["type"].encode(), entry["source"].encode()
    observed = bytes.fromhex("".join(entry["observed"]))
    lengths = (16, 16, len(named), len(source), 8, len(observed), 32, 32)
    return sha256(
        b"\x00",
        struct.pack(">c8I", b"\x01", *lengths),
        bytes.fromhex(entry["stream_id"]),
        bytes.fromhex(entry["event_key"]),
        named,
        source,
        struct.pack(">q", entry["occurred_us"]),
        observed,
        sha256(base64.b64decode(entry["sealed"], validate=True)),
        commitment,
        struct.pack(">Iq", entry["stream_version"], entry["recorded_us"]),
    )


class Tree:
    """A growing RFC 6962 tree: its root at any moment."""

    def __init__(self) -> None:
        self.size = 0
        self.stack: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf."""
        node, index = leaf, self.size
        while index & 1:
            node = sha256(b"\x01", self.stack.pop(), node)
            index >>= 1
        self.stack.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves that were added."""
        node = self.stack[-1] if self.stack else sha256()
        for left in reversed(self.stack[:-1]):
            node = sha256(b"\x01", left, node)
        return node


class Tiles:
    """The tiles of a folder, compared with the hashes that they must hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[list[bytes]] = []
        self.full: list[int] = []

    def add(self, node: bytes, level: int = 0) -> None:
        """Add the next hash of a level; a full tile gives a hash of the next one."""
        if level == len(self.rows):
            self.rows.append([])
            self.full.append(0)
        row = self.rows[level]
        row.append(node)
        if len(row) == TILE_WIDTH:
            self.compare(level, "")
            tree = Tree()
            for one in row:
                tree.add(one)
            row.clear()
            self.full[level] += 1
            self.add(tree.root(), level + 1)

    def finish(self) -> None:
        """Compare the tiles that are not full."""
        for level, row in enumerate(self.rows):
            if row:
                self.compare(level, f".p/{len(row)}")

    def compare(self, level: int, partial: str) -> None:
        """Compare one tile."""
        digits = f"{self.full[level]:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        name = f"tile/{level}/{number}{partial}"
        path = self.folder / name
        if not path.exists() or path.read_bytes() != b"".join(self.rows[level]):
            raise Wrong(f"{name}: not the hashes of the entries")


def opened_note(note: str, key: str) -> tuple[int, bytes]:
    """Return size and root of a checkpoint that this public key signed."""
    name, _, rest = key.partition("+")
    key_id, _, encoded = rest.partition("+")
    public = base64.b64decode(encoded, validate=True)
    body, _, lines = note.rpartition("\n\n")
    text = body + "\n"
    for line in lines.splitlines():
        _, signer, signature = line.split(" ")
        raw = base64.b64decode(signature, validate=True)
        if signer == name and raw[:4].hex() == key_id and public[:1] == b"\x01":
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], text.encode())
            origin, size, root = text.split("\n")[:3]
            if origin != name:
                raise Wrong("checkpoint: of another log")
            return int(size), base64.b64decode(root, validate=True)
    raise Wrong(f"checkpoint: not signed by {name}")


def root_of_path(leaf: bytes, path: list[bytes], *, index: int, size: int) -> bytes:
    """Return the root to which a proof of inclusion leads."""
    last, node = size - 1, leaf
    for one in path:
        if last == 0:
            raise Wrong("the proof is too long")
        if index & 1 or index == last:
            node = sha256(b"\x01", one, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\x01", node, one)
        index, last = index >> 1, last >> 1
    if last:
        raise Wrong("the proof is too short")
    return node


class Check:
    """One export, read from its beginning to its end."""

    def __init__(self, folder: Path, key: str | None) -> None:
        self.folder = folder
        self.findings: list[str] = []
        self.unchecked: list[str] = []
        self.manifest: Json = json.loads((folder / "manifest.json").read_bytes())
        self.is_whole = self.manifest["scope"] == "log"
        self.key = key or self.manifest["signer"]
        if key is None:
            self.unchecked.append("whose key signed: compare it with the one you were given")
        self.keys = {line["stream_id"]: line for line in self.lines("keys")}
        self.streams = self.manifest.get("streams", [])
        self.whole_streams = {one["stream_id"] for one in self.streams if one["is_whole"]}
        self.newest: dict[str, int] = {}
        self.erased: set[str] = set()
        self.tree, self.tiles = Tree(), Tiles(folder)
        self.last_us = -(2**63)
        self.heads: dict[int, set[bytes]] = {}
        self.size, self.root = 0, b""

    def lines(self, name: str) -> Iterator[Json]:
        """Yield the lines of a file."""
        with (self.folder / f"{name}.ndjson").open("rb") as lines:
            yield from map(json.loads, lines)

    def find(self, problem: object) -> None:
        """Note what is wrong, up to a limit."""
        self.findings += [str(problem)] * (len(self.findings) < FINDINGS_MAX)

    def run(self) -> None:
        """Check everything."""
        if self.manifest["format"] != "toldonce-export/1":
            raise Wrong("manifest: of another format")
        self.check_checkpoints()
        proofs = self.lines("proofs")
        with (self.folder / "events.ndjson").open("rb") as events:
            for entry in self.lines("entries"):
                proof, event = next(proofs, None), next(events, b"")
                try:
                    self.check_entry(entry, proof)
                    self.check_event(entry, event)
                except UNREADABLE as error:
                    said = error if isinstance(error, Wrong) else type(error).__name__
                    self.find(f"position {entry.get('position')}: {said}")
            if next(events, None) is not None:
                self.find("events.ndjson: more events than entries")
        if next(proofs, None) is not None:
            self.find("proofs.ndjson: more proofs than entries")
        self.check_log() if self.is_whole else self.check_customer()
        if not self.manifest["has_keys"]:
            self.unchecked.append("that events are what was sealed: the export holds no keys")

    def check_checkpoints(self) -> None:
        """Open the checkpoint that all rests on, and the others."""
        note = (self.folder / "checkpoint").read_text("utf-8")
        self.size, self.root = opened_note(note, self.key)
        if (self.size, self.root.hex()) != (self.manifest["size"], self.manifest["root"]):
            self.find("manifest: size or root are not those of the checkpoint")
        for kept in self.lines("checkpoints"):
            try:
                size, root = opened_note(kept["note"], kept["signer"])
                self.heads.setdefault(size, set()).add(root)
            except (InvalidSignature, *UNREADABLE):
                self.find(f"checkpoints.ndjson: {kept['size']} entries: not signed as it says")

    def check_entry(self, entry: Json, proof: Json | None) -> None:
        """Check that an entry gives its leaf, and the leaf its root."""
        stream, position = entry["stream_id"], entry["position"]
        leaf = leaf_of(entry, bytes.fromhex(self.keys[stream]["commitment"]))
        if leaf.hex() != entry["leaf_hash"]:
            raise Wrong(f"its leaf is {leaf.hex()}, not {entry['leaf_hash']}")
        if entry["recorded_us"] < self.last_us:
            raise Wrong("recorded before the entry before it")
        self.last_us = entry["recorded_us"]
        self.check_version(entry)
        if entry["type"] == ERASURE and entry["source"] == OURS:
            self.erased |= set(entry["observed"]) - {stream}
        if self.is_whole:
            if position != self.tree.size + 1:
                raise Wrong(f"stands where {self.tree.size + 1} should")
            self.tree.add(leaf)
            self.tiles.add(leaf)
            if any(root != self.tree.root() for root in self.heads.get(position, ())):
                raise Wrong("the checkpoint of that size has another root")
        elif proof is None or proof["position"] != position:
            raise Wrong("has no proof")
        elif not 0 < position <= self.size:
            raise Wrong("is not covered by the checkpoint")
        else:
            path = [base64.b64decode(one, validate=True) for one in proof["path"]]
            if root_of_path(leaf, path, index=position - 1, size=self.size) != self.root:
                raise Wrong("the proof leads to another root")

    def check_version(self, entry: Json) -> None:
        """Check that a stream goes on where it was; streams that others share have gaps here."""
        stream, version = entry["stream_id"], entry["stream_version"]
        last = self.newest.get(stream)
        self.newest[stream] = version
        expected = (0, 1) if last is None else (last + 1,)
        if version not in expected and (self.is_whole or stream in self.whole_streams):
            raise Wrong(f"version {version} of its stream, not {expected[-1]}")
        if last is not None and version <= last:
            raise Wrong(f"version {version} of its stream after {last}")

    def check_event(self, entry: Json, line: bytes) -> None:
        """Check that the event of an entry is there, or was erased, and is what was sealed."""
        event = json.loads(line or b"{}")
        key = self.keys[entry["stream_id"]]
        if event.get("position") != entry["position"]:
            raise Wrong("has no event")
        if bool(event.get("erased")) != bool(key["destroyed_at"]):
            raise Wrong("its event is erased, or its key destroyed, but not both")
        if event.get("erased") or not self.manifest["has_keys"]:
            return
        secret, sealed = bytes.fromhex(key["key"]), base64.b64decode(entry["sealed"])
        if hmac.digest(secret, COMMITMENT_LABEL, "sha256").hex() != key["commitment"]:
            raise Wrong("its key is not the one committed to")
        bound = bytes.fromhex(entry["stream_id"] + entry["event_key"]) + entry["type"].encode()
        try:
            body = AESGCM(secret).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
        except InvalidTag:
            raise Wrong("its sealed bytes do not open") from None
        is_state = base64.b64decode(event.get("state", "")) == body
        if not is_state and line != b'{"position":%d,"event":%b}\n' % (entry["position"], body):
            raise Wrong("its event is not what was sealed")

    def check_log(self) -> None:
        """Check that the entries come to the checkpoint, and the keys to the erasures."""
        if (self.tree.size, self.tree.root()) != (self.size, self.root):
            self.find(f"entries: {self.tree.size} give another root than the checkpoint's")
        try:
            self.tiles.finish()
        except Wrong as wrong:
            self.find(wrong)
        destroyed = {stream for stream, key in self.keys.items() if key["destroyed_at"]}
        for stream in sorted(self.erased - destroyed):
            self.find(f"stream {stream}: erased, and its key is not destroyed")
        if destroyed - self.erased:
            self.unchecked.append("keys destroyed after the checkpoint")

    def check_customer(self) -> None:
        """Check that of each stream everything up to the version that the export names is there."""
        named = {one["stream_id"]: one["newest_version"] for one in self.streams}
        if named != self.newest:
            self.find("manifest: streams or their newest versions are not those of the entries")
        self.unchecked += [
            "that no entry came after the newest version of a stream: only the whole log shows it",
            "that these streams are all of the customer's: tokens need the pepper",
        ]


def main(arguments: list[str] | None = None) -> int:
    """Check a folder and say what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--key", help="the log's public key, as you have it")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    report: Json = {"is_intact": False, "findings": [], "unchecked": []}
    try:
        check = Check(asked.folder, asked.key)
        report |= {"findings": check.findings, "unchecked": check.unchecked}
        check.run()
        report |= {"is_intact": not check.findings, "entries": check.manifest["entries"]}
    except (OSError, InvalidSignature, *UNREADABLE) as error:
        report["findings"] = [*report["findings"], str(error) or type(error).__name__]
    sys.stdout.write(json.dumps(report) + "\n" if asked.json else said(report))
    return 0 if report["is_intact"] else DAMAGED


def said(report: Json) -> str:
    """Say a report in lines."""
    left = [f"not checked: {one}" for one in report["unchecked"]]
    return "\n".join(
        ["intact" if report["is_intact"] else "DAMAGED", *report["findings"], *left, ""]
    )


if __name__ == "__main__":
    sys.exit(main())
