"""What a question about a possible decision is answered from: one moment of the views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import cursor as Cursor

from projections.identity.corrections import Load
from projections.identity.rows import NodeOf

Parameters = Sequence[object] | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ground:
    """A cursor that sees nothing newer than `position`, and how to get from it to events."""

    cursor: Cursor
    position: int
    node_of: NodeOf
    load: Load

    def rows(self, query: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        self.cursor.execute(query, parameters)
        return self.cursor.fetchall()

    def positions(self, query: str, parameters: Parameters) -> list[int]:
        """Return the positions that a query of one column finds."""
        return [position for (position,) in self.rows(query, parameters)]
