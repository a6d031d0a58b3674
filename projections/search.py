"""Finding customers by anything that somebody may have at hand: identifier, reference or name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.handles import Handle
from domain.identifiers import WEAK_TYPES, IdentifierInvalid, normalise
from projections.identity.queries import search
from projections.story.names import called, names_of

HITS_MAX = 50
# What is shorter begins too many values for a list to be of use.
TEXT_CHARS_MIN = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer, the name if it is known, and by what it was found; None: by the name.

    `customer_id` is None where what was found is nobody's yet, or shared by several customers.
    """

    customer_id: UUID | None
    name: str | None
    by: Handle | None


def find(cursor: Cursor, text: str) -> list[Hit]:
    """Return what begins with `text` and whose names hold its words; at most HITS_MAX each."""
    text = text.strip()
    if len(text) < TEXT_CHARS_MIN:
        return []
    found = search(cursor, list(_forms(text)), prefix=text, limit=HITS_MAX)
    names = names_of(cursor, {hit.customer_id for hit in found if hit.customer_id})
    hits = [Hit(hit.customer_id, names.get(hit.customer_id), hit.by) for hit in found]
    known = {hit.customer_id for hit in hits}
    return hits + [hit for hit in _by_name(cursor, text) if hit.customer_id not in known]


def _forms(text: str) -> Iterator[str]:
    """Yield the text, in either case, and in the normal form of what may be shared."""
    yield from (text, text.upper(), text.lower())
    for kind in WEAK_TYPES:
        try:
            yield normalise(kind, text)
        except IdentifierInvalid:
            continue


def _by_name(cursor: Cursor, text: str) -> list[Hit]:
    return [Hit(whose, name, None) for whose, name in called(cursor, text, limit=HITS_MAX)]
