"""How far the views have read; it is moved by compare and set, in the transaction of a page.

Positions live beside the log, so that everybody can see how far behind it a view is. Beside them
stands the generation of the tables: a projector that has not noticed that others took their place
moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from projections.errors import OwnershipLost, ViewsOutdated
from projections.slots import LIVE, SLOTS, Slot

GENERATION = "generation"
GATE_LOCK_ID = 0x701D041F
"""Held alone while others take the live views' place: no page is written meanwhile."""

STEPS = "first-build-steps"
"""Under this name it is counted how often whoever fills empty views came a step further."""

REFOLDS = "refolds"
"""Under this name it is counted how often a customer was folded anew where the views stood."""

INSERT_GENERATION = "INSERT INTO log.tracking VALUES (%s, 1) ON CONFLICT (name) DO NOTHING"
SELECT = "SELECT name, position FROM log.tracking WHERE name = ANY(%s) ORDER BY name"
SELECT_FRESH = "SELECT coalesce(max(position), 0) + 1 FROM log.tracking WHERE name = ANY(%s)"
UPSERT = """
INSERT INTO log.tracking (name, position) VALUES %s
ON CONFLICT (name) DO UPDATE SET position = excluded.position
"""
UPSERT_STEP = """
INSERT INTO log.tracking AS kept (name, position) VALUES (%s, 1)
ON CONFLICT (name) DO UPDATE SET position = kept.position + 1
"""
PASS_GATE = f"SELECT pg_advisory_xact_lock_shared({GATE_LOCK_ID});"  # noqa: S608 - a constant
# What a crash takes from the views it takes from the tracking too, and it is read again.
ADVANCE = """
SET LOCAL synchronous_commit = off;
UPDATE log.tracking
SET position = CASE WHEN name = %(generation_name)s THEN position ELSE %(position)s END
WHERE (name = ANY(%(names)s) AND position = %(expected)s)
    OR (name = %(generation_name)s AND position = %(generation)s)
"""
# The tables of a moment stay in their place until the transaction ends. The lock comes before the
# first query, so that the moment does not come before the tables.
KEEP_PLACES = "LOCK TABLE log.tracking IN ACCESS SHARE MODE"
ONE_MOMENT = f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; {KEEP_PLACES}"
STANDING = "SELECT json_object_agg(name, position) FROM log.tracking WHERE name = ANY({names})"
"""Part of a question about views: where they stand as it is answered; `Tracking.read` reads it."""
REPLACE = "LOCK TABLE log.tracking IN ACCESS EXCLUSIVE MODE"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far views have read, the generation of their tables, and what was mended in place.

    Where all are what they were, no other projector has written anything.
    """

    position: int
    generation: int
    refolds: int = 0


class Tracking:
    """The tracking of some views, all of which stand together, in one slot."""

    def __init__(self, names: Sequence[str], slot: Slot = LIVE) -> None:
        self._names = list(names)
        self._slot = slot
        self._tracked = [slot.named(name) for name in names]
        self._generation = slot.named(GENERATION)
        self._advance = PASS_GATE + ADVANCE if slot == LIVE else ADVANCE

    def begin(self, cursor: Cursor) -> None:
        """Track these views from the start of the log, as a new generation."""
        values = [(name, 0) for name in self._tracked]
        _write(cursor, [*values, (self._generation, fresh_generation(cursor))])

    def positions(self, cursor: Cursor) -> dict[str, int]:
        """Return the position of each view that is tracked."""
        found = _positions(cursor, self._tracked)
        pairs = zip(self._names, self._tracked, strict=True)
        return {name: found[tracked] for name, tracked in pairs if tracked in found}

    def position(self, cursor: Cursor) -> int:
        """Return the one position at which all of these views stand.

        Raises:
            ViewsOutdated: they do not stand together.
        """
        return self.looked(cursor)[0]

    def looked(self, cursor: Cursor) -> tuple[int, int | None]:
        """Return where these views stand, and the generation of their tables if it is noted.

        Raises:
            ViewsOutdated: they do not stand together.
        """
        return self.read(_positions(cursor, self.tracked))

    @property
    def tracked(self) -> list[str]:
        """Return the names under which these views, and their generation, are tracked."""
        return [*self._tracked, self._generation]

    def read(self, found: Mapping[str, int]) -> tuple[int, int | None]:
        """Return the same of what was found under their names.

        Raises:
            ViewsOutdated: they do not stand together.
        """
        newest = max((found.get(tracked, 0) for tracked in self._tracked), default=0)
        pairs = zip(self._names, self._tracked, strict=True)
        behind = [name for name, tracked in pairs if found.get(tracked) != newest]
        if behind:
            raise ViewsOutdated(views=", ".join(behind))
        return newest, found.get(self._generation)

    def standing(self, cursor: Cursor) -> Standing:
        """Return where these views stand, for a projector that is to go on from there.

        Raises:
            ViewsOutdated: they do not stand together.
        """
        cursor.execute(INSERT_GENERATION, (self._generation,))
        found = _positions(cursor, [self._generation, REFOLDS])
        return Standing(self.position(cursor), found[self._generation], found.get(REFOLDS, 0))

    def advance(self, cursor: Cursor, expected: Standing, *, position: int) -> None:
        """Move all of these views on together.

        Raises:
            OwnershipLost: one of them does not stand where expected, or others took their place.
        """
        values = {
            "names": self._tracked,
            "position": position,
            "expected": expected.position,
            "generation_name": self._generation,
            "generation": expected.generation,
        }
        cursor.execute(self._advance, values)
        if cursor.rowcount != len(self._tracked) + 1:
            raise OwnershipLost(expected=expected.position)

    def place(self, cursor: Cursor, position: int) -> None:
        """Say that all of these views have read up to a position."""
        _write(cursor, [(name, position) for name in self._tracked])


def fresh_generation(cursor: Cursor) -> int:
    """Return a generation that no tables had."""
    cursor.execute(SELECT_FRESH, ([slot.named(GENERATION) for slot in SLOTS],))
    (generation,) = cursor.fetchone() or (1,)
    return int(generation)


def note_refold(cursor: Cursor) -> None:
    """Note that customers are folded anew and the views stay where they stand."""
    cursor.execute(UPSERT_STEP, (REFOLDS,))


def note_step(cursor: Cursor) -> None:
    """Note that whoever fills empty views came a step further: their position does not tell."""
    cursor.execute(UPSERT_STEP, (STEPS,))


def steps(cursor: Cursor) -> int:
    """Return how many such steps were ever noted."""
    return _positions(cursor, [STEPS]).get(STEPS, 0)


def exchange(cursor: Cursor, names: Iterable[str], *, moves: Sequence[tuple[Slot, Slot]]) -> None:
    """Track what stood in one slot as what stands in another; who stands live is new to all."""
    every = [*names]
    found = {slot: Tracking(every, slot).positions(cursor) for slot, _ in moves}
    values = [
        (onto.named(name), position)
        for slot, onto in moves
        for name, position in found[slot].items()
    ]
    _write(cursor, [*values, (LIVE.named(GENERATION), fresh_generation(cursor))])


def _positions(cursor: Cursor, tracked: Sequence[str]) -> dict[str, int]:
    cursor.execute(SELECT, (list(tracked),))
    return dict(cursor.fetchall())


def _write(cursor: Cursor, values: Sequence[tuple[str, int]]) -> None:
    execute_values(cursor, UPSERT, values)
