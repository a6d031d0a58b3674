"""Events that read otherwise than they did: what they said is withdrawn, and the rest told again.

Corrections, retractions and erasures come here. Afterwards the tables are those that reading the
log from its start would have given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.handles import Handle
from domain.identity.nodes import Edge, Node, Reference
from domain.identity.observation import Observation, observations
from domain.identity.placing import owners
from projections.identity import corrections
from projections.identity.corrections import Load, Log
from projections.identity.rows import GraphRows, NodeOf

Pair = tuple[UUID, int]

VERDICTS = ("linked", "unlinked", "rejected")
# A telephone; an e-mail address or an account is not shared by thousands.
CROWDED_RANK = 2

SELECT_BESIDE = """
SELECT other_id::text FROM identity_edges WHERE node_id = ANY(%s::uuid[])
UNION SELECT node_id::text FROM identity_edges WHERE other_id = ANY(%s::uuid[])
"""
SELECT_INTRODUCED = """
SELECT other_id::text FROM identity_edges WHERE kind <> 'identifiers' AND node_id = ANY(%s::uuid[])
UNION
SELECT node_id::text FROM identity_edges WHERE kind <> 'identifiers' AND other_id = ANY(%s::uuid[])
"""
SELECT_HELD = """
SELECT customer_id::text, position FROM identity_entries WHERE customer_id IN (
    SELECT customer_id FROM identity_nodes WHERE node_id = ANY(%(nodes)s::uuid[])
    UNION SELECT owner.customer_id FROM identity_nodes AS node
    JOIN identity_nodes AS owner ON owner.node_id = node.owner_id
    WHERE node.node_id = ANY(%(nodes)s::uuid[]))
"""
SELECT_WAITING = "SELECT DISTINCT position FROM identity_waiting WHERE node_id = ANY(%s::uuid[])"
SELECT_WAITING_UNDER = """
SELECT DISTINCT node_id::text FROM identity_waiting WHERE position = ANY(%s)
"""
DELETE_WAITING_AT = "DELETE FROM identity_waiting WHERE position = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Revision:
    """What the events of a page say, given the corrections there are, and what to decide anew.

    `positions` are older entries that read otherwise or not at all any more; `held` tells whose
    they were.
    """

    seen: Sequence[Observation]
    positions: frozenset[int] = frozenset()
    held: frozenset[Pair] = frozenset()


@dataclass(slots=True)
class Concerned:
    """A group of older events connected by corrections or erased, before and after this page."""

    before: list[Observation] = field(default_factory=list)
    after: dict[int, Observation] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    erased_ids: set[UUID] = field(default_factory=set)

    @property
    def positions(self) -> set[int]:
        """The older entries of the group."""
        return {one.position for one in self.before} | self.erased

    @property
    def changed(self) -> list[Observation]:
        """What those said that now say something else about who somebody is."""
        return [one for one in self.before if one.said != self.after[one.position].said]


class Revising:
    """Revises the graph of one transaction."""

    def __init__(
        self, rows: GraphRows, cursor: Cursor, *, node_of: NodeOf, load: Load, log: Log
    ) -> None:
        self._rows = rows
        self._cursor = cursor
        self._node_of = node_of
        self._load = load
        self._log = log

    def page(self, told: Sequence[Observation], *, erased: Collection[UUID]) -> Revision:
        """Read what a page tells as it reads now; withdraw what older events do not say any more.

        What is told was distilled from each event by itself.
        """
        cursor, load = self._cursor, self._load
        touched = corrections.note(cursor, told, load=load, log=self._log, node_of=self._node_of)
        if touched or erased:
            concerned = self._concerned(touched, told, erased=erased)
            held = self._revised(concerned)
            seen = [concerned.after.get(one.position) or one for one in told]
            return Revision(seen, frozenset(concerned.positions), frozenset(held))
        return Revision(told)

    def before_said(self, seen: Iterable[Observation]) -> None:
        """Find when two were last seen together, where now for the first time they are spoken of.

        What was unlinked can have been seen together again before anybody told of the unlinking.
        """
        said = [one.statement for one in seen if one.statement and not one.is_retracted]
        pairs = [statement.pair for statement in said if statement.kind in VERDICTS]
        edges = [edge for pair in pairs if (edge := self._edge(pair))]
        untold = [edge for edge in edges if edge.is_kept and edge.last_seen and not edge.said]
        if untold:
            # What names both names the better one, which no crowd shares.
            ends = {min(edge.one, edge.other, key=lambda end: end.rank).id for edge in untold}
            told, _ = self._gathered(ends, ends)
            both = [{edge.one.handle, edge.other.handle} for edge in untold]
            self._tell(told, lambda one: any(pair <= set(one.own) for pair in both))

    def _concerned(
        self, touched: set[int], told: Iterable[Observation], *, erased: Collection[UUID]
    ) -> Concerned:
        """Read what belongs together, without the events of this page and with them."""
        cursor = self._cursor
        new = {one.position for one in told}
        gone = self._log.filed_under(erased) if erased else {}
        group = touched | corrections.related(cursor, touched | gone.keys())
        older = self._load(sorted(group - new - gone.keys()))
        whole = [*older, *self._load(sorted(group & new))]
        concerned = Concerned(observations(older), erased=gone.keys() - new)
        if gone:
            concerned.erased_ids = set(erased).union(*gone.values())
            concerned.erased_ids |= corrections.readings_of(cursor, gone.keys() | group)
            concerned.erased_ids |= self._waiting_at(gone)
            corrections.forget(cursor, group, erased=concerned.erased)
        related = corrections.related(cursor, group)
        corrections.note_readings(
            cursor, [event for event in whole if event.position in related], node_of=self._node_of
        )
        concerned.after = {one.position: one for one in observations(whole)}
        return concerned

    def _revised(self, concerned: Concerned) -> set[Pair]:
        """Withdraw and tell again what changed; return whose the entries of the group were."""
        graph, cursor = self._rows.graph, self._cursor
        self._rows.bring_named(concerned.before)
        # What an erased correction had changed is read here as it was not read before: whose it was
        # is found by what it was read to name then.
        read = [] if concerned.erased else concerned.before
        held = {(owner, one.position) for one in read for owner in owners(one, graph)}
        changed = concerned.changed
        ids = {self._node_of(handle) for one in changed for handle in one.own}
        ids |= concerned.erased_ids
        told: set[int] = set()
        if ids:
            now = [concerned.after[one.position] for one in changed]
            self._rows.bring_named(now)
            self.before_said(now)
            parts = self._rows.parts(ids)
            quiet = set() if concerned.erased else _quiet(parts, changed)
            told, theirs = self._gathered(ids - {node.id for node in quiet}, ids)
            held |= theirs
            self._rows.withdraw(ids, parts, quiet=quiet)
        positions = concerned.positions
        cursor.execute(DELETE_WAITING_AT, (sorted(positions),))
        new = {one.position for one in (concerned.before if concerned.erased else changed)}
        self._tell(told | new, lambda one: one.position in new or self._names(one, ids))
        return {(owner, position) for owner, position in held if position in positions}

    def _gathered(self, ids: set[UUID], named: set[UUID]) -> tuple[set[int], set[Pair]]:
        """Return all older entries that name any of these, and more; and whose they are.

        An event belongs to the customer of an identifier that it names or of a reference that it
        names, or it waits under all that it names.
        """
        near = ids | self._beside(SELECT_BESIDE, ids)
        near |= self._beside(SELECT_INTRODUCED, near)
        self._cursor.execute(SELECT_HELD, {"nodes": [one.hex for one in near]})
        held = {(UUID(owner), position) for owner, position in self._cursor.fetchall()}
        self._cursor.execute(SELECT_WAITING, ([one.hex for one in named],))
        waiting = {position for (position,) in self._cursor.fetchall()}
        return {position for _, position in held} | waiting, held

    def _tell(self, positions: Collection[int], is_wanted: Callable[[Observation], bool]) -> None:
        """Tell the graph again what these events say, as they read now."""
        if positions:
            events = self._load(sorted(positions))
            read = corrections.observed(self._cursor, events, load=self._load)
            told = [one for one in read if is_wanted(one)]
            self._rows.bring_named(told)
            for one in told:
                self._rows.graph.add(one)

    def _names(self, one: Observation, ids: set[UUID]) -> bool:
        return any(self._node_of(handle) in ids for handle in one.own)

    def _beside(self, statement: str, ids: set[UUID]) -> set[UUID]:
        packed = [one.hex for one in ids]
        self._cursor.execute(statement, (packed, packed))
        return {UUID(other) for (other,) in self._cursor.fetchall()}

    def _waiting_at(self, positions: Iterable[int]) -> set[UUID]:
        self._cursor.execute(SELECT_WAITING_UNDER, (sorted(positions),))
        return {UUID(node) for (node,) in self._cursor.fetchall()}

    def _edge(self, pair: Sequence[Handle]) -> Edge | None:
        nodes = [self._rows.graph.nodes.get(handle) for handle in pair]
        one, other = nodes
        if one is None or other is None:
            return None
        self._rows.graph.complete((one, other))
        return one.edges.get(other)


def _quiet(parts: Iterable[Node | Reference], changed: Collection[Observation]) -> set[Node]:
    """Return shared telephones that others named before and verified: a crowd is not read for them.

    Each other thing that a changed event names with them leads to what names both.
    """
    first = {one.key for one in changed}
    verified = {handle for one in changed for handle in one.verified}
    return {
        part
        for part in parts
        if isinstance(part, Node)
        and part.is_shared
        and part.rank == CROWDED_RANK
        and part.first_key not in first
        and part.handle not in verified
    }
