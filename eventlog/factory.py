"""Makes the library's recorders from its environment, which must name a DATABASE_URL."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TypeVar

from eventsourcing.persistence import (
    InfrastructureFactory,
    InfrastructureFactoryError,
    Recorder,
)
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool
from platformdirs import user_data_path

from eventlog.keyring import Keyring, keyring_file
from eventlog.migrate import migrate
from eventlog.recorders import (
    EventLogAggregateRecorder,
    EventLogApplicationRecorder,
    EventLogProcessRecorder,
    EventLogTrackingRecorder,
)
from eventlog.streams import SealedStreams, translated

AnyRecorder = TypeVar("AnyRecorder", bound=Recorder)


class EventLogFactory(InfrastructureFactory[EventLogTrackingRecorder]):
    """Constructs recorders that share one opened log.

    Reads DATABASE_URL (required), KEYRING_FILE (default: keyring.json in the user's data directory)
    and CREATE_TABLE ("t" by default: migrate the database before it is first used).
    """

    DATABASE_URL = "DATABASE_URL"
    KEYRING_FILE = "KEYRING_FILE"
    CREATE_TABLE = "CREATE_TABLE"

    def __init__(
        self, env: Environment | EnvType | None, *, keyring: Keyring | None = None
    ) -> None:
        """Read where the log is; nothing is opened before the first recorder.

        A `keyring` that is at hand takes the place of KEYRING_FILE.

        Raises:
            InfrastructureFactoryError: there is no DATABASE_URL.
        """
        super().__init__(env)
        self._url = self.env.get(self.DATABASE_URL, "")
        if not self._url:
            raise InfrastructureFactoryError(f"{self.DATABASE_URL} is not set")
        self._keyring = keyring
        self._opening = Lock()
        self._streams: SealedStreams | None = None

    def aggregate_recorder(self, purpose: str = "events") -> EventLogAggregateRecorder:
        """Construct an aggregate recorder.

        Raises:
            InfrastructureFactoryError: it is meant for something else than events.
        """
        if purpose != "events":
            raise InfrastructureFactoryError(
                f"{purpose} are not kept: this log is append-only and holds events alone"
            )
        return EventLogAggregateRecorder(self._opened())

    def application_recorder(self) -> EventLogApplicationRecorder:
        """Construct an application recorder."""
        made = self._class(self.APPLICATION_RECORDER_TOPIC, EventLogApplicationRecorder)
        return made(self._opened())

    def tracking_recorder(
        self, tracking_recorder_class: type[EventLogTrackingRecorder] | None = None
    ) -> EventLogTrackingRecorder:
        """Construct a tracking recorder, of the given class if there is one."""
        made = tracking_recorder_class or self._class(
            self.TRACKING_RECORDER_TOPIC, EventLogTrackingRecorder
        )
        return made(self._opened())

    def process_recorder(self) -> EventLogProcessRecorder:
        """Construct a process recorder."""
        return self._class(self.PROCESS_RECORDER_TOPIC, EventLogProcessRecorder)(self._opened())

    def close(self) -> None:
        """Close the log's connections."""
        if self._streams is not None:
            self._streams.close()

    def _opened(self) -> SealedStreams:
        with self._opening:
            if self._streams is None:
                with translated():
                    if strtobool(self.env.get(self.CREATE_TABLE, "t")):
                        migrate(self._url)
                    keyring = self._keyring or keyring_file(self._keyring_path())
                self._streams = SealedStreams(self._url, keyring)
            return self._streams

    def _keyring_path(self) -> Path:
        named = self.env.get(self.KEYRING_FILE, "")
        return Path(named) if named else user_data_path("toldonce") / "keyring.json"

    def _class(self, key: str, default: type[AnyRecorder]) -> type[AnyRecorder]:
        """Return the recorder class whose topic the environment names, or `default`."""
        topic = self.env.get(key)
        made = resolve_topic(topic) if topic else default
        if not (isinstance(made, type) and issubclass(made, default)):
            raise InfrastructureFactoryError(f"{key} must name a {default.__name__}")
        return made
