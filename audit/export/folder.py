"""An export as it lies in its folder: each file read once, line by line, nothing believed."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.errors import ExportUnreadable, NoteInvalid
from audit.export.lines import FORMAT, KeyRow, key_of
from audit.findings import Findings
from audit.formats.checkpoints import Checkpoint, open_checkpoint
from audit.formats.notes import parse_verifier

Json = dict[str, Any]
# What reading a file that is not what it should be ends with.
UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    OverflowError,
    AttributeError,
    RecursionError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """The folder of an export and its manifest."""

    path: Path
    manifest: Json

    @property
    def is_whole(self) -> bool:
        """Whether it holds the whole log, and not one customer's part."""
        return bool(self.manifest["scope"] == "log")

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of one of its files."""
        with (self.path / f"{name}.ndjson").open("rb") as lines:
            yield from lines

    def keys(self) -> dict[bytes, KeyRow]:
        """Return the register of keys by stream."""
        rows = (key_of(json.loads(line)) for line in self.lines("keys"))
        return {row.stream: row for row in rows}

    def checkpoint(self, signer: str) -> Checkpoint:
        """Return the checkpoint that everything rests on, if this key signed it.

        Raises:
            NoteInvalid: it did not.
            ExportUnreadable: there is none.
        """
        try:
            note = (self.path / "checkpoint").read_bytes()
        except OSError as error:
            raise ExportUnreadable(path=self.path, reason=type(error).__name__) from error
        return open_checkpoint(note, parse_verifier(signer))

    def older_heads(self, findings: Findings) -> Mapping[int, list[bytes]]:
        """Return the roots that were signed, by size; what was not signed is a finding."""
        heads: dict[int, list[bytes]] = {}
        for line in self.lines("checkpoints"):
            kept = json.loads(line)
            try:
                opened = open_checkpoint(kept["note"].encode(), parse_verifier(kept["signer"]))
            except NoteInvalid as error:
                expected = f"the checkpoint of {kept['size']} entries, signed"
                found = str(error.values["reason"])
                findings.add("checkpoint", None, expected=expected, found=found)
            else:
                heads.setdefault(opened.head.size, []).append(opened.head.root)
        return heads

    def tile(self, path: str) -> bytes:
        """Return the content of a tile; nothing where it is not there."""
        file = self.path / "tile" / path
        return file.read_bytes() if file.exists() else b""


def open_folder(path: Path) -> ExportFolder:
    """Read the manifest of an export.

    Raises:
        ExportUnreadable: there is none of this version.
    """
    try:
        manifest = json.loads((path / "manifest.json").read_bytes())
        if manifest["format"] != FORMAT:
            raise ExportUnreadable(path=path, reason="it is of another format")
        return ExportFolder(path, manifest)
    except UNREADABLE as error:
        raise ExportUnreadable(path=path, reason=type(error).__name__) from error
