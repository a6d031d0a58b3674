"""Processes that this one begins: afresh, and with a way to say what they failed with."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from eventlog.bulk import collect_seldom
from eventlog.errors import EventLogError
from projections.errors import ProjectionError, RebuildFailed

# Started afresh: connections and threads of this process are not theirs.
CONTEXT = get_context("spawn")
END_TIMEOUT_S = 10.0
KILLED = "it was killed"

Failure = tuple[type[ProjectionError | EventLogError], dict[str, object]] | str


def begin(target: Callable[..., None], *values: object) -> SpawnProcess:
    """Begin a process that is to end with this one; values travel through a pipe."""
    process = CONTEXT.Process(target=target, args=values, daemon=True)
    process.start()
    return process


def end(process: SpawnProcess) -> None:
    """End a process, whatever it does."""
    process.terminate()
    process.join(END_TIMEOUT_S)


@contextmanager
def telling_failures(said: Connection) -> Iterator[None]:
    """Prepare a process for its work, and say through the connection what that fails with."""
    collect_seldom()
    # Ctrl-C reaches every process of a terminal; who began this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    except (ProjectionError, EventLogError) as error:
        _say(said, (type(error), error.values))
        raise SystemExit(1) from None
    except Exception as error:
        # Its words may repeat what a customer said.
        _say(said, type(error).__name__)
        raise SystemExit(1) from None


def failure_of(said: Failure) -> Exception:
    """Return what a process failed with, to be raised here."""
    if isinstance(said, str):
        return RebuildFailed(reason=said)
    kind, values = said
    return kind(**values)


def _say(said: Connection, failure: Failure) -> None:
    # Whoever began this process may be gone: then nobody is left to hear it.
    with suppress(OSError):
        said.send(failure)
