"""Versions of a type: which one a name means, and what cannot be an upcaster."""

from __future__ import annotations

import pytest

from domain.events import ServiceActivated, ServiceMeasured, is_published
from domain.events.upcasting import UPCASTERS, UpcasterInvalid, topic_of, upcast, upcasts, version


def test_a_name_means_its_newest_version() -> None:
    """A full topic means itself, and other words mean nothing."""
    assert topic_of("service.measured") == ServiceMeasured.TOPIC
    assert topic_of(ServiceMeasured.TOPIC) == ServiceMeasured.TOPIC
    assert topic_of("service.measured.v1") is None
    assert topic_of("measured") is None


@pytest.mark.parametrize("newer", [ServiceActivated, ServiceMeasured])
def test_an_upcaster_leads_to_a_newer_version_of_the_same_type(newer: type) -> None:
    """Another type is refused, and so is the same version."""
    with pytest.raises(UpcasterInvalid):
        upcasts(ServiceMeasured, newer)
    assert ServiceMeasured not in UPCASTERS


def test_the_newest_version_reads_as_it_is() -> None:
    """Nothing is done to a fact of the newest version."""
    fact = ServiceMeasured(service_id="S-1", metric="down", value=38)
    assert upcast(fact) is fact
    assert version(ServiceMeasured) == 1


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("toldonce.service.measured.v9", True),
        ("toldonce.decisions.merge.v1", False),
        ("elsewhere:Aggregate.Event", False),
    ],
)
def test_a_fact_of_a_later_version_is_a_fact(topic: str, expected: bool) -> None:
    """What an aggregate keeps for itself is none."""
    assert is_published(topic) is expected
