"""A proof holds for what it is about and for nothing else, bit by bit."""

from __future__ import annotations

from contextlib import closing, suppress

import pytest

from audit.errors import AuditError, NotSigned, ProofInvalid
from audit.formats.checkpoints import signed_checkpoint
from audit.formats.notes import SigningKey, new_key
from audit.formats.proofs import ConsistencyProof, InclusionProof, parse_proof
from audit.formats.tree import TreeHead
from audit.prover import Prover
from audit.signer import Signer
from eventlog.merkle import leaf_hash
from tests.audit.behind_its_back import damage
from tests.audit.conftest import Append
from tests.audit.mutations import flipped
from tests.audit.trees import NaiveTree

KEY = new_key("example.org/log")
RECORDS = [bytes([number]) * 9 for number in range(11)]
TREE = NaiveTree([leaf_hash(record) for record in RECORDS])
NOTE = signed_checkpoint(TREE.head(11), KEY)
INCLUSION = InclusionProof(6, RECORDS[6], tuple(TREE.inclusion(6, 0, 11)), NOTE)
CONSISTENCY = ConsistencyProof(5, tuple(TREE.consistency(5, 11)), NOTE)


def believed(raw: bytes) -> bool:
    """Say whether anything in these bytes is proven about the log, and the older head of it."""
    with suppress(AuditError, UnicodeDecodeError):
        proof = parse_proof(raw.decode())
        if isinstance(proof, InclusionProof):
            proof.check(KEY.verifier)
        else:
            proof.check(TREE.head(5), KEY.verifier)
        return True
    return False


@pytest.mark.parametrize("proof", [INCLUSION, CONSISTENCY], ids=["inclusion", "consistency"])
def test_every_flipped_bit_of_a_proof_is_refused(proof: InclusionProof | ConsistencyProof) -> None:
    """Record, index, path, size, root and signature: none of them can change unseen."""
    raw = proof.text.encode()
    assert believed(raw)
    changed = list(flipped(raw))
    assert len(changed) > 2_500
    assert not any(map(believed, changed))


def test_proofs_come_back_as_they_were_written() -> None:
    """Both kinds survive their text, and are told apart by it."""
    assert parse_proof(INCLUSION.text) == INCLUSION
    assert parse_proof(CONSISTENCY.text) == CONSISTENCY
    assert INCLUSION.position == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "x\n\n" + NOTE,
        NOTE,
        INCLUSION.text.replace("proof@v1", "proof@v2"),
        INCLUSION.text.replace("extra", "more"),
        INCLUSION.text.replace("index 6", "index 06"),
        INCLUSION.text.replace("index 6", "index -6"),
        INCLUSION.text.replace("index 6\n", ""),
        INCLUSION.text.replace("index 6", "index 6\n" + "\n".join(["AAAA"] * 64)),
        CONSISTENCY.text.replace("old 5", "old"),
        CONSISTENCY.text.replace("old 5", "old five"),
    ],
)
def test_what_has_not_the_form_of_a_proof_is_refused(text: str) -> None:
    """Whatever is given as a proof ends as one error."""
    with pytest.raises(ProofInvalid):
        parse_proof(text)


def test_a_consistency_proof_is_about_one_older_head() -> None:
    """It says nothing about another size or another root."""
    for other in (TREE.head(4), TreeHead(5, TREE.head(4).root)):
        with pytest.raises(ProofInvalid):
            CONSISTENCY.check(other, KEY.verifier)


def test_any_entry_of_the_log_is_proven(
    append: Append, signer: Signer, key: SigningKey, database_url: str
) -> None:
    """Every position under the newest checkpoint, and every earlier size of the log."""
    append(300)
    sizes = {head.size: head for head in signer.sign()}
    append(230)
    sizes |= {head.size: head for head in signer.sign()}
    with closing(Prover(database_url)) as prover:
        for position in (1, 2, 255, 256, 257, 300, 511, 512, 513, 530):
            proof = parse_proof(prover.inclusion(position).text)
            assert isinstance(proof, InclusionProof)
            assert proof.check(key.verifier).head == sizes[530]
            assert proof.position == position
        for size, head in sizes.items():
            proof_since = parse_proof(prover.consistency(size).text)
            assert isinstance(proof_since, ConsistencyProof)
            assert proof_since.check(head, key.verifier).head == sizes[530]
        assert prover.consistency(0).path == ()


def test_what_is_not_signed_yet_is_not_proven(
    append: Append, signer: Signer, database_url: str
) -> None:
    """A position or a size beyond the newest checkpoint has to wait for the next one."""
    append(1)
    with closing(Prover(database_url)) as prover:
        with pytest.raises(NotSigned):
            prover.inclusion(1)
        assert [head.size for head in signer.sign()] == [1]
        append(1)
        for beyond in (2, 3):
            with pytest.raises(NotSigned):
                prover.inclusion(beyond)
            with pytest.raises(NotSigned):
                prover.consistency(beyond)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log.entries SET sealed = sealed || '\\x00' WHERE position = 3",
        "UPDATE log.entries SET leaf_hash = sha256('x') WHERE position = 4",
        "UPDATE log.tree_hashes SET hash = sha256('x') WHERE number = 1",
        "UPDATE log.checkpoints SET note = replace(note, 'example.org', 'example.com')",
        "DELETE FROM log.tree_hashes",
    ],
)
def test_no_proof_is_given_that_does_not_hold(
    append: Append, signer: Signer, database_url: str, statement: str
) -> None:
    """What was changed after it was signed ends as an error where the proof is made."""
    append(600)
    assert [head.size for head in signer.sign()] == [600]
    damage(database_url, statement)
    with closing(Prover(database_url)) as prover, pytest.raises(AuditError):
        prover.inclusion(3)
