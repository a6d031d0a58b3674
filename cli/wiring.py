"""The one place where the parts are put together; nobody else knows how any of them is made.

Each part is made when it is first asked for, and all are closed together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property

from audit.formats.notes import SigningKey
from audit.kept import AUDITOR, KeptTree
from audit.keys import log_key, log_key_file
from audit.prover import Prover
from audit.signer import Signer
from cli.embedded import embedded_postgres
from cli.render.waiting import caught_up
from cli.settings import Settings, load_settings, variable
from consumers.intake import Intake
from consumers.processes import Processes
from decisions.decisions import Decisions, Rehearsal
from eventlog.bulk import collect_seldom
from eventlog.database import Database
from eventlog.keyring import Keyring, keyring_file, keyring_from
from eventlog.log import Log
from eventlog.migrate import check_migrated, migrate
from projections.queries import Views
from projections.rebuild.building import WORKERS
from projections.rebuild.rebuilding import Rebuilding
from projections.runner import Runner
from projections.timeline.live import LiveReader


def now() -> datetime:
    """Return the present moment: the only clock there is."""
    return datetime.now(UTC)


class Installation:
    """The parts of one installation: its database, its log, its projections."""

    def __init__(self, settings: Settings, closes: ExitStack) -> None:
        self.settings = settings
        self._closes = closes

    @cached_property
    def database_url(self) -> str:
        """The database named in the settings, else the embedded one, started and migrated.

        Raises:
            LogNotMigrated: the database of somebody's own holds no log of this version.
        """
        if self.settings.database_url is None:
            self.migrate()
        else:
            with closing(Database(self._url)) as database, database.transaction() as cursor:
                check_migrated(cursor)
        return self._url

    def migrate(self) -> list[str]:
        """Bring the log's tables to this version; return the names of what was applied."""
        return migrate(self._url)

    @cached_property
    def keyring(self) -> Keyring:
        """The secrets given in the settings, else those kept in a file beside the data."""
        settings = self.settings
        if settings.kek is not None and settings.pepper is not None:
            return keyring_from(settings.kek.get_secret_value(), settings.pepper.get_secret_value())
        return keyring_file(settings.keyring_path)

    @cached_property
    def log(self) -> Log:
        """The writing side of the log."""
        log = Log(self.database_url, self.keyring)
        self._closes.callback(log.close)
        return log

    @cached_property
    def intake(self) -> Intake:
        """The way into the log."""
        log = self.log
        number = self.settings.prepare_processes
        processes = Processes(number, self.database_url, keyring=self.keyring)
        self._closes.callback(processes.close)
        return Intake(log, now, processes=processes)

    @cached_property
    def decisions(self) -> Decisions:
        """What is decided here, on the log."""
        return self._closes.enter_context(Decisions(self.database_url, self.keyring))

    @cached_property
    def rehearsal(self) -> Rehearsal:
        """The same, without writing anything."""
        return self._closes.enter_context(Rehearsal(self.database_url, self.keyring))

    @cached_property
    def runner(self) -> Runner:
        """What brings the projections to the head of the log."""
        page_entries = self.settings.page_size
        runner = Runner(self.database_url, self.keyring, page_entries=page_entries)
        self._closes.callback(runner.close)
        return runner

    def rebuilding(self, workers: int = WORKERS) -> Rebuilding:
        """Return what rebuilds the projections beside those that are read."""
        rebuilding = Rebuilding(self.database_url, self.keyring, workers=workers)
        self._closes.callback(rebuilding.close)
        return rebuilding

    @cached_property
    def views(self) -> Views:
        """The reading side of the projections, wherever they stand."""
        views = Views(self.database_url, self.keyring)
        self._closes.callback(views.close)
        return views

    @cached_property
    def signing_key(self) -> SigningKey:
        """The key given in the settings, else the one kept in a file beside the data."""
        return signing_key(self.settings)

    @cached_property
    def signer(self) -> Signer:
        """What signs heads of the log."""
        signer = Signer(self.database_url, self.signing_key, record=self.settings.signed_path)
        self._closes.callback(signer.close)
        return signer

    @cached_property
    def prover(self) -> Prover:
        """What makes proofs."""
        prover = Prover(self.database_url)
        self._closes.callback(prover.close)
        return prover

    @cached_property
    def tree(self) -> KeptTree:
        """The hash tree and the checkpoints, as they are kept."""
        tree = KeptTree(Database(self.database_url, role=AUDITOR))
        self._closes.callback(tree.close)
        return tree

    @cached_property
    def live_reader(self) -> LiveReader:
        """What live streams are fed from."""
        reader = LiveReader(self.database_url)
        self._closes.callback(reader.close)
        return reader

    def shared_settings(self) -> Settings:
        """Return the settings for companions, once there is what they are to find.

        What is wrong with it is then said once, by the command that was called.
        """
        _ = self.database_url, self.keyring
        return self.settings

    def current_views(self) -> Views:
        """Return the views once they stand at the head of the log, by our work or another's."""
        caught_up(self.runner)
        return self.views

    @cached_property
    def _url(self) -> str:
        if self.settings.database_url is not None:
            return self.settings.database_url.get_secret_value()
        return self._closes.enter_context(embedded_postgres(self.settings.home)).url()


def signing_key(settings: Settings, *, name: str | None = None) -> SigningKey:
    """Return the key that signs checkpoints; one that is made now gets this name.

    Raises:
        KeyUnusable: the one that is given or kept is not a key.
    """
    if settings.signing_key is not None:
        given = settings.signing_key.get_secret_value()
        return log_key(given, where=variable("signing_key"))
    return log_key_file(settings.signing_key_path, name=name)


@contextmanager
def installation(settings: Settings | None = None) -> Iterator[Installation]:
    """Give the installation that the settings describe, and close it at the end."""
    collect_seldom()
    with ExitStack() as closes:
        yield Installation(settings or load_settings(), closes)
