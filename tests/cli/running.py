"""Commands as processes of their own, in a home of their own."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("toldonce")
STORIES = Path(__file__).parents[2] / "examples" / "stories"
TIMEOUT_S = 600


@dataclass(frozen=True)
class Done:
    """What a command answered."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return what it printed as JSON."""
        return json.loads(self.out)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing but the home is set."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOLDONCE_")}
    return clean | {"TOLDONCE_HOME": str(home)} | more


def begun(*arguments: object, **options: Any) -> subprocess.Popen[Any]:
    """Begin a command that hears Ctrl-C, as in a terminal.

    Whoever was begun in the background hears no SIGINT, as these tests may have been, and neither
    does what it begins.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen([COMMAND, *map(str, arguments)], **options)
    finally:
        signal.signal(signal.SIGINT, before)


def run(home: Path, *arguments: object, stdin: str = "", **more: str) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(home, **more),
        timeout=TIMEOUT_S,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
