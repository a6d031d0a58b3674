"""Who is related to a customer, as people declared it; being related joins nobody.

For each two identifiers the newest declaration that was not retracted stands.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.handles import Handle
from projections.identity.corrections import Load, observed
from projections.identity.queries import look_up
from projections.identity.rows import NodeOf

SELECT_FOLLOWED = """
SELECT DISTINCT waiting.position FROM identity_nodes AS node
JOIN identity_waiting AS waiting ON waiting.node_id = node.node_id
WHERE node.customer_id = %s::uuid AND waiting.reason = 'followed' ORDER BY 1
"""


class Relationship(NamedTuple):
    """What the subject is to the object, by their identifiers and by the customers they name."""

    role: str
    subject: Handle
    object: Handle
    subject_id: UUID | None
    object_id: UUID | None
    position: int


def relationships(
    cursor: Cursor, customer_id: UUID, *, node_of: NodeOf, load: Load
) -> list[Relationship]:
    """Return the relationships in which a customer is the subject or the object."""
    cursor.execute(SELECT_FOLLOWED, (customer_id.hex,))
    events = load([position for (position,) in cursor.fetchall()])
    newest: dict[tuple[Handle, ...], Relationship] = {}
    for seen in sorted(observed(cursor, events, load=load), key=lambda one: one.key):
        said = seen.statement
        if said is not None and said.kind == "related" and not seen.is_retracted:
            one, other = said.pair
            newest[said.pair] = Relationship(
                said.role,
                one,
                other,
                look_up(cursor, node_of(one)).customer_id,
                look_up(cursor, node_of(other)).customer_id,
                seen.position,
            )
    return list(newest.values())
