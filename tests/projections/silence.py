"""Bring views up, rebuild and fold anew in a process of its own, and print what reached outside.

Run as `python -m tests.projections.silence URL KEYRING`: an audit hook of the interpreter sees
every socket, every look-up of a name and every process that Python code begins.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from uuid import UUID

# what opens a way out of the process; the database's driver connects in C and is seen by none
WATCHED = (
    *("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system"),
    *("smtplib.", "urllib.", "http.client.", "ftplib.", "webbrowser."),
)
WITHIN = ("socket.gethostname",)
seen: list[str] = []


def watch(event: str, _: tuple[object, ...]) -> None:
    """Note an audit event that could reach somebody."""
    if event.startswith(WATCHED) and event not in WITHIN:
        seen.append(event)


def main(url: str, keyring: Path) -> None:
    """Do all that reads the log and writes views, watched."""
    from eventlog.keyring import keyring_file
    from tests.projections.world import World

    world = World(url, keyring_file(keyring))
    sys.addaudithook(watch)
    runner = world.runner(page_entries=3)
    runner.catch_up()
    runner.refold([UUID(c) for (c,) in world.rows("SELECT customer_id FROM story")])
    again = world.runner()
    again.recreate()
    position = again.catch_up()
    world.close()
    print(json.dumps({"position": position, "seen": seen}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
