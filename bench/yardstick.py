"""Runs the library's side in an environment of its own, beside the same server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg2.extensions import parse_dsn

from bench.place import Place

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".venv-library"
TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class LibraryRates:
    """Events a second: one aggregate a save, a hundred a save, and the projection runner."""

    save_one_s: float
    save_many_s: float
    project_s: float


def prepare() -> None:
    """Make the library's environment once: psycopg 3 stays out of ours."""
    if (ENVIRONMENT / "made").exists():
        return
    print("making the library's environment …", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    pip = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    wanted = ["eventsourcing[postgres]", "psycopg[binary]", "--editable", str(ROOT)]
    subprocess.run([*pip, *constraints, *wanted], check=True)
    (ENVIRONMENT / "made").touch()


def measure(place: Place, bodies: Sequence[bytes]) -> LibraryRates:
    """Save and project these events the library's way."""
    with place.database() as url, place.database() as projected_url:
        server = parse_dsn(url)
        settings = {
            "POSTGRES_DBNAME": server["dbname"],
            "POSTGRES_HOST": server["host"],
            "POSTGRES_PORT": server["port"],
            "POSTGRES_USER": server["user"],
            "POSTGRES_PASSWORD": "-",
            "PROJECTED_DBNAME": parse_dsn(projected_url)["dbname"],
        }
        done = subprocess.run(
            [ENVIRONMENT / "bin" / "python", "-m", "bench.library.measured"],
            input=b"\n".join(bodies),
            stdout=subprocess.PIPE,
            env={**os.environ, **settings},
            cwd=ROOT,
            timeout=TIMEOUT_S,
            check=True,
        )
    return LibraryRates(**json.loads(done.stdout))
