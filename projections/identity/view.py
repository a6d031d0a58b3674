"""The identity view: whose every entry is, kept right as identifiers join, part and are shared.

New events only add to their customers; when it changes who somebody is, the entries concerned are
looked at again and the customers that gained or lost any are told to fold anew.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.identity.graph import Graph
from domain.identity.neighbourhood import Changes
from domain.identity.observation import Observation, merge_handle
from domain.identity.placing import Reason, owners, placed, reason_to_wait
from projections.binary_rows import bigint, copy_rows, row
from projections.identity.corrections import Load, Log, observed
from projections.identity.revision import Revising, Revision
from projections.identity.rows import REMEMBERED_MAX, GraphRows, NodeOf, Require
from projections.identity.written import Written
from projections.tables import read_sql
from projections.writing import execute_later

Owners = Mapping[int, tuple[UUID, ...]]

# How many fields, and each with its length.
_ENTRY = struct.Struct(">hi16siq")

SELECT_ENTRIES = """
SELECT uuid_send(customer_id), position FROM identity_entries
WHERE customer_id = ANY(%s::uuid[]) ORDER BY position
"""
SELECT_WAITING = "SELECT DISTINCT position FROM identity_waiting WHERE node_id = ANY(%s::uuid[])"
SELECT_REASONS = """
SELECT DISTINCT position, reason FROM identity_waiting WHERE position = ANY(%s)
"""
SELECT_PAIRS = """
SELECT uuid_send(customer_id), position FROM identity_entries
WHERE (customer_id, position) IN (SELECT * FROM unnest(%s::uuid[], %s::bigint[]))
"""
DELETE_ENTRIES = """
DELETE FROM identity_entries WHERE (customer_id, position) IN
    (SELECT * FROM unnest(%s::uuid[], %s::bigint[]))
"""
DELETE_WAITING = """
DELETE FROM identity_waiting WHERE (node_id, position) IN
    (SELECT * FROM unnest(%s::uuid[], %s::bigint[]))
"""
SELECT_NEWEST = """
SELECT uuid_send(wanted.customer_id), (
    SELECT max(position) FROM identity_entries AS entry
    WHERE entry.customer_id = wanted.customer_id)
FROM unnest(%s::uuid[]) AS wanted (customer_id)
"""
SELECT_INHABITED = """
SELECT DISTINCT uuid_send(customer_id) FROM identity_entries WHERE customer_id = ANY(%s::uuid[])
"""
COPY_ENTRIES = "COPY identity_entries (customer_id, position) FROM STDIN (FORMAT binary)"
COPY_WAITING = "COPY identity_waiting (node_id, position, reason) FROM STDIN (FORMAT binary)"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whose the entries of a page are, and which customers are not what they were.

    `found` are older entries that turned out to be somebody's who had nothing after them: to these
    they are new. `refold` are customers that gained others or lost some; `gone` are those that have
    none left; `known_otherwise` whom other identifiers lead to than before.
    """

    customers_of: Owners
    found: Owners = field(default_factory=dict)
    refold: frozenset[UUID] = frozenset()
    gone: frozenset[UUID] = frozenset()
    known_otherwise: frozenset[UUID] = frozenset()

    @property
    def grown(self) -> frozenset[UUID]:
        """Return whose the entries are that were found."""
        return frozenset(owner for owners in self.found.values() for owner in owners)


@dataclass(slots=True)
class Moves:
    """What is to be written: entries gained and lost by customers, entries that wait or no more.

    `fresh` are the new entries, which nobody had before.
    """

    fresh: list[tuple[UUID, int]] = field(default_factory=list)
    gained: set[tuple[UUID, int]] = field(default_factory=set)
    lost: set[tuple[UUID, int]] = field(default_factory=set)
    waiting: dict[int, tuple[Observation, Reason]] = field(default_factory=dict)
    awaited: dict[int, Observation] = field(default_factory=dict)

    @property
    def gainers(self) -> frozenset[UUID]:
        """Return who gained entries."""
        return frozenset(customer for customer, _ in self.gained)

    @property
    def losers(self) -> frozenset[UUID]:
        """Return who lost entries."""
        return frozenset(customer for customer, _ in self.lost)


class IdentityView:
    """Writes the tables `identity_*`."""

    name = "identity"

    def __init__(self, node_of: NodeOf, remembered_max: int = REMEMBERED_MAX) -> None:
        self.sql = read_sql("identity/tables.sql")
        self._node_of = node_of
        self._remembered_max = remembered_max
        self._rows = GraphRows(node_of, remembered_max)

    def forget(self) -> None:
        """Drop what is remembered between pages: a transaction did not commit."""
        self._rows.graph.release()
        self._rows = GraphRows(self._node_of, self._remembered_max)

    def begin_apart(self, require: Require, *, entries: int | None) -> None:
        """Begin with nothing in memory to resolve entries that have nothing to do with others.

        Of whatever is read back, the first position that named it is to pass `require`. Where the
        tables hold nothing that they name, what is new is not looked for: `entries` is how many are
        going to be resolved then.
        """
        self.forget()
        written = None if entries is None else Written(entries)
        self._rows = GraphRows(
            self._node_of, self._remembered_max, written=written, require=require
        )

    def resolve(
        self,
        cursor: Cursor,
        told: Sequence[Observation],
        *,
        load: Load,
        log: Log,
        erased: Collection[UUID] = (),
    ) -> Resolved:
        """Take in what a page tells and write whose its events are; `load` reads any event.

        It is told in the order of positions. `erased` are the streams that an event of the page
        tells the erasure of.
        """
        self._rows.use(cursor)
        graph = self._rows.graph
        revising = Revising(self._rows, cursor, node_of=self._node_of, load=load, log=log)
        revision = revising.page(told, erased=erased)
        seen = revision.seen
        self._rows.bring_named(seen)
        revising.before_said(seen)
        graph.complete_named(seen)
        for one in seen:
            graph.add(one)
        changes = graph.settle()
        moves = self._reconsidered(cursor, changes, revision=revision, load=load)
        found = _found(cursor, moves)
        self._rows.flush(cursor)
        customers_of: dict[int, tuple[UUID, ...]] = {}
        for one in seen:
            whose, reason = placed(one, graph)
            customers_of[one.position] = whose
            moves.fresh += [(owner, one.position) for owner in whose]
            if reason is not None:
                moves.waiting[one.position] = one, reason
        self._write(cursor, moves)
        # While rows are written, which the next statement waits for.
        self._rows.make_room()
        gone = moves.losers - _inhabited(cursor, moves.losers)
        refold = moves.gainers | moves.losers
        resolved = Resolved(customers_of, found, refold, gone, _known_otherwise(changes))
        return replace(resolved, refold=refold - gone - resolved.grown)

    def positions(self, cursor: Cursor, customers: Collection[UUID]) -> dict[UUID, list[int]]:
        """Return the positions of the entries of each customer, ascending."""
        found: dict[UUID, list[int]] = {customer: [] for customer in customers}
        for customer, position in _entries(cursor, customers):
            found[customer].append(position)
        return found

    def _reconsidered(
        self, cursor: Cursor, changes: Changes, *, revision: Revision, load: Load
    ) -> Moves:
        """Decide anew on the older entries that what changed can concern."""
        moves = Moves()
        held = set(_entries(cursor, _concerned(changes))) | revision.held
        waiting = _waiting(cursor, changes, node_of=self._node_of)
        positions = {position for _, position in held} | waiting | revision.positions
        if not positions:
            return moves
        reasons = _reasons(cursor, positions)
        seen = observed(cursor, load(sorted(positions)), load=load)
        self._rows.bring_named(seen)
        graph = self._rows.graph
        owned = {(owner, one.position) for one in seen for owner in owners(one, graph)}
        unsure = [o for o in seen if o.is_followed or reasons.get(o.position) == "tentative"]
        held |= _already(cursor, (owned | _perhaps_before(unsure, graph, changes=changes)) - held)
        moves.gained, moves.lost = owned - held, held - owned
        somebody_s = {position for _, position in owned}
        for one in seen:
            reason = reason_to_wait(one, graph, is_placed=one.position in somebody_s)
            if reason != reasons.get(one.position):
                _note(moves, one, was=reasons.get(one.position), reason=reason)
        return moves

    def _write(self, cursor: Cursor, moves: Moves) -> None:
        if moves.lost:
            execute_later(cursor, DELETE_ENTRIES, parameters=_columns(moves.lost))
        # By customer, so that the index is written in its order.
        entries = sorted(
            {_ENTRY.pack(2, 16, owner.bytes, 8, at) for owner, at in (*moves.fresh, *moves.gained)}
        )
        copy_rows(cursor, COPY_ENTRIES, rows=entries)
        if moves.awaited:
            gone = _columns(self._mentions(moves.awaited))
            execute_later(cursor, DELETE_WAITING, parameters=gone)
        waiting = {at: one for at, (one, _) in moves.waiting.items()}
        rows = (
            row((node.bytes, bigint(at), moves.waiting[at][1]))
            for node, at in sorted(self._mentions(waiting))
        )
        copy_rows(cursor, COPY_WAITING, rows=rows)

    def _mentions(self, seen: Mapping[int, Observation]) -> set[tuple[UUID, int]]:
        node_of = self._node_of
        return {(node_of(handle), at) for at, one in seen.items() for handle in one.named}


def _found(cursor: Cursor, moves: Moves) -> dict[int, tuple[UUID, ...]]:
    """Return the entries gained by customers who lost none and had nothing after them."""
    gained: dict[UUID, list[int]] = {}
    for customer, position in moves.gained:
        gained.setdefault(customer, []).append(position)
    newest = _newest(cursor, gained.keys() - moves.losers)
    found: dict[int, tuple[UUID, ...]] = {}
    for customer, its_newest in newest.items():
        if min(gained[customer]) > its_newest:
            for position in gained[customer]:
                found[position] = (*found.get(position, ()), customer)
    return found


def _newest(cursor: Cursor, customers: Collection[UUID]) -> dict[UUID, int]:
    """Return the position of each customer's newest entry, 0 where there is none."""
    if not customers:
        return {}
    cursor.execute(SELECT_NEWEST, ([customer.hex for customer in customers],))
    return {UUID(bytes=bytes(customer)): newest or 0 for customer, newest in cursor.fetchall()}


def _known_otherwise(changes: Changes) -> frozenset[UUID]:
    """Return whom an identifier led to, or leads to now, that has changed hands."""
    whose = {one for node, was in changes.nodes.items() for one in (was, node.customer)}
    return frozenset(one for one in whose if one is not None)


def _concerned(changes: Changes) -> set[UUID]:
    """Return the customers who lost what an entry of theirs can have been found by.

    What names it besides, and may now find it first, it waits under.
    """
    concerned = {was for was in (*changes.nodes.values(), *changes.references.values())}
    concerned |= {node.customer for node in changes.merged}
    return {customer for customer in concerned if customer is not None}


def _note(moves: Moves, one: Observation, *, was: str | None, reason: Reason | None) -> None:
    if was is not None:
        moves.awaited[one.position] = one
    if reason is not None:
        moves.waiting[one.position] = one, reason


def _perhaps_before(
    seen: Iterable[Observation], graph: Graph, *, changes: Changes
) -> set[tuple[UUID, int]]:
    """Return whose these can have been, of whatever they name: not only of those concerned."""
    found: set[tuple[UUID | None, int]] = set()
    for one in seen:
        for handle in one.named:
            node, reference = graph.nodes.get(handle), graph.references.get(handle)
            if reference is not None and reference in changes.references:
                found.add((changes.references[reference], one.position))
            elif reference is not None:
                node = reference.owner
            if node is not None:
                found.add((changes.nodes.get(node, node.customer), one.position))
    return {(owner, position) for owner, position in found if owner is not None}


def _waiting(cursor: Cursor, changes: Changes, *, node_of: NodeOf) -> set[int]:
    """Return the entries that wait under anything that changed."""
    nodes = [node.id.hex for node in changes.nodes if node.is_kept]
    nodes += [reference.id.hex for reference in changes.references if reference.is_kept]
    nodes += [node_of(merge_handle(merge_id)).hex for merge_id in changes.merges]
    # What undoes a merge names nobody: it is of those whom the merge is about.
    nodes += [merge.id.hex for node in changes.nodes for merge in node.merges]
    if not nodes:
        return set()
    cursor.execute(SELECT_WAITING, (nodes,))
    return {position for (position,) in cursor.fetchall()}


def _reasons(cursor: Cursor, positions: Collection[int]) -> dict[int, str]:
    """Return why those of these entries wait that do."""
    cursor.execute(SELECT_REASONS, (sorted(positions),))
    return dict(cursor.fetchall())


def _entries(cursor: Cursor, customers: Collection[UUID]) -> list[tuple[UUID, int]]:
    if not customers:
        return []
    cursor.execute(SELECT_ENTRIES, ([customer.hex for customer in customers],))
    return [(UUID(bytes=bytes(customer)), position) for customer, position in cursor.fetchall()]


def _already(cursor: Cursor, pairs: Collection[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
    """Return those of these entries that their customers have; a statement can belong to two."""
    if not pairs:
        return set()
    cursor.execute(SELECT_PAIRS, _columns(pairs))
    return {(UUID(bytes=bytes(customer)), position) for customer, position in cursor.fetchall()}


def _inhabited(cursor: Cursor, customers: Collection[UUID]) -> set[UUID]:
    if not customers:
        return set()
    cursor.execute(SELECT_INHABITED, ([customer.hex for customer in customers],))
    return {UUID(bytes=bytes(customer)) for (customer,) in cursor.fetchall()}


def _columns(pairs: Collection[tuple[UUID, int]]) -> tuple[list[str], list[int]]:
    ordered = sorted(pairs)
    return [owner.hex for owner, _ in ordered], [position for _, position in ordered]
