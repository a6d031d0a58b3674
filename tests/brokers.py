"""Apache Kafka for tests: brokers of one's own, on this machine's Java, or one from outside.

The jars come from Maven once and stay in the user's cache; `make kafka` fetches them beforehand.
KAFKA_BOOTSTRAP_SERVERS names a broker that is there already.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path

import psutil
from platformdirs import user_cache_path

from tests.needed import need

EXTERNAL = "KAFKA_BOOTSTRAP_SERVERS"
POM = Path(__file__).with_name("kafka") / "pom.xml"
CLUSTER_ID = "told-once-tests-kafka1"
FETCH_TIMEOUT_S = 600
FORMAT_TIMEOUT_S = 300
START_TIMEOUT_S = 300
STOP_TIMEOUT_S = 120
POLL_S = 0.05
# Systems give out higher ones by themselves: one of those could be anybody's while its server is
# stopped, or before it is started.
PORTS = range(20_000, 28_000)
PORTS_TAKEN = Path(tempfile.gettempdir()) / f"toldonce-tests-ports-{os.getuid()}"
# The quick compiler and the plain collector: a broker that lives for a minute never earns more.
JAVA = ("java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
SETTINGS = """
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
auto.create.topics.enable=false
default.replication.factor={nodes}
min.insync.replicas={majority}
offsets.topic.replication.factor={nodes}
offsets.topic.num.partitions=1
transaction.state.log.replication.factor={nodes}
transaction.state.log.min.isr={majority}
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.segment.delete.delay.ms=0
"""


_shared: list[Broker] = []
"""Held for as long as the process lives, which is longer than whoever asked first."""


class Broker:
    """One node, broker and controller at once; it keeps its ports and data when it is restarted."""

    def __init__(self, folder: Path, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.folder = folder
        self._port = port
        self.process: psutil.Popen | None = None

    def format(self, settings: str) -> None:
        """Make the data directory."""
        self.folder.mkdir(parents=True)
        (self.folder / "server.properties").write_text(settings, "utf-8")
        arguments = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"]
        self._java(*arguments, self._settings).wait(FORMAT_TIMEOUT_S)

    def start(self) -> None:
        """Start the process; `wait` says when it can be used."""
        self.process = self._java("kafka.Kafka", self._settings)

    def wait(self) -> None:
        """Wait until the broker takes connections."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _answers(self._port):
            assert self.process is not None and self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop as an operator does: what is led here is handed over first."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End without warning."""
        self._end(signal.SIGKILL)

    def said(self) -> str:
        """Return what the processes printed."""
        return (self.folder / "output").read_text("utf-8", "replace")

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(psutil.NoSuchProcess):
                self.process.send_signal(number)
            self.process.wait(STOP_TIMEOUT_S)
            self.process = None

    @property
    def _settings(self) -> str:
        return str(self.folder / "server.properties")

    def _java(self, *arguments: str) -> psutil.Popen:
        with (self.folder / "output").open("ab") as output:
            return psutil.Popen(
                [*JAVA, "-cp", f"{jars()}/*", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
            )


class Cluster:
    """Brokers that know each other."""

    def __init__(self, brokers: Sequence[Broker]) -> None:
        self.brokers = brokers

    @property
    def bootstrap(self) -> str:
        """Return the addresses of all brokers, comma-separated."""
        return ",".join(broker.address for broker in self.brokers)

    def start(self) -> None:
        """Start all brokers and wait until they can be used."""
        for broker in self.brokers:
            broker.start()
        for broker in self.brokers:
            broker.wait()

    def kill(self) -> None:
        """End all brokers."""
        for broker in self.brokers:
            broker.kill()


@contextmanager
def cluster(folder: Path, nodes: int = 1) -> Iterator[Cluster]:
    """Run `nodes` brokers of one's own, with their data in `folder`, for the time of a block."""
    need_kafka()
    running = Cluster(_made(folder, nodes))
    try:
        running.start()
        yield running
    finally:
        running.kill()


@contextmanager
def shared_bootstrap(folder: Path) -> Iterator[str]:
    """Lend the address of one broker to all processes of a run that use the same `folder`.

    Whoever comes first starts it, whoever leaves last ends it.
    """
    if EXTERNAL in os.environ:
        yield os.environ[EXTERNAL]
        return
    need_kafka()
    folder.mkdir(exist_ok=True)
    users = os.open(folder / "users", os.O_RDWR | os.O_CREAT)
    try:
        with _alone(folder):
            fcntl.flock(users, fcntl.LOCK_SH)
            address = _joined(folder)
        yield address
    finally:
        with _alone(folder):
            # Whoever asks next must not take us for somebody who still uses it.
            is_last = _is_last(users)
            os.close(users)
            if is_last:
                _end_shared(folder)


def need_kafka() -> None:
    """Skip, or fail in CI, where no broker can be started."""
    has_jars = jars().exists()
    need(shutil.which("java"), "java, to run Apache Kafka")
    need(has_jars or shutil.which("mvn"), "mvn, to fetch Apache Kafka, or its jars (`make kafka`)")
    if not has_jars:
        need(fetched(), "Apache Kafka, which Maven could not fetch")


def jars() -> Path:
    """Return the folder of Kafka's jars, whether or not it is there yet."""
    (version,) = re.findall(r"<kafka.version>(.+?)</kafka.version>", POM.read_text("utf-8"))
    return user_cache_path("toldonce") / "kafka" / version


def fetched() -> bool:
    """Have Maven copy Kafka's jars into the cache, unless they are there; say whether they are."""
    place = jars()
    place.parent.mkdir(parents=True, exist_ok=True)
    with _alone(place.parent):
        if place.exists():
            return True
        making = place.with_name(f"{place.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        done = subprocess.run(
            [  # noqa: S607 - the machine's own Maven
                "mvn",
                "--batch-mode",
                "--quiet",
                f"--file={POM}",
                "dependency:copy-dependencies",
                f"-DoutputDirectory={making}",
            ],
            timeout=FETCH_TIMEOUT_S,
            check=False,
        )
        if done.returncode == 0:
            making.rename(place)
        return place.exists()


def free_ports(count: int) -> list[int]:
    """Return ports that are nobody else's for as long as this process lives, in use or not."""
    PORTS_TAKEN.mkdir(exist_ok=True)
    return list(islice(filter(_is_taken, PORTS), count))


def _made(folder: Path, nodes: int) -> list[Broker]:
    """Format the data directories of brokers that are to know each other."""
    ports = free_ports(2 * nodes)
    numbered = list(zip(range(1, nodes + 1), ports[:nodes], ports[nodes:], strict=True))
    voters = ",".join(f"{node}@127.0.0.1:{controller}" for node, _, controller in numbered)
    brokers = []
    for node, port, controller_port in numbered:
        broker = Broker(folder / f"broker-{node}", port)
        broker.format(
            SETTINGS.format(
                node=node,
                nodes=nodes,
                majority=nodes // 2 + 1,
                voters=voters,
                port=port,
                controller_port=controller_port,
                folder=broker.folder,
            )
        )
        brokers.append(broker)
    return brokers


def _joined(folder: Path) -> str:
    """Return the address of the shared broker, which is started if it does not run."""
    address = folder / "address"
    if not address.exists():
        (broker,) = _made(folder, 1)
        broker.start()
        broker.wait()
        _shared.append(broker)
        assert broker.process is not None
        (folder / "pid").write_text(str(broker.process.pid))
        address.write_text(broker.address)
    return address.read_text()


def _end_shared(folder: Path) -> None:
    """End the shared broker, whichever process started it."""
    (folder / "address").unlink(missing_ok=True)
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        process = psutil.Process(int((folder / "pid").read_text()))
        process.kill()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        # One whose parent has gone may stay a zombie for as long as nobody asks for it.
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "the shared broker does not end"
            time.sleep(POLL_S)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(users: int) -> bool:
    """Say whether nobody else has a lock on a file; then we have it alone."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_taken(port: int) -> bool:
    """Take a port, unless somebody has; the lock on its file goes with this process."""
    taken = os.open(PORTS_TAKEN / str(port), os.O_RDWR | os.O_CREAT, 0o666)
    if _is_last(taken) and _is_free(port):
        return True
    os.close(taken)
    return False


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    with closing(socket.socket()) as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    raise SystemExit(0 if fetched() else "Maven could not fetch Apache Kafka")
