"""A second opinion: Go's own implementation of notes, proofs and tiles, built once and asked.

The program stands in go/; its binary stays in the user's cache, under the hash of its sources.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from platformdirs import user_cache_path

from audit.formats.tiles import Tile
from tests.needed import need

SOURCES = Path(__file__).with_name("go")
BUILD_TIMEOUT_S = 300
ANSWER_TIMEOUT_S = 300


def answers(questions: Iterable[Sequence[str]]) -> list[str]:
    """Return what the checker says to each question: "ok", or what does not hold."""
    lines = "".join("\t".join(words) + "\n" for words in questions)
    done = subprocess.run(
        [need_checker()],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        timeout=ANSWER_TIMEOUT_S,
    )
    return done.stdout.splitlines()


def b64(raw: bytes) -> str:
    """Return bytes as the checker reads them."""
    return b64encode(raw).decode()


def path_of(hashes: Iterable[bytes]) -> str:
    """Return hashes as the checker reads them."""
    return " ".join(map(b64, hashes))


def stored(folder: Path, tiles: Iterable[tuple[Tile, bytes]]) -> Path:
    """Put tiles into a folder at their paths in HTTP, where the checker finds them."""
    for tile, content in tiles:
        path = folder / "tile" / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def need_checker() -> Path:
    """Return the checker's program; skip, or fail in CI, where it cannot be built."""
    place = _place()
    if not place.exists():
        need(shutil.which("go"), "go, to build the independent checker of proofs")
        need(_built(place), "golang.org/x/mod, which Go could not fetch or build")
    return place


def _place() -> Path:
    sources = sorted(SOURCES.glob("*"))
    digest = sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    return user_cache_path("toldonce") / "checker" / digest


def _built(place: Path) -> bool:
    """Build the program unless somebody else does; say whether it is there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            making = place.with_name(f"{place.name}.making")
            done = subprocess.run(
                ["go", "build", "-o", making, "."],  # noqa: S607 - the machine's own Go
                cwd=SOURCES,
                timeout=BUILD_TIMEOUT_S,
                check=False,
            )
            if done.returncode == 0:
                making.rename(place)
    return place.exists()
