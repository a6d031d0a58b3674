"""The next version of this program, for tests: a copy in which one type of event has a version 2.

In it a measurement must name its unit; what version 1 left out is read as "unknown unit".
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.cli.running import TIMEOUT_S, Done, environment
from tests.tidy import PACKAGES

ROOT = Path(__file__).parents[2]
IMPORTED = '"""Services: lines and subscriptions that run, and how well they run."""\n'
FORMER = "class ServiceMeasured(EventData):"
NEWER = '''

class ServiceMeasured(EventData):
    """The service was measured, in a unit."""

    TOPIC = "toldonce.service.measured.v2"
    service_id: Id
    metric: Text
    value: Scalar
    unit: Text


@upcasts(ServiceMeasuredV1, ServiceMeasured)
def _with_unit(former: ServiceMeasuredV1) -> ServiceMeasured:
    return ServiceMeasured(**{"unit": "unknown unit", **former.model_dump(exclude_none=True)})
'''


class NextVersion:
    """Runs commands of the next version."""

    def __init__(self, folder: Path) -> None:
        """Make the copy in this folder."""
        self._folder = folder
        for package in PACKAGES:
            shutil.copytree(ROOT / package, folder / package)
        service = folder / "domain" / "events" / "service.py"
        text = service.read_text("utf-8")
        assert IMPORTED in text
        assert FORMER in text
        text = text.replace(
            IMPORTED, f"{IMPORTED}\nfrom domain.events.upcasting import upcasts\n", 1
        )
        text = text.replace(FORMER, "class ServiceMeasuredV1(EventData):", 1)
        service.write_text(text + NEWER, "utf-8")

    def run(self, home: Path, *arguments: object, stdin: str = "", **more: str) -> Done:
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "-c", "from cli.main import main; main()", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self._folder,
            env=environment(home, PYTHONPATH=str(self._folder), **more),
            timeout=TIMEOUT_S,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)
