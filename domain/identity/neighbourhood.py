"""What surrounds the part of the identity graph in memory, and what settling it changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.identity.nodes import Node, Reference


class Neighbourhood(Protocol):
    """Brings parts of the graph into memory, into the graph's own tables."""

    def complete_nodes(self, nodes: Collection[Node]) -> None:
        """Add all edges and merges of these identifiers."""

    def complete_references(self, references: Collection[Reference]) -> None:
        """Add all that introduced these references, and what they were named beside."""

    def introduced_by(self, nodes: Collection[Node]) -> Collection[Reference]:
        """Return the references that these identifiers introduced."""


class Changes(NamedTuple):
    """Whose each identifier and reference was that now is somebody else's; None for nobody's.

    `merges` are the merges that were made or undone, `merged` the identifiers that they are about.
    """

    nodes: dict[Node, UUID | None]
    references: dict[Reference, UUID | None]
    merges: frozenset[str]
    merged: frozenset[Node]


class Nothing:
    """The neighbourhood of a graph that is wholly in memory."""

    def complete_nodes(self, nodes: Collection[Node]) -> None:
        """Add nothing: nothing is missing."""

    def complete_references(self, references: Collection[Reference]) -> None:
        """Add nothing: nothing is missing."""

    def introduced_by(self, nodes: Collection[Node]) -> Collection[Reference]:
        """Return nothing that the graph does not hold itself."""
        return ()
