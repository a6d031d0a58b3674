"""Whose the entries of a page are, with what cannot be read parked where its stream leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

from domain.corrections import STATEMENTS
from domain.event import Event
from domain.identity.observation import Observation
from projections.identity.corrections import Load
from projections.identity.view import IdentityView, Owners, Resolved
from projections.parking import Parking
from projections.read_ahead import Opened, ReadAhead


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

        Whoever is parked for an older entry from now on, or for none any longer, is among those to
        fold anew.
        """
        resolved = self._identity.resolve(
            cursor, told, load=load, log=self._ahead, erased=opened.erased
        )
        parking = self._parking
        parking.release(cursor, resolved.gone)
        for one in opened.unreadable:
            parking.keep_entry(cursor, one)
        parking.forget_entries(cursor, opened.erased)
        corrected = _corrected(opened.events, resolved.customers_of)
        anew = parking.let_go(cursor, resolved.refold | corrected) | parking.follow_entries(cursor)
        return replace(resolved, refold=(resolved.refold | anew) - resolved.gone)


def _corrected(events: Sequence[Event], owners: Owners) -> set[UUID]:
    """Return whose a correction or retraction is: what failed of theirs may not any longer."""
    stated = [event.position for event in events if type(event.data) in STATEMENTS]
    return {owner for position in stated for owner in owners.get(position, ())}
