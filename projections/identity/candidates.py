"""Who could be meant by an identifier that several customers share, each by their best identifier.

Nothing else of them is said: that is for after somebody confirmed who it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.handles import Handle
from projections.identity.queries import candidates

# Who could be meant is listed to be chosen from; nobody chooses from more.
CANDIDATES_SHOWN_MAX = 10

SELECT_CUSTOMERS = """
SELECT DISTINCT ON (anchor.node_id) anchor.node_id::text, anchor.type, anchor.value, anchor.issuer
FROM identity_nodes AS node JOIN identity_nodes AS anchor ON anchor.node_id = node.customer_id
WHERE node.node_id = ANY(%s::uuid[])
"""


class Candidate(NamedTuple):
    """A customer who could be meant, and the identifier that they are known by."""

    customer_id: UUID
    known_by: Handle


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who could be meant, at most CANDIDATES_SHOWN_MAX, and how many they are in all."""

    shown: tuple[Candidate, ...]
    count: int
    position: int


def read_candidates(cursor: Cursor, node_id: UUID, *, handle: Handle, head: int) -> Candidates:
    """Return the customers that a handle may belong to, as the views know them at `head`."""
    found = candidates(cursor, node_id, handle=handle)
    # The ids are hashes: which ones are shown says nothing about anybody.
    shown = known_by(cursor, sorted(found)[:CANDIDATES_SHOWN_MAX])
    return Candidates(tuple(sorted(shown, key=lambda one: one.known_by)), len(found), head)


def known_by(cursor: Cursor, nodes: Iterable[UUID]) -> list[Candidate]:
    """Return the customers of identifiers, each with the one that they are known by."""
    cursor.execute(SELECT_CUSTOMERS, ([node.hex for node in nodes],))
    return [Candidate(UUID(row[0]), Handle(*row[1:])) for row in cursor.fetchall()]
