"""Rebuilding for tests: beside the live views, in this process, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from projections.digests import Digest
from projections.rebuild.building import unheard
from projections.rebuild.rebuilding import Rebuilding
from projections.slots import LIVE, Slot
from tests.projections.world import World


@contextmanager
def rebuilding_of(world: World, *, workers: int = 1) -> Iterator[Rebuilding]:
    """Give what rebuilds the views of a world."""
    with closing(Rebuilding(world.url, world.keyring, workers=workers)) as rebuilding:
        yield rebuilding


def rebuild(world: World) -> None:
    """Build the views beside the live ones and swap them."""
    with rebuilding_of(world) as rebuilding:
        rebuilding.build(unheard)
        rebuilding.swap(unheard)


def digests_of(world: World, slot: Slot = LIVE) -> list[Digest]:
    """Return the digest of each view in a place."""
    with rebuilding_of(world) as rebuilding:
        return rebuilding.digests(slot)[1]
