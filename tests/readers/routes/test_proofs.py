"""Whoever asks for the proof of an entry gets one that holds, or none."""

from __future__ import annotations

from audit.formats.proofs import InclusionProof, parse_proof
from tests.audit.behind_its_back import damage
from tests.readers.desk import Desk

LINES = [f"2026-01-02T10:00 contact.started c{n} account_no:77{n % 9}" for n in range(5)]


def test_what_is_signed_is_proven(desk: Desk) -> None:
    """A tlog-proof of the entry at that position, checked with nothing but the log's key."""
    desk.tell(*LINES)
    list(desk.parts.signer.sign())
    for position in (1, 5):
        answer = desk.get(f"/proof/{position}")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        proof = parse_proof(answer.text)
        assert isinstance(proof, InclusionProof) and proof.position == position
        assert proof.check(desk.parts.signing_key.verifier).head.size == len(LINES)


def test_what_is_not_signed_has_no_proof(desk: Desk) -> None:
    """Before the first checkpoint, beyond the newest; the page of the replay says the same."""
    desk.tell(*LINES)
    assert "not signed yet" in desk.get("/audit/replay", identifier="account_no:770").text
    for position in (1, 6):
        answer = desk.get(f"/proof/{position}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        list(desk.parts.signer.sign())
    assert 'href="/proof/1"' in desk.get("/audit/replay", identifier="account_no:770").text


def test_what_was_changed_is_not_proven(desk: Desk, database_url: str) -> None:
    """A proof that would not hold is not given, and nothing is said of the inside."""
    desk.tell(*LINES)
    list(desk.parts.signer.sign())
    damage(database_url, "UPDATE log.entries SET source = 'elsewhere' WHERE position = 3")
    answer = desk.get("/proof/3")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert desk.get("/proof/2").status_code == 200
