"""The quarantine: what could not be stored and nobody waited to hear about.

Promise: the original bytes are kept, sealed, with the reason and the place they came from, and what
was decided about them; the same bytes from the same place again are one row, seen once more.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from consumers.errors import NotQuarantined
from consumers.held import PAGE_MAX, Decided, Held, HeldPage, HeldQuery, cursor_at, place_of
from consumers.verdicts import Received, Verdict
from domain.handles import Handle
from domain.problems import Problem
from eventlog.keyring import NONCE_BYTES
from eventlog.log import Log
from eventlog.sealing import StreamKey

STREAM = Handle("quarantine", "held")

INSERT = """
INSERT INTO log.quarantine (quarantine_id, origin, verdict, problems, sealed, first_seen) VALUES %s
ON CONFLICT (quarantine_id) DO UPDATE
    SET seen_count = quarantine.seen_count + 1, last_seen = now()
"""
# A transaction has one time: a microsecond each keeps them in the order in which they came.
ROW = "(%s, %s, %s, %s, %s, now() + %s * interval '1 microsecond')"
COLUMNS = (
    "quarantine_id, origin, verdict, problems, state, seen_count, first_seen, last_seen, "
    "retried_count, position, decided_at, decision"
)
# The driver writes parameters into the text, so a condition that is not asked for is planned away.
SELECT_PAGE = f"""
SELECT {COLUMNS}, CASE WHEN %(with_bytes)s THEN sealed END FROM log.quarantine
WHERE state = %(state)s
    AND (%(verdict)s::text IS NULL OR verdict = %(verdict)s)
    AND (%(origin)s::text IS NULL OR origin LIKE %(origin)s)
    AND (%(first_seen)s::timestamptz IS NULL
        OR (first_seen, quarantine_id) > (%(first_seen)s, %(id)s::uuid))
ORDER BY first_seen, quarantine_id LIMIT %(limit)s
"""  # noqa: S608 - only constants
SELECT_ONE = f"""
SELECT {COLUMNS}, sealed FROM log.quarantine WHERE quarantine_id = %s
"""  # noqa: S608 - only constants
COUNT = "SELECT state, verdict, count(*) FROM log.quarantine GROUP BY state, verdict"
UPDATE_REFUSED_AGAIN = """
UPDATE log.quarantine SET verdict = %s, problems = %s, retried_count = retried_count + 1
WHERE quarantine_id = %s AND state <> 'stored'
"""
UPDATE_STORED = """
UPDATE log.quarantine SET state = 'stored', position = %s, retried_count = retried_count + 1,
    decided_at = clock_timestamp(), decision = %s
WHERE quarantine_id = %s
"""
# Its person was erased: then nothing of what they said is kept here either.
UPDATE_ERASED = """
UPDATE log.quarantine SET state = 'discarded', retried_count = retried_count + 1, sealed = '',
    decided_at = clock_timestamp(), decision = %s
WHERE quarantine_id = %s
"""
UPDATE_DISCARDED = """
UPDATE log.quarantine SET state = 'discarded', decided_at = clock_timestamp(), decision = %s
WHERE quarantine_id = %s AND state = 'held'
"""
RETRIED = "offered again"
ERASED = "the person was erased"


class Quarantine:
    """Keeps refused events, gives them back, and notes what was decided about them."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def keep(self, cursor: Cursor, refused: Iterable[tuple[Received, Verdict]]) -> None:
        """Keep refused events, in the transaction of their batch."""
        kept: dict[UUID, tuple[int, str, Verdict, bytes]] = {}
        for received, verdict in refused:
            packed = _pack(received)
            kept_as = self._id(received.origin, packed)
            kept[kept_as] = (len(kept), received.origin, verdict, packed)
        if not kept:
            return
        key = self._key()
        rows = [
            (
                str(kept_as),
                origin,
                verdict.kind,
                _sealed(key, _said(verdict), kept_as=kept_as),
                _sealed(key, packed, kept_as=kept_as),
                at,
            )
            # One order for everybody: two imports of one file never deadlock.
            for kept_as, (at, origin, verdict, packed) in sorted(kept.items())
        ]
        execute_values(cursor, INSERT, rows, ROW, page_size=500)

    def held(self, limit: int = PAGE_MAX) -> list[Held]:
        """Return what waits for a decision, oldest first, without the bytes."""
        return list(self.page(HeldQuery(limit=limit)).items)

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many events are there, by state and by the verdict that put them there."""
        with self._log.transaction() as transaction:
            transaction.cursor.execute(COUNT)
            found = transaction.cursor.fetchall()
        return {(state, verdict): number for state, verdict, number in found}

    def page(self, query: HeldQuery, *, with_bytes: bool = False) -> HeldPage:
        """Return a page of events.

        Raises:
            QuarantineCursorInvalid: `query.after` is no cursor of ours.
        """
        limit = min(query.limit, PAGE_MAX)
        with self._log.transaction() as transaction:
            transaction.cursor.execute(SELECT_PAGE, _asked(query, limit, with_bytes=with_bytes))
            rows = transaction.cursor.fetchall()
        key = self._key()
        items = [_held(row, key) for row in rows[:limit]]
        return HeldPage(items, cursor_at(items[-1].place) if len(rows) > limit else None)

    def get(self, quarantine_id: UUID) -> Held | None:
        """Return one refused event with its original bytes, or None when there is none."""
        with self._log.transaction() as transaction:
            transaction.cursor.execute(SELECT_ONE, (str(quarantine_id),))
            row = transaction.cursor.fetchone()
        return None if row is None else _held(row, self._key())

    def existing(self, quarantine_id: UUID) -> Held:
        """Return one refused event with its original bytes.

        Raises:
            NotQuarantined: there is none under this id.
        """
        held = self.get(quarantine_id)
        if held is None:
            raise NotQuarantined
        return held

    def note_retried(
        self, cursor: Cursor, judged: Iterable[tuple[UUID, Verdict]], *, by: str
    ) -> None:
        """Note what became of events that were offered again, in the transaction of that."""
        key = self._key()
        for kept_as, verdict in sorted(judged):
            if verdict.is_refused:
                said = _sealed(key, _said(verdict), kept_as=kept_as)
                cursor.execute(UPDATE_REFUSED_AGAIN, (verdict.kind, said, str(kept_as)))
            elif verdict.kind == "suppressed":
                decision = _decision(key, by, reason=ERASED, kept_as=kept_as)
                cursor.execute(UPDATE_ERASED, (decision, str(kept_as)))
            else:
                decision = _decision(key, by, reason=RETRIED, kept_as=kept_as)
                cursor.execute(UPDATE_STORED, (verdict.position, decision, str(kept_as)))

    def discard(self, ids: Sequence[UUID], *, by: str, reason: str) -> list[UUID]:
        """Decide that held events shall not be stored; return those that were held until now.

        Their bytes stay, sealed: whoever asks later finds what was discarded, and why.
        """
        key = self._key()
        discarded = []
        with self._log.transaction() as transaction:
            for kept_as in sorted(set(ids)):
                decision = _decision(key, by, reason=reason, kept_as=kept_as)
                transaction.cursor.execute(UPDATE_DISCARDED, (decision, str(kept_as)))
                if transaction.cursor.rowcount:
                    discarded.append(kept_as)
        return discarded

    def _key(self) -> StreamKey:
        stream = self._log.reader.token(STREAM)
        return self._log.keys_for([stream])[stream]

    def _id(self, origin: str, packed: bytes) -> UUID:
        """Return the same id for the same bytes from the same place; keyed, so it tells nothing."""
        handle = Handle(STREAM.type, sha256(packed).hexdigest(), origin)
        return UUID(bytes=self._log.reader.token(handle))


def _asked(query: HeldQuery, limit: int, *, with_bytes: bool) -> dict[str, Any]:
    place = None if query.after is None else place_of(query.after)
    return {
        "state": query.state,
        "verdict": query.verdict,
        "origin": _beginning(query.origin) if query.origin else None,
        "first_seen": place and place.first_seen,
        "id": place and str(place.id),
        "limit": limit + 1,
        "with_bytes": with_bytes,
    }


def _beginning(text: str) -> str:
    """Return the pattern of LIKE for what begins with a text."""
    # What no text of the database can hold begins no origin.
    storable = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    escaped = storable.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"


def _said(verdict: Verdict) -> bytes:
    return json.dumps([asdict(problem) for problem in verdict.problems]).encode()


def _decision(key: StreamKey, by: str, *, reason: str, kept_as: UUID) -> bytes:
    return _sealed(key, json.dumps({"by": by, "reason": reason}).encode(), kept_as=kept_as)


def _sealed(key: StreamKey, plain: bytes, *, kept_as: UUID) -> bytes:
    return key.seal(secrets.token_bytes(NONCE_BYTES), plain, bound=kept_as.bytes)


def _held(row: tuple[Any, ...], key: StreamKey) -> Held:
    kept_as, origin, verdict, problems, state, *seen, decided_at, decision, sealed = row
    bound = UUID(kept_as).bytes
    seen_count, first_seen, last_seen, retried_count, position = seen
    packed = key.open(bytes(sealed), bound) if sealed else None
    return Held(
        UUID(kept_as),
        origin,
        verdict,
        _problems(key.open(bytes(problems), bound)),
        state,
        seen_count,
        first_seen,
        last_seen,
        retried_count,
        position,
        None if decision is None else _decided(decided_at, key.open(bytes(decision), bound)),
        None if packed is None else _unpack(packed, origin),
    )


def _problems(opened: bytes | None) -> tuple[Problem, ...]:
    return tuple(Problem(**problem) for problem in json.loads(opened or b"[]"))


def _decided(at: datetime, opened: bytes | None) -> Decided | None:
    return None if opened is None else Decided(at, **json.loads(opened))


def _pack(received: Received) -> bytes:
    """Put what came with the bytes, if anything, as one line of JSON before them.

    That is the envelope of binary mode, or a list of it and of what the way in found wrong.
    """
    about: Any = None if received.attributes is None else dict(received.attributes)
    if received.refusal is not None:
        about = [about, asdict(received.refusal)]
    line = b"" if about is None else json.dumps(about, sort_keys=True).encode()
    return line + b"\n" + received.raw


def _unpack(packed: bytes, origin: str) -> Received:
    line, _, raw = packed.partition(b"\n")
    about = json.loads(line) if line else None
    if isinstance(about, list):
        return Received(raw, origin, about[0], Problem(**about[1]))
    return Received(raw, origin, about)
