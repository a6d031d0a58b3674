"""Makes proofs out of what the database keeps, and gives none that does not hold."""

from __future__ import annotations

from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from audit.entries import stored_entries
from audit.errors import NotSigned
from audit.formats.checkpoints import open_checkpoint
from audit.formats.notes import Verifier, parse_verifier
from audit.formats.proofs import ConsistencyProof, InclusionProof
from audit.formats.tiles import TiledNodes
from audit.formats.tree import TreeHead, prove_consistency, prove_inclusion, root_of
from audit.kept import AUDITOR, KeptTiles, newest
from eventlog.database import Database
from eventlog.errors import LogBroken


class Prover:
    """Proves what the log held when it was signed last."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, role=AUDITOR)

    def inclusion(self, position: int) -> InclusionProof:
        """Prove the entry at a position.

        Raises:
            NotSigned: no checkpoint covers it yet.
            LogBroken, ProofInvalid, NoteInvalid: the log is not what was signed.
        """
        with self._database.transaction() as cursor:
            signed = _newest(cursor)
            if not 0 < position <= signed.head.size:
                raise NotSigned(what=f"Position {position}")
            record = _record(cursor, position)
            nodes = TiledNodes(KeptTiles(cursor), signed.head.size)
            path = prove_inclusion(position - 1, signed.head.size, nodes=nodes)
        proof = InclusionProof(position - 1, record, tuple(path), signed.note)
        proof.check(signed.signer)
        return proof

    def consistency(self, size: int) -> ConsistencyProof:
        """Prove that the log of the first `size` entries grew into what was signed last.

        Raises:
            NotSigned: no checkpoint is that large yet.
            LogBroken, ProofInvalid, NoteInvalid: the log is not what was signed.
        """
        with self._database.transaction() as cursor:
            signed = _newest(cursor)
            if not 0 <= size <= signed.head.size:
                raise NotSigned(what=f"A log of {size} entries")
            tiles = KeptTiles(cursor)
            nodes = TiledNodes(tiles, signed.head.size)
            path = prove_consistency(size, signed.head.size, nodes=nodes)
            older = TreeHead(size, root_of(size, TiledNodes(tiles, size)))
        proof = ConsistencyProof(size, tuple(path), signed.note)
        proof.check(older, signed.signer)
        return proof

    def close(self) -> None:
        """Close the connection."""
        self._database.close()


class _Signed(NamedTuple):
    """The newest checkpoint, verified by the key that it says it was signed with."""

    head: TreeHead
    note: str
    signer: Verifier


def _newest(cursor: Cursor) -> _Signed:
    found = newest(cursor)
    if found is None:
        raise NotSigned(what="The log")
    signer = parse_verifier(found.signer)
    return _Signed(open_checkpoint(found.note.encode(), signer).head, found.note, signer)


def _record(cursor: Cursor, position: int) -> bytes:
    found = list(stored_entries(cursor, position - 1, last=position))
    if not found:
        raise LogBroken(position=position, expected="an entry", found="none")
    return found[0].record
