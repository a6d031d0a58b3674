"""A process that has started others to prepare for it, and waits to be killed."""

from __future__ import annotations

import secrets
import sys

from consumers.processes import BATCH_EVENTS_MIN, Processes
from eventlog.keyring import KEY_BYTES, Keyring


def main(url: str) -> None:
    """Start two, print their numbers, wait."""
    keyring = Keyring(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))
    processes = Processes(2, url, keyring=keyring)
    processes.ready_for(BATCH_EVENTS_MIN)
    print(*processes.pids, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
