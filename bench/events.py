"""Realistic events in bulk: 100,000 customers, a few of whom call very often (Zipf), ~400 bytes.

The same seed gives the same bytes, so that two measurements are of the same work.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

CUSTOMERS = 100_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS_AN_EPISODE = 40_000
UNNAMED = 0.2
TYPES = (
    "contact.started",
    "contact.answered",
    "contact.information_provided",
    "contact.ended",
    "issue.reported",
    "order.placed",
    "delivery.dispatched",
    "delivery.scanned",
)
SYMPTOMS = (
    "the line drops every evening between seven and nine, I have told you before",
    "the parcel has not arrived although the page says that it was delivered",
    "nobody came within the agreed time and nobody called to say so",
    "the invoice shows an amount that I have never agreed to",
)


def raw_events(
    count: int, *, customers: int = CUSTOMERS, unnamed: float = UNNAMED, seed: int = 1
) -> Iterator[bytes]:
    """Yield `count` structured events in the order of their times.

    A share of `unnamed` names nobody, only the thing that it is about.
    """
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    weights = list(accumulate(1 / rank for rank in range(1, customers + 1)))
    who = range(customers)
    for number in range(count):
        (customer,) = chance.choices(who, cum_weights=weights)
        type_, data = _fact(chance, customer, number=number)
        if chance.random() >= unnamed:
            data["identifiers"] = _identifiers(customer, chance)
        yield json.dumps(
            {
                "specversion": "1.0",
                "id": f"{number:012d}",
                "source": f"urn:example:{type_.partition('.')[0]}",
                "type": f"toldonce.{type_}.v1",
                "time": (BEGIN + timedelta(seconds=number)).isoformat(),
                "traceparent": f"00-{chance.getrandbits(128):032x}-{number:016x}-01",
                "data": data,
            },
            separators=(",", ":"),
        ).encode()


def _identifiers(customer: int, chance: random.Random) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"type": "account_no", "value": f"{customer:08d}"}]
    if chance.random() < 0.3:
        found.append({"type": "phone", "value": f"+1717{2000000 + customer:07d}"})
    return found


def _fact(chance: random.Random, customer: int, *, number: int) -> tuple[str, dict[str, Any]]:
    """Return one fact about one of the few things that a customer has going on."""
    type_ = chance.choice(TYPES)
    episode = f"{customer}-{number // EVENTS_AN_EPISODE}"
    family = type_.partition(".")[0]
    data = {
        "contact": {"contact_id": f"C-{episode}"},
        "issue": {
            "issue_id": f"I-{episode}",
            "contact_id": f"C-{episode}",
            "order_id": f"O-{episode}",
        },
        "order": {"order_id": f"O-{episode}"},
        "delivery": {"delivery_id": f"D-{episode}", "order_id": f"O-{episode}"},
    }[family]
    return type_, data | _details(type_, chance.choice(SYMPTOMS), number=number)


def _details(type_: str, text: str, *, number: int) -> dict[str, Any]:
    match type_:
        case "contact.started":
            return {"channel": "voice", "direction": "inbound", "purpose": text}
        case "contact.answered":
            return {"agent_id": f"a{number % 900}", "wait_s": number % 1800}
        case "contact.information_provided":
            return {
                "facts": [
                    {"field": "modem_serial", "value": f"{number % 7000:08d}"},
                    {"field": "symptom", "value": text},
                ]
            }
        case "contact.ended":
            return {"ended_by": "customer", "resolution": "unresolved", "talk_s": number % 900}
        case "issue.reported":
            return {"category": "line", "symptom": text}
        case "order.placed":
            items = [{"name": "modem of the newer kind", "quantity": 1, "sku": "M-38"}]
            return {"items": items, "total": {"amount": "49.90", "currency": "EUR"}}
        case "delivery.dispatched":
            return {"carrier": "parcel service"}
        case _:
            return {"status": "in_transit", "location": "the depot on the ring"}
