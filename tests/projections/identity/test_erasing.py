"""What an erasure would destroy: everything that is only this customer's, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain.decisions import By
from domain.events import IdentityCustomersMerged, IdentityCustomersUnmerged
from domain.handles import Handle
from domain.identity.observation import merge_handle
from projections.identity.erasing import Erasable
from projections.queries import Views
from tests.given import at
from tests.notation import identifier
from tests.projections.world import World

ACCOUNT = Handle("account_no", "7")
PHONE = Handle("phone", "+17175550142")


@pytest.fixture
def views(world: World) -> Iterator[Views]:
    """Give the views of a world."""
    opened = Views(world.url, world.keyring)
    yield opened
    opened.close()


def asked(world: World, views: Views, whom: Handle = ACCOUNT) -> Erasable:
    """Return what would be erased of whoever a handle names."""
    world.runner().catch_up()
    customer = views.look_up(whom).customer_id
    assert customer is not None
    return views.erasable(customer)


def streams(world: World, *handles: Handle) -> set[object]:
    """Return the streams of handles."""
    return {world.keyring.stream_of(handle) for handle in handles}


def test_all_that_is_the_customers_goes(world: World, views: Views) -> None:
    """What they are filed under, and what only stood beside it: an order, an e-mail."""
    world.tell(
        """
        2026-01-01T10:00 order.placed O-1 account_no:7 email:ann@x.example
        2026-01-02T10:00 delivery.dispatched D-1 order:O-1
        2026-01-03T10:00 order.placed O-9 account_no:9
        """
    )
    found = asked(world, views)
    email, order = Handle("email", "ann@x.example"), Handle("order", "O-1")
    assert found.streams == streams(world, ACCOUNT, email, order, Handle("delivery", "D-1"))
    assert [event.id for event in found.erased] == ["t1", "t2"]
    assert (found.staying, found.kept, found.position) == ((), 0, 3)
    assert [known.handle for known in found.identifiers] == [ACCOUNT, email]


def test_a_shared_telephone_stays(world: World, views: Views) -> None:
    """Others' entries are filed under it, and the customer's own there stay with them."""
    world.tell(
        """
        2026-01-01T10:00 contact.started c-1 account_no:7 phone:+17175550142 issue:I-1
        2026-01-01T11:00 contact.started c-2 account_no:9 phone:+17175550142
        2026-01-01T12:00 issue.reported I-1 phone:+17175550142
        2026-01-01T13:00 contact.started c-4 phone:+17175550142
        """
    )
    found = asked(world, views)
    assert world.keyring.stream_of(PHONE) not in found.streams
    assert world.keyring.stream_of(ACCOUNT) in found.streams
    assert [event.id for event in found.erased] == ["t1"]
    assert [event.id for event in found.staying] == ["t3"]
    assert found.kept == 1


def test_what_names_an_email_beside_a_shared_telephone_goes(world: World, views: Views) -> None:
    """It is filed under the e-mail, which is how its customer is known too."""
    world.tell(
        """
        2026-01-01T10:00 contact.started c-1 email:ann@x.example phone:+17175550142
        2026-01-01T11:00 contact.started c-2 email:bob@x.example phone:+17175550142
        """
    )
    found = asked(world, views, Handle("email", "ann@x.example"))
    assert [event.id for event in found.erased] == ["t1"]
    assert found.staying == ()


def test_what_was_said_about_two_stays_with_the_other(world: World, views: Views) -> None:
    """A rejected match is filed under one of the two and belongs to both."""
    world.tell(
        """
        2026-01-01T10:00 contact.started c-1 account_no:7
        2026-01-01T11:00 contact.started c-2 account_no:9
        2026-01-01T12:00 identity.match_rejected a=account_no:9 b=account_no:7 reason=other
        """
    )
    found = asked(world, views)
    assert [event.id for event in found.erased] == ["t1"]
    assert [event.id for event in found.staying] == ["t3"]
    assert world.keyring.stream_of(Handle("account_no", "9")) not in found.streams


def test_what_was_decided_here_about_two_goes_with_either(world: World, views: Views) -> None:
    """A merge that was undone names both; it is filed by itself, and would name the erased."""
    world.tell(
        """
        2026-01-01T10:00 contact.started c-1 account_no:7
        2026-01-01T11:00 contact.started c-2 account_no:9
        """
    )
    by = By("lead", at("2026-01-02"))
    pair = {"survivor": identifier("account_no:7"), "absorbed": identifier("account_no:9")}
    told = {"merge_id": "m-1", "actor": "lead", "reason": "why"}
    world.decisions.merge(IdentityCustomersMerged(**told, **pair), by)
    world.decisions.unmerge(IdentityCustomersUnmerged(**told), by)
    found = asked(world, views)
    assert world.keyring.stream_of(merge_handle("m-1")) in found.streams
    assert (found.staying, found.kept) == ((), 0)
    assert world.keyring.stream_of(Handle("account_no", "9")) not in found.streams
