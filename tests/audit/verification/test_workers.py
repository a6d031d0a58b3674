"""Processes that scan beside whoever verifies: what becomes of a part when one cannot go on."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from contextlib import closing
from queue import SimpleQueue

from audit.verification.scan import Span
from audit.verification.workers import Place, Said, _Helper

WAIT_S = 180
NOWHERE = Place("postgresql://127.0.0.1:1/none", "nobody", "none", 8)


def test_a_process_that_cannot_start_takes_nothing_and_says_so() -> None:
    """What is left is there for the others, and the reason is one line."""
    part = (0, Span(0, 8, 3))
    left, said = deque([part]), SimpleQueue[Said]()
    with closing(_Helper(NOWHERE, [], left=left, said=said)):
        _, failure = said.get(timeout=WAIT_S)
    assert isinstance(failure, ConnectionError)
    assert "database" in str(failure) and "\n" not in str(failure)
    assert list(left) == [part]


def test_a_process_that_scans_has_begun_at_once() -> None:
    """It loads neither the contract nor the library, which take longer than 50,000 entries."""
    shown = "import audit.verification.workers, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", shown], capture_output=True, check=True)
    assert not {b"pydantic", b"eventsourcing", b"cryptography"} & {*loaded.stdout.split()}
