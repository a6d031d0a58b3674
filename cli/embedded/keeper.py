"""Stop the embedded PostgreSQL once nobody uses it, even if its users were killed.

Users hold a shared lock on a file, which the kernel releases however a process ends; whoever gets
the exclusive lock knows that nobody is left. Runs as a script of its own, on the standard library.
"""

import fcntl
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

STOP_TIMEOUT_S = 60
"""A fast shutdown writes at most the shared buffers."""


@dataclass(frozen=True, slots=True)
class Place:
    """Name the files of one embedded server and the account that it runs under."""

    folder: Path
    binaries: Path
    account: str = ""

    @property
    def data(self) -> Path:
        """Return the server's data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.data / "server.log"

    @property
    def lock(self) -> Path:
        """Return the file whose lock one holds to start or stop the server."""
        return self.folder / "lock"

    @property
    def users(self) -> Path:
        """Return the file that everybody who uses the server locks together."""
        return self.folder / "users"

    @property
    def keeper(self) -> Path:
        """Return the file that the keeper locks while it keeps."""
        return self.folder / "keeper"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock under which the server is started and stopped."""
        with opened(self.lock) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def run(self, program: str, arguments: Sequence[str], *, timeout_s: float) -> int:
        """Run one of PostgreSQL's programs and return its exit code."""
        done = subprocess.run(  # noqa: S603 - the wheel's own programs, no input in the arguments
            [self.binaries / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.data,  # the caller's may be closed to the server's account
            env={"PATH": os.defpath, "LC_ALL": "C"},  # PGPORT and its like must not reach it
            timeout=timeout_s,
            check=False,
            user=self.account or None,
            group=pwd.getpwnam(self.account).pw_gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        return done.returncode


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open a lock file for the time of a block; closing it releases the lock."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def acquired(descriptor: int) -> bool:
    """Take the exclusive lock if nobody else holds it, and say whether it was taken."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def stop(place: Place) -> None:
    """Stop the server, if it runs."""
    # Relative, since somebody may have closed a directory on the way to the server's account.
    arguments = ["stop", "-D", ".", "-m", "fast", "-s", "-w", "-t", str(STOP_TIMEOUT_S)]
    place.run("pg_ctl", arguments, timeout_s=2 * STOP_TIMEOUT_S)


def keep(place: Place) -> None:
    """Wait until the last user has gone, then stop the server."""
    keeper = os.open(place.keeper, os.O_RDWR)
    if not acquired(keeper):
        return
    with opened(place.users) as users:
        while not _stopped_unused(place, users, keeper=keeper):
            pass


def _stopped_unused(place: Place, users: int, *, keeper: int) -> bool:
    fcntl.flock(users, fcntl.LOCK_EX)
    # Whoever starts the server holds `alone` before it becomes a user: keep that order.
    fcntl.flock(users, fcntl.LOCK_UN)
    with place.alone():
        if not acquired(users):
            return False
        stop(place)
        os.close(keeper)
        return True


def main() -> None:
    """Detach from the caller and keep the server of the folder, binaries and account given."""
    folder, binaries, account = sys.argv[1:]
    if os.fork() == 0:
        os.setsid()
        # A folder that was removed has nothing left to keep: PostgreSQL notices by itself.
        with suppress(FileNotFoundError):
            keep(Place(Path(folder), Path(binaries), account))


if __name__ == "__main__":
    main()
