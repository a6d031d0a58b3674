"""Another implementation, which is not ours, agrees with what is signed, proven and served."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from audit.formats.checkpoints import signed_checkpoint
from audit.formats.notes import COSIGNATURE, cosigned, new_key
from audit.formats.tiles import tiles_of
from audit.formats.tree import TreeHead, prove_consistency, prove_inclusion
from eventlog.merkle import leaf_hash
from tests.audit.checker import answers, b64, path_of, stored
from tests.audit.mutations import flipped
from tests.audit.trees import NaiveTree

RECORDS = [number.to_bytes(3, "big") for number in range(600)]
TREE = NaiveTree([leaf_hash(record) for record in RECORDS])
LOG = new_key("example.org/log")
WITNESS = new_key("example.org/witness", COSIGNATURE)
NOTE = signed_checkpoint(TREE.head(600), LOG).encode()
COSIGNED = cosigned(NOTE, WITNESS, at_s=1_700_000_000).encode()
SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 600)


def note_question(raw: bytes, witness: str = "") -> tuple[str, ...]:
    """Ask whether the log, and a witness if one is named, signed a note."""
    return ("note", str(LOG.verifier), witness, b64(raw))


def inclusion_question(index: int, head: TreeHead, path: Iterable[bytes]) -> tuple[str, ...]:
    """Ask whether a record stands in a tree."""
    root, record = b64(head.root), b64(RECORDS[index])
    return ("inclusion", str(head.size), root, str(index), record, path_of(path))


def consistency_question(older: TreeHead, head: TreeHead, path: Iterable[bytes]) -> tuple[str, ...]:
    """Ask whether one tree grew into another."""
    sizes = (str(head.size), b64(head.root), str(older.size), b64(older.root))
    return ("consistency", *sizes, path_of(path))


def test_notes_and_cosignatures_are_those_of_the_format() -> None:
    """What we sign opens there, and one flipped bit of it does not."""
    witness = str(WITNESS.verifier)
    assert answers([note_question(NOTE), note_question(COSIGNED, witness)]) == ["ok", "ok"]
    refused = answers([note_question(raw, witness) for raw in flipped(COSIGNED, 7)])
    assert len(refused) > 250
    # Go's base64 takes the unused bits of a last character for nothing, whatever they are.
    assert refused.count("ok") <= 8


def test_proofs_hold_there_and_changed_ones_do_not() -> None:
    """Inclusion and consistency over sizes around every boundary."""
    good, bad = [], []
    for size in SIZES:
        head = TREE.head(size)
        for index in {0, size // 2, size - 1}:
            path = prove_inclusion(index, size, nodes=TREE)
            good.append(inclusion_question(index, head, path))
            bad += [
                inclusion_question(index, head, [*path[:at], other, *path[at + 1 :]])
                for at, hash_ in enumerate(path)
                for other in islice(flipped(hash_, 37), 2)
            ]
        for older in (each for each in SIZES if each <= size):
            path = prove_consistency(older, size, nodes=TREE)
            good.append(consistency_question(TREE.head(older), head, path))
            if path:
                bad.append(consistency_question(TREE.head(older), head, path[:-1]))
    assert set(answers(good)) == {"ok"}
    assert len(bad) > 300
    assert "ok" not in answers(bad)


def test_every_record_is_proven_from_tiles_alone(tmp_path: Path) -> None:
    """Tiles at their paths in HTTP are all that the other implementation needs."""
    folder = stored(tmp_path, ((tile, TREE.tiles([tile])[0]) for tile in tiles_of(600)))
    leaves = path_of(TREE.leaves)
    question = ("tiles", str(folder), "600", b64(TREE.head(600).root), leaves)
    assert answers([question]) == ["ok"]
