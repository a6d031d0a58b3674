"""What is asked of the identity view: who a handle names, now or as was known at a position.

Looking somebody up never creates a customer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.handles import Handle
from domain.identity.match import KnownIdentifier, Match
from domain.identity.nodes import belong_together
from domain.identity.observation import rank
from projections.identity.rows import key_or_none

# A call centre's number has thousands of customers; beyond this the answer is "maybe" all the same.
CANDIDATES_READ_MAX = 20_000

NAMED = """
SELECT coalesce(node.customer_id, owner.customer_id) AS customer_id, node.is_shared,
    node.type, node.issuer, node.value
FROM identity_nodes AS node LEFT JOIN identity_nodes AS owner ON owner.node_id = node.owner_id
WHERE node.node_id = {node}
"""
"""Part of a question: whom an identifier, a reference or an id of a customer names."""
IDENTIFIERS = """
SELECT json_agg(json_build_array(type, value, issuer, is_verified)) FROM identity_nodes
WHERE customer_id = {customer}
"""
"""Part of a question: a customer's identifiers; `Named` holds both."""
SELECT_NAMED = f"""
SELECT customer_id::text, is_shared, type, issuer, value,
    ({IDENTIFIERS.format(customer="named.customer_id")})
FROM ({NAMED.format(node="%s::uuid")}) AS named
"""  # noqa: S608 - constants above
SELECT_IDENTIFIERS = IDENTIFIERS.format(customer="%s::uuid")
SELECT_BESIDE = """
SELECT uuid_send(other.customer_id), other.type, edge.last_seen, edge.said, edge.said_key
FROM (
    SELECT other_id AS id, last_seen, said, said_key FROM identity_edges
    WHERE node_id = %(id)s::uuid AND kind = 'identifiers'
    UNION ALL
    SELECT node_id, last_seen, said, said_key FROM identity_edges
    WHERE other_id = %(id)s::uuid AND kind = 'identifiers'
) AS edge JOIN identity_nodes AS other ON other.node_id = edge.id
WHERE other.customer_id IS NOT NULL LIMIT %(limit)s
"""
SELECT_BY_VALUE = """
SELECT uuid_send(coalesce(node.customer_id, owner.customer_id)), node.type, node.issuer, node.value
FROM identity_nodes AS node LEFT JOIN identity_nodes AS owner ON owner.node_id = node.owner_id
WHERE node.value = ANY(%s::text[]) OR node.value LIKE %s
ORDER BY length(node.value), node.value, node.type, node.node_id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Who a handle names: how surely, and the customer if it is known."""

    match: Match
    customer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer that a searched text leads to, and by what; None is nobody's or several's."""

    customer_id: UUID | None
    by: Handle


class Named(NamedTuple):
    """What the view holds of an identifier or reference, and of the customer that it names."""

    customer_id: str | None
    is_shared: bool
    type: str
    issuer: str
    value: str
    identifiers: list[tuple[str, str, str, bool]] | None

    def found(self, asked: Handle | None) -> Found | None:
        """Return whom it names; None where several share it, who have to be looked for."""
        if self.is_shared:
            return None
        by = (asked or self.handle,)
        if self.customer_id is None:
            return Found(Match("unknown", by))
        return Found(Match("known", by, 1, _known(self.identifiers)), UUID(self.customer_id))

    @property
    def handle(self) -> Handle:
        """The identifier or reference itself."""
        return Handle(self.type, self.value, self.issuer)


def look_up(cursor: Cursor, node_id: UUID, *, asked: Handle | None = None) -> Found:
    """Return whom the identifier or reference with this id names.

    Any id that a customer ever had is the id of an identifier, and so still leads to them.
    """
    cursor.execute(SELECT_NAMED, (str(node_id),))
    row = cursor.fetchone()
    if row is None:
        return found_nobody(asked)
    named = Named(*row)
    by = asked or named.handle
    return named.found(asked) or Found(
        Match("maybe", (by,), len(candidates(cursor, node_id, handle=by)))
    )


def id_now(cursor: Cursor, customer_id: UUID | None) -> UUID | None:
    """Return under which id a customer is known now: found by another question, it may be older."""
    return customer_id and (look_up(cursor, customer_id).customer_id or customer_id)


def found_nobody(asked: Handle | None) -> Found:
    """Return what an identifier leads to that nobody ever mentioned."""
    return Found(Match("unknown", (asked,) if asked else ()))


def identifiers(cursor: Cursor, customer_id: UUID) -> tuple[KnownIdentifier, ...]:
    """Return the identifiers of a customer, best first."""
    cursor.execute(SELECT_IDENTIFIERS, (str(customer_id),))
    ((found,),) = cursor.fetchall()
    return _known(found)


def search(cursor: Cursor, values: Collection[str], *, prefix: str, limit: int) -> list[Hit]:
    """Return what has one of these values, or one that begins with `prefix`; shortest first."""
    escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    cursor.execute(SELECT_BY_VALUE, (list(values), f"{escaped}%", limit))
    return [
        Hit(None if row[0] is None else UUID(bytes=bytes(row[0])), Handle(row[1], row[3], row[2]))
        for row in cursor.fetchall()
    ]


def candidates(cursor: Cursor, node_id: UUID, *, handle: Handle) -> set[UUID]:
    """Return the customers that an identifier which several share may belong to."""
    cursor.execute(SELECT_BESIDE, {"id": str(node_id), "limit": CANDIDATES_READ_MAX})
    better = [
        (said == "linked", UUID(bytes=bytes(customer)))
        for customer, type_, last_seen, said, said_key in cursor.fetchall()
        if rank(Handle(type_, "")) <= rank(handle)
        and belong_together(key_or_none(last_seen), said=said, said_key=key_or_none(said_key))
    ]
    return {customer for is_said, customer in better if is_said} or {one for _, one in better}


def _known(found: Sequence[Sequence[Any]] | None) -> tuple[KnownIdentifier, ...]:
    known = [KnownIdentifier(Handle(*one[:3]), one[3]) for one in found or ()]
    return tuple(sorted(known, key=lambda one: (rank(one.handle), one.handle)))
