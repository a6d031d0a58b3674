"""Commands as processes of their own, in a home of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("toldonce")
STORIES = Path(__file__).parents[2] / "examples" / "stories"
TIMEOUT_S = 120


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
