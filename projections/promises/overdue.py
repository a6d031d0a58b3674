"""What the clock has still to say: promises that fall due and that nobody fulfilled or settled.

Promise: soonest due first, by keyset; a promise whose due time was said to have passed is not
listed again until it gets another one. Of a customer who is parked nothing is listed: the promise
may have been kept in what was not read.
"""

from __future__ import annotations

from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.lapses import Due

_DUE = "customer_id::text, promise_id, first_at, due_at, identifier, leads"
_AWAITED = """
FROM promises WHERE fulfilled_at IS NULL AND settled_as IS NULL AND lapsed_at IS NULL
    AND due_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM parked WHERE parked.customer_id = promises.customer_id)
"""
_ORDER = "ORDER BY due_at, promise_id, promises.customer_id LIMIT %(limit)s"
SELECT_FIRST = f"SELECT {_DUE} {_AWAITED} {_ORDER}"  # noqa: S608 - constants above
SELECT_NEXT = f"""
SELECT {_DUE} {_AWAITED}
    AND (due_at, promise_id, customer_id) > (%(due_at)s, %(promise_id)s, %(customer_id)s::uuid)
{_ORDER}
"""  # noqa: S608 - constants above


def read_awaited(cursor: Cursor, after: Due | None, *, limit: int) -> list[Due]:
    """Return the promises that fall due next, after one of them; overdue ones come first."""
    if after is None:
        cursor.execute(SELECT_FIRST, {"limit": limit})
    else:
        place = {
            "due_at": after.due_at,
            "promise_id": after.promise_id,
            "customer_id": str(after.customer_id),
        }
        cursor.execute(SELECT_NEXT, {**place, "limit": limit})
    return [
        Due(UUID(customer), promise_id, first_at, due_at, identifier, tuple(sorted(leads.items())))
        for customer, promise_id, first_at, due_at, identifier, leads in cursor.fetchall()
    ]
