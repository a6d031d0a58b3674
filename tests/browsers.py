"""Chromium for tests, started as a new profile each time, and axe-core to look for barriers.

CHROMIUM_PATH names a browser. axe-core comes from npm once, is held against its hash, and stays in
the user's cache; `make browser` fetches it beforehand.
"""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha512
from pathlib import Path

from platformdirs import user_cache_path
from playwright.sync_api import Browser, sync_playwright

from tests.needed import need

CHROMIUM = "CHROMIUM_PATH"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",  # containers of CI run as root
    "--disable-gpu",
    "--disable-software-rasterizer",  # drawing in the plain way costs a third less here
    "--disable-background-networking",
    "--no-first-run",
)
AXE_VERSION = "4.14.1"
AXE_SHA512 = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
AXE_MEMBER = "package/axe.min.js"
FETCH_TIMEOUT_S = 300


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser for the time of a block."""
    path = chromium_path()
    need(path, "Chromium (CHROMIUM_PATH, or chromium on the PATH)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def chromium_path() -> str | None:
    """Return where the browser is, or None."""
    found = os.environ.get(CHROMIUM) or next(filter(None, map(shutil.which, NAMES)), None)
    return found and str(found)


def axe_source() -> str:
    """Return the script of axe-core; skip, or fail in CI, where it cannot be fetched."""
    place = _axe_path()
    need(place.exists() or shutil.which("npm"), "npm, to fetch axe-core (`make browser`)")
    need(fetched(), "axe-core, which npm could not fetch")
    return place.read_text("utf-8")


def fetched() -> bool:
    """Have npm fetch axe-core into the cache, unless it is there; say whether it is."""
    place = _axe_path()
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists() and (package := _packed(place.parent)) is not None:
            _extract(package, place)
        return place.exists()


def _axe_path() -> Path:
    return user_cache_path("toldonce") / "axe-core" / AXE_VERSION / "axe.min.js"


def _packed(folder: Path) -> Path | None:
    """Return the package as npm fetched it, if it is the one whose hash is known."""
    done = subprocess.run(
        [  # noqa: S607 - the machine's own npm
            "npm",
            "pack",
            "--silent",
            f"--pack-destination={folder}",
            f"axe-core@{AXE_VERSION}",
        ],
        timeout=FETCH_TIMEOUT_S,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    package = folder / f"axe-core-{AXE_VERSION}.tgz"
    if done.returncode or not package.exists():
        return None
    digest = base64.b64encode(sha512(package.read_bytes()).digest()).decode()
    return package if digest == AXE_SHA512 else None


def _extract(package: Path, place: Path) -> None:
    with tarfile.open(package) as files:
        member = files.extractfile(AXE_MEMBER)
        assert member is not None
        making = place.with_suffix(".making")
        making.write_bytes(member.read())
        making.rename(place)
    package.unlink()


if __name__ == "__main__":
    raise SystemExit(0 if fetched() else "npm could not fetch axe-core")
