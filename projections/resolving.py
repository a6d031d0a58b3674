"""Whose the entries of a page are, with what cannot be read parked where its stream leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.identity.observation import Observation
from projections.identity.corrections import Load
from projections.identity.view import IdentityView, Resolved
from projections.parking import LOG, Parked, Parking
from projections.read_ahead import Opened, ReadAhead, Unreadable


class Resolving:
    """Resolves pages for whoever folds them."""

    def __init__(self, identity: IdentityView, *, parking: Parking, ahead: ReadAhead) -> None:
        self._identity = identity
        self._parking = parking
        self._ahead = ahead

    def resolved(
        self, cursor: Cursor, opened: Opened, *, told: Sequence[Observation], load: Load
    ) -> Resolved:
        """Write whose the entries of a page are, and who is parked for what cannot be read.

        Whoever is parked for an older entry, or no longer, is among those to fold anew.
        """
        resolved = self._identity.resolve(
            cursor, told, load=load, log=self._ahead, erased=opened.erased
        )
        parking = self._parking
        parking.release(cursor, resolved.gone)
        for one in opened.unreadable:
            parking.keep_entry(cursor, one)
        parking.forget_entries(cursor, opened.erased)
        moved = parking.part(cursor) | parking.follow_entries(cursor)
        return replace(resolved, refold=(resolved.refold | moved) - resolved.gone)


def parked_for(customer_id: UUID, unreadable: Unreadable) -> Parked:
    """Return a customer as parked for an entry that cannot be read."""
    entry, error = unreadable
    return Parked(customer_id, entry.position, LOG, error, 1, entry.recorded_at)
