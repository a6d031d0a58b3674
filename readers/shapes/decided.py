"""The JSON of decisions: what one became, and what one would change; the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from domain.decisions import Decided
from domain.event import Event
from domain.handles import Handle
from domain.identity.match import KnownIdentifier
from projections.identity.erasing import Erasable
from projections.identity.what_if import Customer, WhatIf

Json = dict[str, Any]

EVIDENCE_MAX = 100
"""The newest of them; how many there are in all stands beside."""


def decided_json(decided: Decided) -> Json:
    """Return the fact that a decision became, and its position."""
    fact = decided.fact
    return {
        "position": decided.position,
        "fact": {"type": fact.type, "source": fact.source, "id": fact.id, "time": fact.time},
    }


def what_if_json(found: WhatIf) -> Json:
    """Return what an identity statement would change, and what that rests on."""
    return {
        "position": found.position,
        "before": [_customer(one) for one in found.before],
        "after": [_customer(one) for one in found.after],
        "joining": [_handle(handle) for handle in found.joining],
        "shared": [_handle(handle) for handle in found.shared],
        "unattached": found.unattached,
        **_evidence(found.evidence),
    }


def erasable_json(found: Erasable) -> Json:
    """Return what an erasure would destroy, what would stay, and what that rests on."""
    return {
        "position": found.position,
        "customer_id": found.customer_id,
        "identifiers": _identifiers(found.identifiers),
        "streams": {"destroyed": len(found.streams), "kept": found.kept},
        "events": {"erased": len(found.erased), "staying": len(found.staying)},
        "staying": [_named(event) for event in found.staying[-EVIDENCE_MAX:]],
        **_evidence(found.erased),
    }


def _evidence(events: Sequence[Event]) -> Json:
    newest = events[-EVIDENCE_MAX:]
    return {"evidence_total": len(events), "evidence": [_named(event) for event in newest]}


def _named(event: Event) -> Json:
    return {"source": event.source, "id": event.id, "position": event.position}


def _customer(one: Customer) -> Json:
    return {
        "customer_id": one.customer_id,
        "identifiers": _identifiers(one.identifiers),
        "events": one.events,
    }


def _identifiers(known: Iterable[KnownIdentifier]) -> list[Json]:
    return [_handle(one.handle) | {"verified": one.verified} for one in known]


def _handle(handle: Handle) -> Json:
    return {"type": handle.type, "value": handle.value, "issuer": handle.issuer or None}
