"""What customers are called, as far as their stories know: names by customer, customers by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

WORDS_MAX = 8

SELECT_BY_NAME = """
SELECT customer_id::text, name FROM story
WHERE name IS NOT NULL AND to_tsvector('simple', name) @@ to_tsquery('simple', %s)
ORDER BY length(name), name, customer_id LIMIT %s
"""
SELECT_NAMES = """
SELECT customer_id::text, name FROM story
WHERE customer_id = ANY(%s::uuid[]) AND name IS NOT NULL
"""

_WORD = re.compile(r"\w+")


def names_of(cursor: Cursor, customers: Iterable[UUID]) -> dict[UUID | None, str]:
    """Return the names of those customers whose name is known."""
    cursor.execute(SELECT_NAMES, ([str(customer_id) for customer_id in customers],))
    return {UUID(customer_id): name for customer_id, name in cursor.fetchall()}


def called(cursor: Cursor, text: str, *, limit: int) -> list[tuple[UUID, str]]:
    """Return customers whose names have words that begin with those of `text`; shortest first."""
    words = _WORD.findall(text)[:WORDS_MAX]
    if not words:
        return []
    cursor.execute(SELECT_BY_NAME, (" & ".join(f"{word}:*" for word in words), limit))
    return [(UUID(customer_id), name) for customer_id, name in cursor.fetchall()]
