"""What other systems said about a merge or a pair: facts that a decision of ours must know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.decisions import PairSaid
from domain.decisions.decision import Facts
from domain.event import OUR_SOURCE
from domain.handles import Handle
from domain.identity.observation import distill, merge_handle
from projections.ground import Ground
from projections.identity_rows import key_or_none

SELECT_ABOUT = """
SELECT position FROM identity_waiting WHERE node_id = ANY(%s::uuid[]) AND reason = 'statement'
GROUP BY position HAVING count(DISTINCT node_id) = %s ORDER BY position
"""
SELECT_LAST_SEEN = """
SELECT last_seen FROM identity_edges WHERE kind = 'identifiers' AND last_seen IS NOT NULL
    AND ((node_id = %(one)s::uuid AND other_id = %(other)s::uuid)
        OR (node_id = %(other)s::uuid AND other_id = %(one)s::uuid))
"""
PAIR_KINDS = ("linked", "unlinked", "rejected")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def about_merge(ground: Ground, merge_id: str) -> Facts:
    """Return what other systems published of the merge with this id, oldest position first."""
    return _published(ground, [merge_handle(merge_id)])


def about_pair(ground: Ground, one: Handle, *, other: Handle) -> PairSaid:
    """Return what other systems said about two identifiers, and when they were last together."""
    published = _published(ground, [one, other])
    said = [
        fact for fact in published if getattr(distill(fact).statement, "kind", "") in PAIR_KINDS
    ]
    ids = {"one": str(ground.node_of(one)), "other": str(ground.node_of(other))}
    seen = [key_or_none(text) for (text,) in ground.rows(SELECT_LAST_SEEN, ids)]
    last = max((key[0] for key in seen if key is not None), default=None)
    return PairSaid(said, None if last is None else _EPOCH + timedelta(microseconds=last))


def _published(ground: Ground, named: list[Handle]) -> Facts:
    ids = [ground.node_of(handle).hex for handle in named]
    events = ground.load(ground.positions(SELECT_ABOUT, (ids, len(ids))))
    return [event for event in events if event.source != OUR_SOURCE]
