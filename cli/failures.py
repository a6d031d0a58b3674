"""What is said, in one line, when a command fails, and the exit code that goes with it.

Imported only when something failed: it knows the errors of every package.
"""

import psycopg2
from eventsourcing.persistence import PersistenceError

from audit.errors import AuditError, ExportUnreadable, KeyUnusable, LogUnreachable, NotSigned
from cli.companions import CompanionEnded
from cli.embedded import EmbeddedPostgresError
from cli.exit_codes import ExitCode
from cli.listening import CannotListen
from cli.settings import SettingsInvalid
from cli.stories import StoriesMissing
from consumers.errors import BrokersUnavailable, ConsumerError, NotQuarantined, PreparerEnded
from decisions.errors import NeverAgreed, NotAFact
from domain.decisions import DecisionRefused
from eventlog.errors import EventLogError, LogBroken
from projections.errors import CursorInvalid, NotYetKnown, ProjectionError

EXIT_CODES: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (DecisionRefused, ExitCode.REFUSED),
    (LogBroken, ExitCode.DAMAGED),
    (EventLogError, ExitCode.INFRASTRUCTURE),
    (NotSigned, ExitCode.INCOMPLETE),
    (KeyUnusable, ExitCode.INFRASTRUCTURE),
    (LogUnreachable, ExitCode.INFRASTRUCTURE),
    (ExportUnreadable, ExitCode.USAGE),
    (AuditError, ExitCode.DAMAGED),
    (CursorInvalid, ExitCode.USAGE),
    (NotYetKnown, ExitCode.USAGE),
    (ProjectionError, ExitCode.INFRASTRUCTURE),
    (SettingsInvalid, ExitCode.USAGE),
    (StoriesMissing, ExitCode.USAGE),
    (CannotListen, ExitCode.INFRASTRUCTURE),
    (EmbeddedPostgresError, ExitCode.INFRASTRUCTURE),
    (psycopg2.Error, ExitCode.INFRASTRUCTURE),
    (PersistenceError, ExitCode.INFRASTRUCTURE),
    (NeverAgreed, ExitCode.INFRASTRUCTURE),
    (NotAFact, ExitCode.USAGE),
    (BrokersUnavailable, ExitCode.INFRASTRUCTURE),
    (PreparerEnded, ExitCode.INFRASTRUCTURE),
    (NotQuarantined, ExitCode.INCOMPLETE),
    (ConsumerError, ExitCode.USAGE),
    (OSError, ExitCode.INFRASTRUCTURE),
)
"""The first row that an error is an instance of tells the exit code; no row: a fault of ours."""
# Their words were made by others and may repeat what a customer said.
UNQUOTED: tuple[type[BaseException], ...] = (psycopg2.Error,)


def exit_code_of(error: BaseException) -> ExitCode:
    """Return the exit code that an error ends a command with."""
    if isinstance(error, CompanionEnded):
        return error.code
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), ExitCode.BUG)


def said_of(error: BaseException) -> str:
    """Return one line about an error, without anything that an event states."""
    if exit_code_of(error) is ExitCode.BUG:
        return f"a fault of toldonce itself: {type(error).__name__}; TOLDONCE_DEBUG=1 shows where"
    if isinstance(error, UNQUOTED):
        return f"the database refused: {type(error).__name__}"
    return " ".join(str(error).split()) or type(error).__name__
