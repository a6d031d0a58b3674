"""What proofs cost: made and checked in a log of 10 million entries, and the tree in the append.

The tree of 10 million leaves is made up: of the tiles that are asked for, every entry is there as
an append would have written it; of all others, only the hash that stands for them above.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from statistics import median, quantiles

import psycopg2
from psycopg2.extensions import cursor as Cursor

from audit.formats.checkpoints import signed_checkpoint
from audit.formats.notes import SigningKey, new_key
from audit.formats.proofs import InclusionProof, parse_proof
from audit.formats.tiles import HEIGHT, WIDTH, TileHash
from audit.formats.tree import TreeHead
from audit.kept import KeptCheckpoint, keep
from audit.prover import Prover
from audit.signer import Signer
from bench.events import raw_events
from bench.place import Place, place
from domain.decode import Accepted, decode
from eventlog import merkle
from eventlog.append import OPEN_PART, PART_ENTRIES
from eventlog.entry import EPOCH, Draft, Entry, Label, leaf_prefix, to_microseconds
from eventlog.log import Log
from eventlog.rows import COPY_IN, COPY_READ_BYTES, pack_rows, stream_of_rows

LEAVES = 10_000_000
TILES_FILLED = 40
PROOFS = 400
TREE_EVENTS = 20_000
SIGNED_EVENTS = 50_000
BATCH = 5_000
LIMIT_MS = 20.0


@dataclass(frozen=True, slots=True)
class Costs:
    """Milliseconds for a proof that is made and checked, and what hashing costs elsewhere."""

    proof_ms_median: float
    proof_ms_p99: float
    tree_share_of_append: float
    hashed_anew_s: float


def measure(here: Place, append_s: float) -> Costs:
    """Measure proofs, and the tree's share of an append of `append_s` events a second."""
    taken = sorted(proof_times_ms(here))
    return Costs(
        proof_ms_median=median(taken),
        proof_ms_p99=quantiles(taken, n=100)[98],
        tree_share_of_append=tree_s_per_event(here) * append_s,
        hashed_anew_s=hashed_anew_s(here),
    )


def proof_times_ms(here: Place) -> list[float]:
    """Return how long it took to make and check each of many proofs, all of different entries."""
    key = new_key("bench.example/log")
    chance = random.Random(1)  # noqa: S311 - chance, not secrets
    with here.database() as url:
        filled = _filled(url, here, key=key)
        positions = [chance.choice(filled) * WIDTH + chance.randrange(WIDTH) for _ in range(PROOFS)]
        with closing(Prover(url)) as prover:
            prover.inclusion(positions[0] + 1)
            return [_timed_ms(prover, min(at, LEAVES - 1) + 1, key=key) for at in positions]


def tree_s_per_event(here: Place) -> float:
    """Return the seconds that an append spends on the leaf and the tree of one event."""
    with here.database() as url, closing(Log(url, here.keyring)) as log:
        drafts = _drafts(log, TREE_EVENTS)
        log.append(drafts)
        entries = log.reader.read(0, TREE_EVENTS)
    labels = [_label(entry) for entry in entries]
    begun = time.perf_counter()
    for label, entry in zip(labels, entries, strict=True):
        leaf_prefix(label, entry.sealed, key_commitment=bytes(32))
    frontier: list[bytes] = []
    for start in range(0, len(drafts), BATCH):
        leaves = [draft.leaf(1, start) for draft in drafts[start : start + BATCH]]
        frontier = merkle.extend(frontier, leaves, size=start)
        merkle.root(frontier)
    return (time.perf_counter() - begun) / len(drafts)


def hashed_anew_s(here: Place) -> float:
    """Return how many entries a second a signer hashes anew before it signs."""
    with here.database() as url:
        with closing(Log(url, here.keyring)) as log:
            for start in range(0, SIGNED_EVENTS, BATCH):
                log.append(log.draft(_accepted(start, BATCH)))
        record = here.home / f"signed-{time.monotonic_ns()}"
        with closing(Signer(url, new_key("bench.example/log"), record=record)) as signer:
            begun = time.perf_counter()
            signed = [head.size for head in signer.sign()]
            taken = time.perf_counter() - begun
    if signed[-1] != SIGNED_EVENTS:
        raise RuntimeError("not everything was signed")
    return SIGNED_EVENTS / taken


def _timed_ms(prover: Prover, position: int, *, key: SigningKey) -> float:
    begun = time.perf_counter()
    proof = parse_proof(prover.inclusion(position).text)
    if not isinstance(proof, InclusionProof):
        raise RuntimeError("another kind of proof")
    proof.check(key.verifier)
    return (time.perf_counter() - begun) * 1_000


def _filled(url: str, here: Place, *, key: SigningKey) -> list[int]:
    """Make a log of LEAVES entries up, sign it, and return which tiles of leaves are there."""
    chance = random.Random(2)  # noqa: S311 - chance, not secrets
    whole = LEAVES // WIDTH
    chosen = sorted({*chance.sample(range(whole), TILES_FILLED), whole})
    with closing(Log(url, here.keyring)) as log:
        supply = iter(_drafts(log, WIDTH * len(chosen)))
    with _superuser(url) as cursor:
        for first in range(1, LEAVES, PART_ENTRIES):
            cursor.execute(OPEN_PART, (first, first + PART_ENTRIES - 1))
        leaves = {tile: _fill(cursor, tile, drafts=islice(supply, _width(tile))) for tile in chosen}
        row = [
            merkle.root(merkle.extend([], leaves[tile], size=0)) if tile in leaves else _anything()
            for tile in range(whole)
        ]
        hashes, head = _grown(row, leaves[whole])
        note = signed_checkpoint(head, key)
        keep(cursor, KeptCheckpoint(str(key.verifier), head.size, note), hashes=hashes)
    return chosen


def _grown(row: list[bytes], last: Sequence[bytes]) -> tuple[list[TileHash], TreeHead]:
    """Return all hashes above level 0 over the roots of its full tiles, and the head."""
    hashes, level, rest = [], 1, merkle.extend([], last, size=0)
    frontiers = []
    while row:
        hashes += [TileHash(level, number, hash_) for number, hash_ in enumerate(row)]
        full = len(row) // WIDTH * WIDTH
        frontiers.append(merkle.extend([], row[full:], size=0))
        row = [
            merkle.root(merkle.extend([], row[at : at + WIDTH], size=0))
            for at in range(0, full, WIDTH)
        ]
        level += 1
    frontier = [hash_ for each in reversed(frontiers) for hash_ in each] + rest
    return hashes, TreeHead(LEAVES, merkle.root(frontier))


def _fill(cursor: Cursor, tile: int, *, drafts: Iterator[Draft]) -> list[bytes]:
    """Write the entries of one tile of leaves; return those."""
    recorded_us, there = to_microseconds(EPOCH), list(drafts)
    # Each stream has every version once: the position will do.
    versions = range(tile * WIDTH + 1, tile * WIDTH + 1 + len(there))
    leaves = [
        draft.leaf(version, recorded_us) for draft, version in zip(there, versions, strict=True)
    ]
    rows = pack_rows(there, versions, leaves=leaves, after=tile * WIDTH, recorded_us=recorded_us)
    cursor.copy_expert(COPY_IN, stream_of_rows(rows), COPY_READ_BYTES)
    return leaves


def _width(tile: int) -> int:
    return min(WIDTH, LEAVES - (tile << HEIGHT))


def _anything() -> bytes:
    return os.urandom(merkle.HASH_BYTES)


def _drafts(log: Log, count: int) -> list[Draft]:
    return [draft for draft in log.draft(_accepted(0, count)) if draft is not None]


def _label(entry: Entry) -> Label:
    occurred_us = to_microseconds(entry.occurred_at)
    names = (entry.type, entry.source, occurred_us, entry.observed)
    return Label(entry.stream_id.bytes, entry.event_key.bytes, *names)


def _accepted(start: int, count: int) -> list[Accepted]:
    now = EPOCH.replace(year=2100)
    decoded = [decode(raw, now=now) for raw in islice(raw_events(start + count), start, None)]
    return [one for one in decoded if isinstance(one, Accepted)]


@contextmanager
def _superuser(url: str) -> Iterator[Cursor]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        yield cursor
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE log.entries, log.tree_hashes, log.stream_keys")


def main() -> None:
    """Measure proofs alone, and print what was found."""
    with place() as here:
        for name, value in asdict(measure(here, append_s=1.0)).items():
            print(f"{name}: {value:.6g}")


if __name__ == "__main__":
    main()
