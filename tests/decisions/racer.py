"""A process that undoes a merge at the same time as another one."""

from __future__ import annotations

from decisions.decisions import Decisions
from domain.decisions import AlreadyDecided
from eventlog.keyring import Keyring
from tests.decisions.asked import by, unmerged


def race(url: str, kek: bytes, pepper: bytes, merge_id: str, actor: str) -> tuple[str, str]:
    """Undo the merge and return who did, or the refusal."""
    with Decisions(url, Keyring(kek, pepper)) as decisions:
        try:
            decisions.unmerge(unmerged(merge_id, actor=actor), by(actor))
        except AlreadyDecided as refused:
            return actor, str(refused)
    return actor, "decided"
