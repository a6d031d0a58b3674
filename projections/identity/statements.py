"""What other systems said about a merge, a pair or a relationship: our decisions must know it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from domain.decisions import PairSaid
from domain.decisions.decision import Facts
from domain.event import OUR_SOURCE, Event
from domain.handles import Handle
from domain.identity.observation import distill, merge_handle
from projections.identity.corrections import in_effect
from projections.identity.ground import Ground
from projections.identity.rows import key_or_none

SELECT_ABOUT = """
SELECT position FROM identity_waiting WHERE node_id = ANY(%s::uuid[]) AND reason = 'followed'
GROUP BY position HAVING count(DISTINCT node_id) = %s ORDER BY position
"""
SELECT_LAST_SEEN = """
SELECT last_seen FROM identity_edges WHERE kind = 'identifiers' AND last_seen IS NOT NULL
    AND ((node_id = %(one)s::uuid AND other_id = %(other)s::uuid)
        OR (node_id = %(other)s::uuid AND other_id = %(one)s::uuid))
"""
MERGE_KINDS = ("merged", "unmerged")
PAIR_KINDS = ("linked", "unlinked", "rejected")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def about_merge(ground: Ground, merge_id: str) -> Facts:
    """Return what other systems published of the merge with this id, oldest position first."""
    return _published(ground, [merge_handle(merge_id)], kinds=MERGE_KINDS)


def about_pair(ground: Ground, one: Handle, *, other: Handle) -> PairSaid:
    """Return what other systems said about two identifiers, and when they were last together."""
    said = _published(ground, [one, other], kinds=PAIR_KINDS)
    ids = {"one": str(ground.node_of(one)), "other": str(ground.node_of(other))}
    seen = [key_or_none(text) for (text,) in ground.rows(SELECT_LAST_SEEN, ids)]
    last = max((key[0] for key in seen if key is not None), default=None)
    return PairSaid(said, None if last is None else _EPOCH + timedelta(microseconds=last))


def about_relationship(ground: Ground, subject: Handle, *, object: Handle) -> Facts:
    """Return what other systems declared the one to be to the other, oldest position first."""
    said = _published(ground, [subject, object], kinds=("related",))
    return [fact for fact in said if fact.data.stated() == (subject, object)]


def _published(ground: Ground, named: list[Handle], *, kinds: Collection[str]) -> Facts:
    """Return the statements of these kinds that name all of these, as they read now."""
    ids = [ground.node_of(handle).hex for handle in named]
    events = ground.load(ground.positions(SELECT_ABOUT, (ids, len(ids))))
    facts = in_effect(ground.cursor, events, load=ground.load)
    return [
        fact for fact in facts if fact.source != OUR_SOURCE and _states(fact, named, kinds=kinds)
    ]


def _states(fact: Event, named: list[Handle], *, kinds: Collection[str]) -> bool:
    seen = distill(fact)
    return seen.statement is not None and seen.statement.kind in kinds and set(named) <= {*seen.own}
