"""The log's public face: draft, append, read, head.

`Log` writes; `LogReader` reads. Both hold one connection each and may be shared between threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

from psycopg2.extensions import cursor as Cursor

from domain.decode import Accepted, same_content
from eventlog.append import Appended, Appender, AppendTransaction
from eventlog.database import WRITER, Database
from eventlog.drafts import Drafted, drafted, keys_for
from eventlog.entry import Draft
from eventlog.keyring import Keyring
from eventlog.migrate import check_migrated
from eventlog.read import LogReader
from eventlog.sealing import StreamKey, StreamKeys

Outcome = Literal["stored", "duplicate", "conflict", "suppressed"]


# A named tuple, not a dataclass: there is one for every event.
class Kept(NamedTuple):
    """What became of one event, and the position at which its source and id now stand.

    A suppressed event has no position: its person was erased.
    """

    outcome: Outcome
    position: int | None


class LogTransaction:
    """An open transaction on the log; `cursor` takes other writes that belong to it."""

    def __init__(self, log: Log, appending: AppendTransaction) -> None:
        self._log = log
        self._appending = appending
        self.cursor = appending.cursor

    def append(self, drafts: Sequence[Draft | None]) -> list[Kept]:
        """Append drafts (None: suppressed) and say what became of each, in order."""
        present = [draft for draft in drafts if draft is not None]
        answers = iter(self._appending.append(present))
        appended = [None if draft is None else next(answers) for draft in drafts]
        return self._log.judge(self.cursor, drafts, appended=appended)


class Log:
    """The writing side of the log."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        """Open the log at `url` for writing.

        Raises:
            LogUnavailable, LogNotMigrated, WrongKeyring: it cannot be written with this keyring.
        """
        self._database = Database(url, role=WRITER)
        self._keys_database = Database(url, role=WRITER)
        self._keyring = keyring
        self._keys = StreamKeys(self._keys_database, keyring)
        self._appender = Appender(self._database, self._keys.fence)
        self.reader = LogReader(url, keyring, role=WRITER)
        with self._database.transaction() as cursor:
            check_migrated(cursor)
            # From here on no destruction of a key is missed, in whichever process it is remembered.
            self._keys.fence.catch_up(cursor)
        self._keys.check_keyring()

    def draft(self, accepted: Sequence[Accepted]) -> list[Draft | None]:
        """Token and seal decoded events: all the work that needs no position.

        An event whose person was erased gives None.
        """
        generation = self.generation
        made = self.drafted(accepted)
        self.begin(made.streams_begun, generation)
        return made.drafts

    def drafted(self, accepted: Sequence[Accepted]) -> Drafted:
        """Token and seal decoded events, and leave it to the caller to `begin` new streams."""
        return drafted(accepted, self._keys, keyring=self._keyring)

    @property
    def generation(self) -> int:
        """What is to be read before streams are begun: others may write to them from then on."""
        return self._appender.versions.generation

    def begin(self, streams: Sequence[bytes], generation: int) -> None:
        """Note that streams had no key, so no entry, when `generation` had been read."""
        self._appender.versions.begin(streams, generation)

    def keys_for(self, streams: Sequence[bytes]) -> dict[bytes, StreamKey]:
        """Return the key of each stream, made now where there was none."""
        return keys_for(streams, self._keys, versions=self._appender.versions)

    @contextmanager
    def transaction(self) -> Iterator[LogTransaction]:
        """Open a transaction on the log; everything in it becomes durable together."""
        with self._appender.transaction() as appending:
            yield LogTransaction(self, appending)

    def append(self, drafts: Sequence[Draft | None]) -> list[Kept]:
        """Append drafts in a transaction of their own."""
        with self.transaction() as transaction:
            return transaction.append(drafts)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()
        self._keys_database.close()
        self.reader.close()

    def judge(
        self,
        cursor: Cursor,
        drafts: Sequence[Draft | None],
        *,
        appended: Sequence[Appended | None],
    ) -> list[Kept]:
        """Tell duplicates from conflicts by what stands at their position."""
        older = {answer.position for answer in appended if answer and answer.fate == "known"}
        # Read where the append is still open: it may be what stored them.
        bodies = self.reader.bodies_within(cursor, older) if older else {}
        return [_kept(*pair, bodies=bodies) for pair in zip(drafts, appended, strict=True)]


def _kept(draft: Draft | None, answer: Appended | None, *, bodies: dict[int, bytes | None]) -> Kept:
    if draft is None or answer is None:
        return Kept("suppressed", None)
    if answer.fate == "stored":
        return Kept("stored", answer.position)
    if answer.fate == "erased":
        return Kept("suppressed", None)
    body = bodies[answer.position]
    if body is None:
        return Kept("suppressed", None)
    same = same_content(body, draft.body)
    return Kept("duplicate" if same else "conflict", answer.position)
