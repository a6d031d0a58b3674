"""Makes proofs out of what the database keeps, and gives none that does not hold."""

from __future__ import annotations

from audit.checkpoints import open_checkpoint
from audit.entries import stored_entries
from audit.errors import NotSigned
from audit.kept import AUDITOR, KeptTree
from audit.notes import Verifier, parse_verifier
from audit.proofs import ConsistencyProof, InclusionProof
from audit.tiles import TiledNodes
from audit.tree import TreeHead, prove_consistency, prove_inclusion, root_of
from eventlog.database import Database
from eventlog.errors import LogBroken


class Prover:
    """Proves what the log held when it was signed last."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, role=AUDITOR)
        self._tree = KeptTree(self._database)

    def inclusion(self, position: int) -> InclusionProof:
        """Prove the entry at a position.

        Raises:
            NotSigned: no checkpoint covers it yet.
            LogBroken, ProofInvalid, NoteInvalid: the log is not what was signed.
        """
        head, note, signer = self._newest()
        if not 0 < position <= head.size:
            raise NotSigned(what=f"Position {position}")
        record = self._record(position)
        nodes = TiledNodes(self._tree, head.size)
        path = prove_inclusion(position - 1, head.size, nodes=nodes)
        proof = InclusionProof(position - 1, record, tuple(path), note)
        proof.check(signer)
        return proof

    def consistency(self, size: int) -> ConsistencyProof:
        """Prove that the log of the first `size` entries grew into what was signed last.

        Raises:
            NotSigned: no checkpoint is that large yet.
            LogBroken, ProofInvalid, NoteInvalid: the log is not what was signed.
        """
        head, note, signer = self._newest()
        if not 0 <= size <= head.size:
            raise NotSigned(what=f"A log of {size} entries")
        path = prove_consistency(size, head.size, nodes=TiledNodes(self._tree, head.size))
        proof = ConsistencyProof(size, tuple(path), note)
        older = TreeHead(size, root_of(size, TiledNodes(self._tree, size)))
        proof.check(older, signer)
        return proof

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _newest(self) -> tuple[TreeHead, str, Verifier]:
        newest = self._tree.newest()
        if newest is None:
            raise NotSigned(what="The log")
        signer = parse_verifier(newest.signer)
        head = open_checkpoint(newest.note.encode(), signer).head
        return head, newest.note, signer

    def _record(self, position: int) -> bytes:
        with self._database.transaction() as cursor:
            found = list(stored_entries(cursor, position - 1, last=position))
        if not found:
            raise LogBroken(position=position, expected="an entry", found="none")
        return found[0].record
