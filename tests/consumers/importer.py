"""A process that imports the beginning of a file and waits to be killed, at the latest then."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from consumers import files
from consumers.files import Watcher, import_files
from consumers.intake import Intake
from eventlog.keyring import keyring_file
from eventlog.log import Log
from tests.consumers.published import clock

BATCH_LINES = 100
BATCHES_MAX = 30


class Leash(Watcher):
    """Holds the import before it could come to its end, however late it is killed."""

    _batches = 0

    def advanced(self, done: int, total: int | None, *, counts: Mapping[str, int]) -> None:
        """Go on for so many batches."""
        self._batches += 1
        if self._batches == BATCHES_MAX:
            sys.stdin.read()


def main(url: str, keyring: str, path: str) -> None:
    """Import one file in small batches, so that there is much to be interrupted in."""
    files.BATCH_LINES = BATCH_LINES
    intake = Intake(Log(url, keyring_file(Path(keyring))), clock)
    import_files([Path(path)], intake, watcher=Leash())


if __name__ == "__main__":
    main(*sys.argv[1:])
