"""Who is related to whom can be asked, and makes nobody anybody else."""

from __future__ import annotations

from uuid import UUID

from domain.handles import Handle
from projections.queries import Views
from tests.projections.world import World

OWNER, DOG = Handle("account_no", "1"), Handle("member_id", "5")


def id_of(world: World, handle: Handle) -> UUID:
    """Return the id of the customer whose only identifier this is."""
    return world.keyring.stream_of(handle)


def test_a_relationship_joins_nobody_and_is_found_from_both_sides(
    world: World, views: Views
) -> None:
    """The declaration is in both timelines; the two stay two customers."""
    world.show(
        f"2026-01-01 order.placed O-1 {OWNER}",
        f"2026-01-02 visit.checked_in v1 {DOG}",
        f"2026-01-03 identity.relationship_declared subject={OWNER} object={DOG} role=owner_of",
    )
    for handle in (OWNER, DOG):
        (found,) = views.relationships(id_of(world, handle))
        assert (found.role, found.subject, found.object) == ("owner_of", OWNER, DOG)
        assert (found.subject_id, found.object_id) == (id_of(world, OWNER), id_of(world, DOG))
    assert world.rows("SELECT count(*) FROM timeline WHERE position = 3") == [(2,)]
    assert world.rows("SELECT count(*) FROM story") == [(2,)]


def test_the_newest_declaration_stands_unless_it_was_retracted(world: World, views: Views) -> None:
    """By the world's clock, whatever came in last."""
    pair = f"subject={OWNER} object={DOG}"
    world.show(
        f"2026-01-05 identity.relationship_declared {pair} role=works_for",
        f"2026-01-04 identity.relationship_declared {pair} role=owner_of",
    )
    assert [one.role for one in views.relationships(id_of(world, OWNER))] == ["works_for"]
    world.show("2026-01-06 event.retracted corrects=#t1")
    assert [one.role for one in views.relationships(id_of(world, OWNER))] == ["owner_of"]
