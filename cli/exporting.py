"""Exporting: what is a customer's is asked of the views, what is written is read from the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from audit.export.writing import Customer, Told, Wanted, export
from cli.wiring import Installation, now
from domain.handles import Handle

Json = dict[str, Any]


def exported(
    parts: Installation, folder: Path, *, whom: Handle | UUID | None, with_keys: bool, told: Told
) -> Json | None:
    """Write an export and return its manifest; None where `whom` names no customer."""
    customer = None
    if whom is not None:
        customer = _customer(parts, whom)
        if customer is None:
            return None
    wanted = Wanted(folder.absolute(), now(), customer, with_keys)
    return export(parts.database_url, parts.keyring, wanted=wanted, told=told)


def _customer(parts: Installation, whom: Handle | UUID) -> Customer | None:
    """Return what an erasure of the customer would take, and what would stay: all of theirs."""
    views = parts.current_views()
    customer_id = views.look_up(whom).customer_id
    if customer_id is None:
        return None
    found = views.erasable(customer_id)
    return Customer(
        positions=[event.position for event in (*found.erased, *found.staying)],
        streams=found.streams,
        identifiers=[known.handle for known in found.identifiers],
    )
