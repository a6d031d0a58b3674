"""What somebody with every right in the database can do to a log, by chance but from a seed.

Each way returns the position that a verification must name, or None where no single entry is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from eventlog import merkle
from eventlog.entry import Entry
from eventlog.read import copy_entries
from eventlog.rows import COLUMNS

ALL = f"SELECT {COLUMNS} FROM log.entries ORDER BY position"
SELECT_COMMITMENTS = "SELECT uuid_send(stream_id), commitment FROM log.stream_keys"
UPDATE_HEAD = "UPDATE log.log_head SET position = %s, frontier = %s, root = %s"
FREE = [
    "SET session_replication_role = replica",
    "ALTER TABLE log.entries DROP CONSTRAINT entries_pkey CASCADE",
    "DROP INDEX log.entries_000000000000001_event_key_idx",
    "DROP INDEX log.entries_000000000000001_stream_id_stream_version_idx",
    *(
        f"ALTER TABLE log.entries ALTER COLUMN {column} DROP NOT NULL"
        for column in COLUMNS.split(", ")
        if column != "position"
    ),
    "ALTER TABLE log.entries DROP CONSTRAINT entries_leaf_hash_check",
    "ALTER TABLE log.stream_keys DROP CONSTRAINT stream_keys_check",
    "ALTER TABLE log.ingest_offsets DROP CONSTRAINT every_offset_is_accounted_for",
]
"""With triggers off and constraints gone, nothing is refused any more."""

# Each changes one column to something that it was not, whatever that was.
COLUMN_CHANGES: dict[str, tuple[str, ...]] = {
    "stream_id": ("gen_random_uuid()", "event_key", "NULL"),
    "stream_version": ("stream_version + 1", "stream_version - 1", "-stream_version - 1", "NULL"),
    "event_key": ("gen_random_uuid()", "stream_id", "NULL"),
    "type": ("type || ' '", "upper(type)", "''", "source", "NULL"),
    "source": ("source || '/'", "reverse(source) || '-'", "''", "type", "NULL"),
    "occurred_at": (
        "occurred_at + interval '1 microsecond'",
        "occurred_at - interval '1 day'",
        "'infinity'",
        "NULL",
    ),
    "recorded_at": (
        "recorded_at + interval '1 microsecond'",
        "recorded_at - interval '1 microsecond'",
        "'-infinity'",
        "NULL",
    ),
    "observed": (
        "observed || gen_random_uuid()",
        "observed || observed || stream_id",
        "array_append(observed, NULL)",
        "array_prepend(event_key, observed)",
        "('[0:0]={{' || stream_id || '}}')::uuid[]",
        "ARRAY[[stream_id], [event_key]]",
        "trim_array(observed, 1)",
        "NULL",
    ),
    "sealed": (
        "set_byte(sealed, {byte}, get_byte(sealed, {byte}) # {bits})",
        "substr(sealed, 1, octet_length(sealed) - 1)",
        "substr(sealed, 2)",
        r"sealed || '\x00'",
        "''",
        "sha256(sealed)",
        "NULL",
    ),
    "leaf_hash": (
        "set_byte(leaf_hash, {small}, get_byte(leaf_hash, {small}) # {bits})",
        "sha256(leaf_hash)",
        "''",
        "NULL",
    ),
}


@dataclass(slots=True)
class Tamperer:
    """Damages a log of `size` entries over a cursor, each time by the next chance."""

    cursor: Cursor
    chance: random.Random
    size: int

    def do(self, statement: str, *parameters: object) -> None:
        """Execute what must change something."""
        self.cursor.execute(statement, parameters or None)
        assert self.cursor.rowcount > 0, statement

    def place(self) -> int:
        """Return a position by chance."""
        return self.chance.randint(1, self.size)

    def column(self, name: str, expression: str, position: int) -> None:
        """Change one column of one entry."""
        filled = expression.format(
            byte=self.chance.randrange(60),
            small=self.chance.randrange(32),
            bits=self.chance.randint(1, 255),
        )
        self.do(
            f"UPDATE log.entries SET {name} = {filled}"
            f" WHERE position = {position} AND {name} IS DISTINCT FROM {filled}"
        )

    def entries(self) -> list[tuple[Entry, bytes]]:
        """Return the rows, each with the leaf that it now gives."""
        self.cursor.execute(SELECT_COMMITMENTS)
        commitments = {bytes(stream): bytes(made) for stream, made in self.cursor.fetchall()}
        entries = copy_entries(self.cursor, ALL)
        return [(entry, entry.leaf(commitments[entry.stream_id.bytes])) for entry in entries]

    def leaves(self) -> list[bytes]:
        """Return the leaves that the rows now give."""
        return [leaf for _, leaf in self.entries()]

    def cover_leaves(self) -> list[bytes]:
        """Make every stored leaf hash fit its row."""
        entries = self.entries()
        for entry, leaf in entries:
            if entry.leaf_hash != leaf:
                update = "UPDATE log.entries SET leaf_hash = %s WHERE position = %s"
                self.do(update, leaf, entry.position)
        return [leaf for _, leaf in entries]

    def cover_head(self, leaves: list[bytes]) -> None:
        """Make the head fit the leaves, and the kept hashes of the tree as well."""
        frontier = merkle.extend([], leaves, size=0)
        self.do(UPDATE_HEAD, len(leaves), merkle.pack(frontier), merkle.root(frontier))
        for number in range(len(leaves) >> 8):
            tile = merkle.root(merkle.extend([], leaves[number << 8 : (number + 1) << 8], size=0))
            self.do("UPDATE log.tree_hashes SET hash = %s WHERE number = %s", tile, number)


Way = Callable[[Tamperer], int | None]


def changed_column(name: str, expression: str) -> Way:
    """Change a column and nothing else."""

    def way(tamperer: Tamperer) -> int:
        position = tamperer.place()
        tamperer.column(name, expression, position)
        return position

    return way


def deleted(tamperer: Tamperer) -> int:
    """Delete an entry."""
    position = tamperer.place()
    tamperer.do("DELETE FROM log.entries WHERE position = %s", position)
    return position


def cut_off(tamperer: Tamperer) -> int:
    """Delete the newest entries."""
    position = tamperer.place()
    tamperer.do("DELETE FROM log.entries WHERE position >= %s", position)
    return position


def swapped(*columns: str) -> Way:
    """Exchange columns between two entries."""

    def way(tamperer: Tamperer) -> int:
        one, other = sorted(tamperer.chance.sample(range(1, tamperer.size + 1), 2))
        values = ", ".join(f"{name} = theirs.{name}" for name in columns)
        tamperer.do(
            f"UPDATE log.entries AS mine SET {values} FROM log.entries AS theirs"
            f" WHERE (mine.position, theirs.position) IN (({one}, {other}), ({other}, {one}))"
        )
        return one

    return way


def reordered(tamperer: Tamperer) -> None:
    """Exchange two whole entries: each row is as it was, only its place is another's."""
    swapped(*COLUMNS.split(", ")[1:])(tamperer)


def inserted_twice(tamperer: Tamperer) -> int:
    """Insert an entry again, at its own position."""
    position = tamperer.place()
    tamperer.do(
        f"INSERT INTO log.entries {ALL.replace('ORDER', 'WHERE position = %s ORDER')}", position
    )
    return position


def inserted_between(tamperer: Tamperer) -> int:
    """Insert an entry and move all that follow it on."""
    position = tamperer.place()
    tamperer.cursor.execute(
        "UPDATE log.entries SET position = position + 1 WHERE position > %s", (position,)
    )
    later = COLUMNS.replace("position", "position + 1", 1)
    tamperer.do(
        f"INSERT INTO log.entries SELECT {later} FROM log.entries WHERE position = %s", position
    )
    return position + 1


def inserted_after_the_end(tamperer: Tamperer) -> int:
    """Insert an entry that the head knows nothing of."""
    beyond = COLUMNS.replace("position", f"{tamperer.size + tamperer.place()} AS position", 1)
    tamperer.do(
        f"INSERT INTO log.entries SELECT {beyond} FROM log.entries WHERE position = %s"
        " RETURNING position",
        tamperer.place(),
    )
    (position,) = tamperer.cursor.fetchone() or (0,)
    return int(position)


def rewritten(tamperer: Tamperer) -> None:
    """Change an entry and its leaf hash together."""
    tamperer.column("sealed", COLUMN_CHANGES["sealed"][0], tamperer.place())
    tamperer.cover_leaves()


def rewritten_with_its_tree(tamperer: Tamperer) -> None:
    """Change an entry, its leaf hash, and everything in the database that follows from it."""
    tamperer.column("sealed", COLUMN_CHANGES["sealed"][0], tamperer.place())
    tamperer.cover_head(tamperer.cover_leaves())


def cut_off_with_its_tree(tamperer: Tamperer) -> int:
    """Make the log what it was before, as a restored backup has it."""
    position = tamperer.chance.randint(257, tamperer.size)
    tamperer.do("DELETE FROM log.entries WHERE position >= %s", position)
    tamperer.cover_head(tamperer.leaves())
    tamperer.do("UPDATE log.log_head SET recorded_at = (SELECT max(recorded_at) FROM log.entries)")
    tamperer.cursor.execute("DELETE FROM log.checkpoints WHERE size >= %s", (position,))
    tamperer.cursor.execute(
        "UPDATE log.tracking SET position = least(position, %s)", (position - 1,)
    )
    return position


def statement(*statements: str) -> Way:
    """Change what stands beside the entries."""

    def way(tamperer: Tamperer) -> None:
        by_chance = {
            "place": tamperer.place(),
            "bits": tamperer.chance.randint(1, 255),
            "small": tamperer.chance.randrange(32),
        }
        for one in statements:
            tamperer.do(one.format(**by_chance))

    return way


A_LIVING_KEY = """stream_id = (SELECT key.stream_id FROM log.stream_keys AS key
    JOIN log.entries USING (stream_id) WHERE wrapped IS NOT NULL
    ORDER BY position OFFSET {place} % 100 LIMIT 1)"""
BESIDE: dict[str, tuple[str, ...]] = {
    "another commitment": (
        f"UPDATE log.stream_keys SET commitment = sha256(commitment) WHERE {A_LIVING_KEY}",
    ),
    "another key": (
        "UPDATE log.stream_keys AS mine SET wrapped = theirs.wrapped FROM log.stream_keys AS theirs"
        " WHERE theirs.stream_id <> mine.stream_id AND theirs.wrapped IS NOT NULL"
        f" AND mine.{A_LIVING_KEY}",
    ),
    "a flipped key": (
        "UPDATE log.stream_keys SET wrapped = set_byte(wrapped, {small}, get_byte(wrapped, {small})"
        f" # {{bits}}) WHERE {A_LIVING_KEY}",
    ),
    "a deleted key": (f"DELETE FROM log.stream_keys WHERE {A_LIVING_KEY}",),
    "a key destroyed without a word": (
        f"UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now() WHERE {A_LIVING_KEY}",
    ),
    "a key that came back": (
        "UPDATE log.stream_keys SET destroyed_at = NULL, wrapped = sha256('x') WHERE destroyed_at"
        " IS NOT NULL",
    ),
    "a fence that is gone": ("DELETE FROM log.destroyed_keys",),
    "a number of destructions": ("UPDATE log.log_head SET keys_destroyed = keys_destroyed + 1",),
    "a key and its fence": (
        "UPDATE log.stream_keys SET destroyed_at = NULL, wrapped = sha256('x') WHERE destroyed_at"
        " IS NOT NULL",
        "DELETE FROM log.destroyed_keys",
        "UPDATE log.log_head SET keys_destroyed = 0",
    ),
    "no head": ("DELETE FROM log.log_head",),
    "a head before": ("UPDATE log.log_head SET position = position - 1",),
    "a head beyond": ("UPDATE log.log_head SET position = position + {place}",),
    "another root": ("UPDATE log.log_head SET root = sha256(root)",),
    "another frontier": (
        "UPDATE log.log_head SET frontier = set_byte(frontier, {small}, get_byte(frontier, {small})"
        " # {bits})",
    ),
    "another time of the head": (
        "UPDATE log.log_head SET recorded_at = recorded_at + interval '1 microsecond'",
    ),
    "other secrets": ("UPDATE log.key_checks SET commitment = sha256(commitment)",),
    "no secrets": ("DELETE FROM log.key_checks",),
    "another count of offsets": ("UPDATE log.ingest_offsets SET stored = stored + 1",),
    "an offset left out": ("UPDATE log.ingest_offsets SET next_offset = next_offset + 1",),
    "offsets said to be moved": (
        "UPDATE log.ingest_offsets SET next_offset = next_offset + 5, moved = moved + 5",
    ),
    "a move that is gone": ("DELETE FROM log.ingest_moves WHERE from_offset IS NOT NULL",),
    "more stored than there is": (
        "UPDATE log.ingest_offsets SET stored = stored + 1000, next_offset = next_offset + 1000",
    ),
    "a reader ahead of the log": ("UPDATE log.tracking SET position = position + 1000",),
    "a hash of the tree": ("UPDATE log.tree_hashes SET hash = sha256(hash)",),
    "no hash of the tree": ("DELETE FROM log.tree_hashes",),
    "a hash too many": (
        "INSERT INTO log.tree_hashes SELECT level, number + 1, hash FROM log.tree_hashes",
    ),
    "a hash of a level too many": (
        "INSERT INTO log.tree_hashes SELECT level + 1, 0, hash FROM log.tree_hashes",
    ),
    "another signature": (
        # One character of it becomes another one, whichever it was.
        "UPDATE log.checkpoints SET note = overlay(note placing CASE substr(note, length(note) - 8,"
        " 1) WHEN 'A' THEN 'B' ELSE 'A' END from length(note) - 8)"
        " WHERE size = (SELECT min(size) FROM log.checkpoints)",
    ),
    "another note": ("UPDATE log.checkpoints SET note = overlay(note placing 'X' from 1)",),
    "another size of a checkpoint": ("UPDATE log.checkpoints SET size = size - 1",),
    "another signer": ("UPDATE log.checkpoints SET signer = 'x' || signer",),
    "no checkpoint": ("DELETE FROM log.checkpoints",),
}

WAYS: dict[str, Way] = {
    **{
        f"{name} = {expression}": changed_column(name, expression)
        for name, expressions in COLUMN_CHANGES.items()
        for expression in expressions
    },
    "deleted": deleted,
    "cut off": cut_off,
    "swapped ciphertexts": swapped("sealed"),
    "swapped ciphertexts and keys": swapped("sealed", "event_key", "stream_id"),
    "swapped hashes": swapped("leaf_hash"),
    "reordered": reordered,
    "inserted twice": inserted_twice,
    "inserted between": inserted_between,
    "inserted after the end": inserted_after_the_end,
    "rewritten": rewritten,
    "rewritten with its tree": rewritten_with_its_tree,
    "cut off with its tree": cut_off_with_its_tree,
    **{name: statement(*statements) for name, statements in BESIDE.items()},
}
